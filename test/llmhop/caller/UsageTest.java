package llmhop.caller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import llmhop.kit.ManualClock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UsageTest {
  private static final long SECOND = 1_000_000_000L;

  private final ManualClock clock = new ManualClock();
  private final Usage usage = new Usage(clock);

  private int granted(int rpm, int asked) {
    int granted = 0;
    for (int i = 0; i < asked; i++) granted += usage.spend(rpm).granted() ? 1 : 0;
    return granted;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 60, 999_983, 1_000_000})
  void aMinutesRequestsMayComeAtOnceAndNotOneMore(int rpm) {
    assertEquals(rpm, granted(rpm, rpm + 10));
  }

  @Test
  void theBucketIsRefilledEvenly() {
    assertEquals(60, granted(60, 100));
    clock.advance(Duration.ofMillis(999));
    assertEquals(0, granted(60, 10));
    clock.advance(Duration.ofMillis(1));
    assertEquals(1, granted(60, 10));
    clock.advance(Duration.ofSeconds(30));
    assertEquals(30, granted(60, 100));
    clock.advance(Duration.ofHours(5));
    assertEquals(60, granted(60, 100));
  }

  @Test
  void itSaysWhatIsLeftAndWhenTheNextMayCome() {
    assertEquals(new Quota(true, 3, 2, 20 * SECOND, 0), usage.spend(3));
    assertEquals(new Quota(true, 3, 1, 40 * SECOND, 0), usage.spend(3));
    clock.advance(Duration.ofSeconds(5));
    assertEquals(new Quota(true, 3, 0, 55 * SECOND, 0), usage.spend(3));
    assertEquals(new Quota(false, 3, 0, 55 * SECOND, 15 * SECOND), usage.spend(3));
  }

  @Test
  void whoWaitsAsLongAsItSaysIsLetIn() {
    var random = new SplittableRandom(7);
    for (int i = 0; i < 10_000; i++) {
      int rpm = 1 + random.nextInt(1000);
      Quota quota = usage.spend(rpm);
      if (!quota.granted()) {
        clock.advance(Duration.ofNanos(quota.waitNanos() - 1));
        assertFalse(usage.spend(rpm).granted());
        clock.advance(Duration.ofNanos(1));
        assertTrue(usage.spend(rpm).granted());
      }
      clock.advance(Duration.ofMillis(random.nextInt(100)));
    }
  }

  /// Over any span: a full bucket and what flows into it meanwhile, whatever the pattern.
  @Test
  void neverMoreThanTheBucketAndWhatFlowsIntoIt() {
    var random = new SplittableRandom(11);
    int rpm = 120;
    long passed = 0;
    int granted = 0;
    for (int i = 0; i < 20_000; i++) {
      granted += usage.spend(rpm).granted() ? 1 : 0;
      long step = random.nextLong(SECOND);
      clock.advance(Duration.ofNanos(step));
      passed += step;
      assertTrue(granted <= rpm + passed * rpm / (60 * SECOND) + 1);
    }
    assertTrue(granted > passed * rpm / (60 * SECOND));
  }

  @Test
  void noneAtAllIsNeverGranted() {
    assertEquals(new Quota(false, 0, 0, 0, 0), usage.spend(0));
    clock.advance(Duration.ofHours(1));
    assertFalse(usage.spend(0).granted());
  }

  @Test
  void aChangeOfTheLimitTakesOverWhatWasSpent() {
    assertEquals(10, granted(10, 20));
    // Empty is empty, also under a higher limit; but it is refilled faster.
    assertEquals(0, granted(600, 10));
    clock.advance(Duration.ofSeconds(1));
    assertEquals(10, granted(600, 20));
    // Under a lower one too, and nobody has to wait longer than a minute.
    assertTrue(usage.spend(1).waitNanos() <= 60 * SECOND);
  }

  @Test
  void manyAtTheSameTimeGetNoMore() throws InterruptedException {
    var granted = new AtomicInteger();
    var start = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    await(start);
                    for (int j = 0; j < 100; j++) {
                      if (usage.spend(777).granted()) granted.incrementAndGet();
                    }
                  }));
    }
    start.countDown();
    for (Thread each : threads) each.join();
    assertEquals(777, granted.get());
  }

  @Test
  void soManyAtATimeAndNotOneMore() {
    assertTrue(usage.enter(2));
    assertTrue(usage.enter(2));
    assertFalse(usage.enter(2));
    assertEquals(2, usage.inHand());
    usage.leave();
    assertTrue(usage.enter(2));
    usage.leave();
    usage.leave();
    assertEquals(0, usage.inHand());
  }

  @Test
  void aLedgerForgetsWhoIsGone() {
    var ledger = new Ledger(clock);
    Usage ann = ledger.of("ann");
    assertTrue(ann.enter(5));
    assertEquals(ann, ledger.of("ann"));
    assertEquals(1, ledger.inHand());
    ledger.retain(List.of("bob"));
    assertEquals(1, ledger.inHand(), "not while it has requests in hand");
    ann.leave();
    ledger.retain(List.of("bob"));
    assertNotSame(ann, ledger.of("ann"));
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
