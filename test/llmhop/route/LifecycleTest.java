package llmhop.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
