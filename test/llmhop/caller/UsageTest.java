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
  void raisedLimitGivesItsAdditionalRequestsAtOnceAndNoOthers() {
    assertEquals(10, granted(10, 20));
    assertEquals(590, granted(600, 1000));
    clock.advance(Duration.ofSeconds(1));
    assertEquals(10, granted(600, 20));
  }

  @Test
  void partlyUsedBucketKeepsWhatIsUsedUnderAnotherLimit() {
    assertEquals(4, granted(10, 4));
    assertEquals(new Quota(true, 20, 15, 15 * SECOND, 0), usage.spend(20));
    assertEquals(new Quota(true, 10, 4, 36 * SECOND, 0), usage.spend(10));
    assertEquals(new Quota(true, 12, 5, 35 * SECOND, 0), usage.spend(12));
  }

  @Test
  void loweredLimitIsUsedUpWhereMoreWasUsedThanItAllows() {
    assertEquals(300, granted(600, 300));
    assertEquals(new Quota(false, 10, 0, 60 * SECOND, 6 * SECOND), usage.spend(10));
    clock.advance(Duration.ofSeconds(6));
    assertEquals(1, granted(10, 5));
  }

  @Test
  void limitThatGoesDownAndUpAgainDoesNotForgetWhatWasUsed() {
    assertEquals(600, granted(600, 1000));
    assertEquals(0, granted(10, 5));
    assertEquals(0, granted(600, 5));
    assertEquals(0, granted(10, 5));
    // As much as flows in under the higher limit, and no more.
    clock.advance(Duration.ofSeconds(30));
    assertEquals(5, granted(10, 20));
    int back = granted(600, 1000);
    assertTrue(back > 250 && back <= 295, "granted " + back);
  }

  @Test
  void limitOfNoneLeavesTheRestAsItWas() {
    assertEquals(60, granted(60, 60));
    assertEquals(0, granted(0, 5));
    assertEquals(0, granted(60, 5));
    clock.advance(Duration.ofSeconds(2));
    assertEquals(0, granted(0, 5));
    assertEquals(2, granted(60, 5));
  }

  /// Over any span, with whatever limits in turn: what the highest limit holds and what flows into
  /// it meanwhile.
  @Test
  void noChangeOfLimitsGivesMoreThanTheHighestAllows() {
    for (long seed = 1; seed <= 30; seed++) {
      var random = new SplittableRandom(seed);
      var each = new Usage(clock);
      int highest = 2 + random.nextInt(1000);
      long passed = 0;
      long granted = 0;
      for (int i = 0; i < 3000; i++) {
        int rpm = random.nextBoolean() ? highest : random.nextInt(highest + 1);
        for (int j = random.nextInt(20); j >= 0; j--) granted += each.spend(rpm).granted() ? 1 : 0;
        long step = random.nextLong(SECOND / 2);
        clock.advance(Duration.ofNanos(step));
        passed += step;
        assertTrue(granted <= highest + passed * highest / (60 * SECOND) + 1, "seed " + seed);
      }
    }
  }

  /// Requests that began before a reload ask under the old limit while others ask under the new.
  @Test
  void callersUnderTwoLimitsAtTheSameTimeGetNoMoreThanTheHigherOne() throws InterruptedException {
    var granted = new AtomicInteger();
    var start = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      int rpm = i % 2 == 0 ? 700 : 1400;
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    await(start);
                    for (int j = 0; j < 5000; j++) {
                      if (usage.spend(rpm).granted()) granted.incrementAndGet();
                    }
                  }));
    }
    start.countDown();
    for (Thread each : threads) each.join();
    // Each change may round up by a nanosecond of each request's 43 ms.
    assertTrue(granted.get() <= 1400 && granted.get() >= 1399, "granted " + granted.get());
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

  @Test
  void tokenThatIsTakenAwayAndGivenBackHasWhatItHad() {
    var ledger = new Ledger(clock);
    Usage ann = ledger.of("ann");
    for (int i = 0; i < 10; i++) ann.spend(10);
    ledger.retain(List.of());
    assertFalse(ledger.of("ann").spend(10).granted());
    clock.advance(Duration.ofMinutes(1));
    ledger.retain(List.of());
    assertNotSame(ann, ledger.of("ann"), "nothing is known of it any more");
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
