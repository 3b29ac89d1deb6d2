package llmhop.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import llmhop.route.Lifecycle.Stage;
import org.junit.jupiter.api.Test;

class LifecycleTest {
  private static final long LONG = TimeUnit.SECONDS.toNanos(10);

  private final Lifecycle lifecycle = new Lifecycle();

  @Test
  void itServesThenLeavesThenDrains() {
    assertEquals(Stage.SERVING, lifecycle.stage());
    lifecycle.leave();
    assertEquals(Stage.LEAVING, lifecycle.stage());
    lifecycle.drain();
    assertEquals(Stage.DRAINING, lifecycle.stage());
  }

  private static Optional<String> told(Refusal refusal, String field) {
    return ErrorAnswer.fields(refusal).first(field);
  }

  /// Clients that do not know `x-should-retry` send a request again where there is a `Retry-After`.
  @Test
  void requestThatWasCutOffIsToldToRetryOnlyWhereNothingWasSent() {
    lifecycle.drain();
    Refusal broken = Refusal.backendBadReply("m", "cut");
    assertSame(broken, lifecycle.told(broken));
    lifecycle.cut();
    Refusal ran = lifecycle.told(broken);
    assertEquals("draining", ran.code());
    assertEquals(Optional.of("false"), told(ran, "x-should-retry"));
    assertEquals(Optional.empty(), told(ran, "Retry-After"));
    assertFalse(ran.getMessage().contains("Try again"), ran::getMessage);
    for (Refusal unsent :
        List.of(Refusal.backendUnreachable("m", "closed"), Refusal.noHealthyBackend("m"))) {
      Refusal again = lifecycle.told(unsent);
      assertEquals("draining", again.code());
      assertEquals(Optional.of("true"), told(again, "x-should-retry"));
      assertEquals(Optional.of("1"), told(again, "Retry-After"));
    }
    Refusal ours = Refusal.missingModel("none");
    assertSame(ours, lifecycle.told(ours));
  }

  @Test
  void noRefusalSaysBothThatARetryIsUselessAndWhen() {
    Refusal refusal = Refusal.overloaded("anything").retry(false);
    assertEquals(Optional.empty(), told(refusal, "Retry-After"));
    assertEquals(Optional.of("false"), told(refusal, "x-should-retry"));
    assertEquals(Optional.of("true"), told(refusal.after(3), "x-should-retry"));
    assertEquals(Optional.of("3"), told(refusal, "Retry-After"));
  }

  @Test
  void nothingInHandIsEmptyAtOnce() throws InterruptedException {
    lifecycle.drain();
    assertTrue(lifecycle.awaitEmpty(0));
  }

  @Test
  void whatIsInHandIsWaitedForNoLongerThanAsked() throws InterruptedException {
    lifecycle.enter();
    lifecycle.drain();
    assertFalse(lifecycle.awaitEmpty(TimeUnit.MILLISECONDS.toNanos(10)));
    assertEquals(1, lifecycle.inFlight());
  }

  @Test
  void theLastRequestWakesWhoWaits() throws InterruptedException {
    for (int i = 0; i < 100; i++) {
      lifecycle.enter();
    }
    lifecycle.drain();
    for (int i = 0; i < 100; i++) {
      Thread.ofVirtual().start(lifecycle::exit);
    }
    assertTrue(lifecycle.awaitEmpty(LONG));
  }
}
