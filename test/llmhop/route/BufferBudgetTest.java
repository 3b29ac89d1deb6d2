package llmhop.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import llmhop.http.wire.HeapBudget;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BufferBudgetTest {
  private static final long MIB = 1024 * 1024;
  private static final int SEGMENT = 128 * 1024;

  private final AtomicLong nanos = new AtomicLong(1);
  private final HeapBudget heap = new HeapBudget(64 * MIB);
  private final BufferBudget budget = new BufferBudget(8 * MIB, 0.25, heap, nanos::get);
  private final List<AnyShare> shares = new ArrayList<>();

  @AfterEach
  void everythingIsGivenBack() {
    shares.forEach(BodyShare::close);
    assertEquals(0, budget.held());
    assertEquals(0, budget.registered().size());
    assertEquals(0, budget.waiting());
  }

  private AnyShare share(String caller) {
    var share = new AnyShare(budget, caller);
    shares.add(share);
    return share;
  }

  /// A body of which so much has come, and whose rest is waited for.
  private AnyShare arriving(String caller, long bytes) {
    AnyShare share = share(caller);
    for (long left = bytes; left > 0; left -= SEGMENT) share.take(Math.min(left, SEGMENT));
    share.arriving();
    return share;
  }

  /// The shared part is 7 of the 8 MiB; a quarter of it stays free.
  @Test
  void readAheadLeavesAQuarterOfTheBudgetFree() {
    AnyShare ahead = share("ahead");
    int taken = 0;
    while (ahead.takeSpare(SEGMENT)) taken++;
    assertEquals(7 * MIB * 3 / 4 / SEGMENT, taken);
    share("other").take(MIB);
    assertFalse(ahead.takeSpare(1024));
  }

  private void passSeconds(int seconds) {
    nanos.addAndGet(TimeUnit.SECONDS.toNanos(seconds));
  }

  /// Gives a body room on a thread of its own, which ends those that were cut as a connection's
  /// thread would.
  private void takeWhileTheCutOnesLeave(AnyShare share, long bytes) {
    var done = new CountDownLatch(1);
    Thread.ofVirtual()
        .start(
            () -> {
              while (done.getCount() > 0) {
                for (AnyShare each : List.copyOf(shares)) {
                  if (each.cuts() > 0 && each.held() > 0) each.close();
                }
                Thread.yield();
              }
            });
    try {
      share.take(bytes);
    } finally {
      done.countDown();
    }
  }

  private static int ended(List<AnyShare> of) {
    int ended = 0;
    for (AnyShare share : of) ended += share.cuts();
    return ended;
  }

  @Test
  void aShareHoldsWhatItTookUntilItCloses() {
    try (var share = new AnyShare(budget)) {
      share.take(3 * MIB);
      share.take(1);
      assertEquals(3 * MIB + 1024, budget.held());
      assertEquals(3 * MIB + 1024, heap.held());
    }
    assertEquals(0, heap.held());
  }

  @Test
  void theLargestBodyFitsAndOneByteMoreNeverCan() {
    assertEquals(7 * MIB, budget.largest());
    try (var share = new AnyShare(budget)) {
      share.take(budget.largest());
    }
    try (var share = new AnyShare(budget)) {
      var refusal = assertThrows(Refusal.class, () -> share.take(budget.largest() + 1));
      assertEquals(413, refusal.status());
      assertTrue(refusal.getMessage().contains("maxBufferedBytes"));
    }
    try (var share = new AnyShare(budget)) {
      share.take(budget.largest() - 1024);
      var refusal = assertThrows(Refusal.class, () -> share.take(1025));
      assertEquals(413, refusal.status());
    }
  }

  @Test
  void aLengthThatALongCanHardlySayIsNoSmallOne() {
    for (long length : new long[] {Long.MAX_VALUE, Long.MAX_VALUE - 1007, 1L << 42, 1L << 41}) {
      try (var share = new AnyShare(budget)) {
        assertEquals(413, assertThrows(Refusal.class, () -> share.take(length)).status());
      }
    }
  }

  @Test
  void smallTakesFindRoomWhileLargeOnesHaveItAll() {
    share("large").take(budget.largest());
    for (int i = 0; i < 1024; i++) {
      share("small").take(1024);
    }
    assertEquals(8 * MIB, budget.held());
  }

  @Test
  void aBodyWithoutRoomIsRefusedAfterTheWait() {
    share("large").take(budget.largest());
    AnyShare late = share("late");
    long start = System.nanoTime();
    var refusal = assertThrows(Refusal.class, () -> late.take(MIB));
    assertEquals("overloaded", refusal.code());
    long waited = System.nanoTime() - start;
    assertTrue(waited >= Shortage.WAIT_NANOS - 50_000_000, "waited only " + waited + " ns");
    // Its patience is used up for all further takes, too.
    assertThrows(Refusal.class, () -> late.take(MIB));
    assertTrue(System.nanoTime() - start < 2 * Shortage.WAIT_NANOS);
  }

  @Test
  void aWaitingBodyGetsTheRoomThatIsGivenBack() throws InterruptedException {
    AnyShare first = share("large");
    first.take(budget.largest());
    AnyShare second = share("late");
    var waiter = Thread.ofVirtual().start(() -> second.take(MIB));
    Waiting.await("the second body to wait", () -> budget.waiting() == 1);
    first.close();
    waiter.join();
    assertEquals(MIB, budget.held());
  }

  @Test
  void theSlowestBodyIsEndedForOneThatFindsNoRoom() {
    AnyShare trickle = arriving("a", 2 * MIB);
    AnyShare phone = arriving("b", MIB);
    share("c").take(4 * MIB);
    for (int second = 0; second < 10; second++) {
      passSeconds(1);
      phone.came(40_000);
      trickle.came(200);
    }
    takeWhileTheCutOnesLeave(share("d"), MIB);
    assertEquals(1, trickle.cuts());
    assertEquals(0, phone.cuts(), "the quicker one goes on");
    var refusal = assertThrows(Refusal.class, trickle::arrived);
    assertEquals(503, refusal.status());
    assertEquals("overloaded", refusal.code());
    assertTrue(refusal.detail().orElseThrow().contains(Shortage.SLOWEST));
    phone.arrived();
  }

  /// Whole bodies wait in queues, or are being sent: their callers have done their part.
  @Test
  void aWholeBodyIsNeverEnded() {
    AnyShare whole = arriving("a", budget.largest());
    passSeconds(60);
    whole.arrived();
    assertThrows(Refusal.class, () -> share("b").take(MIB));
    assertEquals(0, whole.cuts());
  }

  @Test
  void aCallerOverItsShareMakesRoomForAnotherHoweverQuickItIs() {
    List<AnyShare> flood = new ArrayList<>();
    for (int i = 0; i < 6; i++) flood.add(arriving("flood", MIB));
    AnyShare other = arriving("other", MIB);
    passSeconds(30);
    flood.forEach(each -> each.came(60_000));
    takeWhileTheCutOnesLeave(share("late"), MIB);
    assertEquals(1, ended(flood), "one is enough");
    assertEquals(0, other.cuts(), "a caller within its share is left alone, however slow");
    AnyShare ended = flood.stream().filter(each -> each.cuts() > 0).findFirst().orElseThrow();
    var refusal = assertThrows(Refusal.class, ended::arrived);
    assertTrue(refusal.detail().orElseThrow().contains(Shortage.SHARE));
  }

  @Test
  void aCallerAloneMayHoldTheWholeBudget() {
    for (int i = 0; i < 7; i++) arriving("alone", MIB);
    assertEquals(7 * MIB, budget.held());
    assertEquals(0, ended(shares));
  }

  @Test
  void aCallerOverItsShareEndsNobodyElse() {
    arriving("flood", 5 * MIB);
    shares.getFirst().arrived();
    AnyShare slow = arriving("other", 2 * MIB);
    passSeconds(60);
    assertThrows(Refusal.class, () -> share("flood").take(MIB));
    assertEquals(0, slow.cuts());
  }

  /// Trusted proxies and Unix sockets stand for many callers: each connection is one.
  @Test
  void bodiesOfManyCallersAreNotBoundTogether() {
    List<AnyShare> many = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      var each = new AnyShare(budget);
      shares.add(each);
      many.add(each);
      each.take(MIB);
      each.arriving();
    }
    AnyShare slow = arriving("a", MIB);
    passSeconds(30);
    many.forEach(each -> each.came(60_000));
    takeWhileTheCutOnesLeave(share("b"), MIB);
    assertEquals(0, ended(many));
    assertEquals(1, slow.cuts());
  }

  @Test
  void roomGoesToACallerWithinItsShareFirst() throws InterruptedException {
    arriving("flood", 6 * MIB).arrived();
    AnyShare leaving = arriving("flood", MIB);
    leaving.arrived();
    AnyShare more = share("flood");
    var refused = new AtomicInteger();
    Thread greedy =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    more.take(MIB);
                  } catch (Refusal e) {
                    refused.incrementAndGet();
                  }
                });
    Waiting.await("the flood's next body to wait", () -> budget.waiting() == 1);
    AnyShare late = share("late");
    Thread modest = Thread.ofVirtual().start(() -> late.take(MIB));
    Waiting.await("the other body to wait", () -> budget.waiting() == 2);
    leaving.close();
    modest.join();
    assertEquals(MIB, late.held());
    greedy.join();
    assertEquals(1, refused.get());
  }

  /// Each has half of what it needs, and nobody's bytes are waited for.
  @Test
  void halfReadBodiesDoNotWaitForEachOtherForEver() throws InterruptedException {
    var whole = new AtomicInteger();
    var refused = new AtomicInteger();
    List<AnyShare> halves = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      AnyShare share = share("caller " + i);
      share.take(MIB);
      halves.add(share);
    }
    List<Thread> threads = new ArrayList<>();
    for (AnyShare share : halves) {
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      share.take(MIB);
                      whole.incrementAndGet();
                    } catch (Refusal e) {
                      refused.incrementAndGet();
                    } finally {
                      share.close();
                    }
                  }));
    }
    for (Thread thread : threads) thread.join();
    assertEquals(7, whole.get() + refused.get());
    assertTrue(refused.get() >= 1);
  }

  @Test
  void aFullHeapIsAFullBudget() {
    var held = new AtomicLong(64 * MIB);
    heap.register(held::get);
    assertThrows(Refusal.class, () -> share("a").take(MIB));
    held.set(0);
    share("b").take(MIB);
  }

  /// A hundred callers take, are ended, and give back at random: nothing is lost or counted twice.
  @Test
  void countsHoldUnderLoad() throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    var ended = new AtomicInteger();
    for (int i = 0; i < 100; i++) {
      String caller = "caller " + i % 9;
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    for (int round = 0; round < 4; round++) {
                      nanos.addAndGet(50_000_000);
                      try (var share = new AnyShare(budget, caller)) {
                        for (int step = 0; step < 4; step++) {
                          share.take(SEGMENT);
                          share.arriving();
                          Thread.yield();
                          share.came(1000);
                        }
                        share.arrived();
                      } catch (Refusal e) {
                        ended.incrementAndGet();
                        assertEquals("overloaded", e.code());
                      }
                    }
                  }));
    }
    for (Thread thread : threads) thread.join();
    assertFalse(budget.held() != 0, "held " + budget.held());
  }
}
