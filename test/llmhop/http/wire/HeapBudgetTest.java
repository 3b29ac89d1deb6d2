package llmhop.http.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class HeapBudgetTest {
  private static final long MIB = 1024 * 1024;

  private final HeapBudget heap = new HeapBudget(100);

  @Test
  void theSumOfAllHoldersIsBounded() {
    var one = new AtomicLong(60);
    var other = new AtomicLong(30);
    heap.register(one::get);
    heap.register(other::get);
    assertTrue(heap.hasRoomFor(10));
    assertFalse(heap.hasRoomFor(11));
    other.set(0);
    assertTrue(heap.hasRoomFor(40));
  }

  @Test
  void poolsLetGoOfWhatTheyKeepBeforeATakeIsDenied() {
    var pool = new SegmentPool(10, 8, BufferCheck.of("test"));
    byte[][] segments = new byte[8][];
    for (int i = 0; i < 8; i++) segments[i] = pool.take();
    for (byte[] segment : segments) pool.give(segment);
    heap.registerPool(pool::idleBytes, pool::clear);
    assertEquals(20, heap.free());
    assertTrue(heap.hasRoomFor(20), "the pool may keep what nobody wants");
    assertEquals(8, pool.idle());
    assertTrue(heap.hasRoomFor(100));
    assertEquals(0, pool.idle());
    assertFalse(heap.hasRoomFor(101));
  }

  /// Holders are summed seldom while much is free, and always once half of the budget is held.
  @Test
  void takesThatAreNotSummedNeverReachTheLimit() {
    var held = new AtomicLong();
    var sums = new AtomicLong();
    var large = new HeapBudget(16_000);
    large.register(
        () -> {
          sums.incrementAndGet();
          return held.get();
        });
    int granted = 0;
    while (large.hasRoomFor(10)) {
      held.addAndGet(10);
      granted++;
    }
    assertEquals(1_600, granted);
    assertTrue(sums.get() <= 800 + 16 + 2, "sums: " + sums);
    assertFalse(large.hasRoomFor(10));
    held.set(15_000);
    assertTrue(large.hasRoomFor(900, 100));
    assertFalse(large.hasRoomFor(900, 101));
  }

  @Test
  void heldMoreThanAllIsNoRoom() {
    heap.register(() -> 120);
    assertEquals(-20, heap.free());
    assertFalse(heap.hasRoomFor(0));
  }

  /// The heap of bin/jvm.options has room for 10,000 connections of 11 KiB beside the default of
  /// maxBufferedBytes, half of the heap; small heaps have less than three quarters.
  @Test
  void theBudgetLeavesTheCollectorRoomToWorkIn() {
    long usual = 495 * MIB;
    assertTrue(HeapBudget.ofHeap(usual).bytes() >= usual / 2 + 10_000L * 11 * 1024);
    assertTrue(HeapBudget.ofHeap(usual).bytes() < usual * 3 / 4);
    assertEquals(40, HeapBudget.ofHeap(64 * MIB).bytes() / MIB);
    assertTrue(HeapBudget.ofHeap(MIB).bytes() > 0);
  }
}
