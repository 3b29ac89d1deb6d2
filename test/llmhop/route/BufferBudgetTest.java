package llmhop.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BufferBudgetTest {
  private static final long MIB = 1024 * 1024;

  @Test
  void whatIsTakenIsHeldUntilTheShareCloses() {
    var budget = new BufferBudget(8 * MIB);
    try (var share = budget.share()) {
      share.take(3 * MIB);
      share.take(1);
      assertEquals(3 * MIB + 1024, budget.held());
    }
    assertEquals(0, budget.held());
  }

  @Test
  void theLargestBodyFitsAndOneByteMoreNeverCan() {
    var budget = new BufferBudget(8 * MIB);
    assertEquals(7 * MIB, budget.largest());
    try (var share = budget.share()) {
      share.take(budget.largest());
    }
    try (var share = budget.share()) {
      var refusal = assertThrows(Refusal.class, () -> share.take(budget.largest() + 1));
      assertEquals(413, refusal.status());
      assertTrue(refusal.getMessage().contains("maxBufferedBytes"));
    }
    try (var share = budget.share()) {
      share.take(budget.largest() - 1024);
      var refusal = assertThrows(Refusal.class, () -> share.take(1025));
      assertEquals(413, refusal.status());
    }
    assertEquals(0, budget.held());
  }

  @Test
  void aLengthThatALongCanHardlySayIsNoSmallOne() {
    var budget = new BufferBudget(8 * MIB);
    for (long length : new long[] {Long.MAX_VALUE, Long.MAX_VALUE - 1007, 1L << 42, 1L << 41}) {
      try (var share = budget.share()) {
        assertEquals(413, assertThrows(Refusal.class, () -> share.take(length)).status());
      }
    }
    assertEquals(0, budget.held());
  }

  @Test
  void smallTakesFindRoomWhileLargeOnesHaveItAll() {
    var budget = new BufferBudget(8 * MIB);
    try (var large = budget.share()) {
      large.take(budget.largest());
      List<BufferBudget.Share> small = new ArrayList<>();
      for (int i = 0; i < 1024; i++) {
        var share = budget.share();
        share.take(1024);
        small.add(share);
      }
      assertEquals(8 * MIB, budget.held());
      small.forEach(BufferBudget.Share::close);
    }
    assertEquals(0, budget.held());
  }

  @Test
  void whoFindsNoRoomIsRefusedAfterTheWait() {
    var budget = new BufferBudget(8 * MIB);
    try (var large = budget.share();
        var late = budget.share()) {
      large.take(budget.largest());
      long start = System.nanoTime();
      var refusal = assertThrows(Refusal.class, () -> late.take(MIB));
      long waited = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
      assertEquals("overloaded", refusal.code());
      assertTrue(waited >= BufferBudget.WAIT_MILLIS - 50, "waited only " + waited + " ms");
    }
    assertEquals(0, budget.held());
  }

  @Test
  void whoWaitsGetsTheRoomThatIsGivenBack() throws InterruptedException {
    var budget = new BufferBudget(8 * MIB);
    var first = budget.share();
    first.take(budget.largest());
    var done = new CountDownLatch(1);
    var waiter =
        Thread.ofVirtual()
            .start(
                () -> {
                  try (var share = budget.share()) {
                    share.take(MIB);
                    done.countDown();
                  }
                });
    first.close();
    assertTrue(done.await(5, TimeUnit.SECONDS));
    waiter.join();
    assertEquals(0, budget.held());
  }
}
