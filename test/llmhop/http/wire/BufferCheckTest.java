package llmhop.http.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The check of pooled buffers finds each kind of second owner, and nothing else.
@SuppressWarnings("ReferenceEquality") // a buffer is told by its identity
class BufferCheckTest {
  private static final int SIZE = 1000;

  private final List<String> told = new ArrayList<>();
  private final BufferLedger ledger = new BufferLedger(told::add);
  private final SegmentPool pool = pool("one", 8);

  private SegmentPool pool(String name, int max) {
    return new SegmentPool(SIZE, max, new BufferCheck.On(name, ledger));
  }

  private void assertTold(int faults, String what) {
    assertEquals(faults, ledger.faults(), told::toString);
    assertTrue(told.getLast().contains(what), told::toString);
    assertTrue(told.getLast().contains("BufferCheckTest"), "with the stack of the culprit");
  }

  @Test
  void bufferThatIsUsedRightlyIsNoFault() {
    for (int i = 0; i < 100; i++) {
      byte[] first = pool.take();
      byte[] second = pool.take();
      assertNotSame(first, second);
      first[0] = 1;
      second[SIZE - 1] = 2;
      pool.give(first);
      pool.give(second);
    }
    assertEquals(0, ledger.faults());
    assertTrue(pool.idle() <= 8, pool.idle() + " are kept");
  }

  @Test
  void bufferThatIsGivenBackTwiceThrows() {
    byte[] buffer = pool.take();
    pool.give(buffer);
    var thrown = assertThrows(IllegalStateException.class, () -> pool.give(buffer));
    assertTrue(thrown.getMessage().contains("given back twice"), thrown.getMessage());
    assertTold(1, "given back here");
    assertEquals(1, pool.idle(), "it is kept once");
  }

  @Test
  void bufferThatIsGivenToAnotherPoolThrows() {
    SegmentPool other = pool("other", 8);
    byte[] buffer = pool.take();
    assertThrows(IllegalStateException.class, () -> other.give(buffer));
    assertTold(1, "that is of the pool one");
    pool.give(buffer);
    assertThrows(IllegalStateException.class, () -> pool.give(new byte[SIZE]));
    assertTold(2, "that is not of this pool");
  }

  @Test
  void lateWriteIsFoundWhenTheBufferIsTakenAgain() {
    byte[] buffer = pool.take();
    pool.give(buffer);
    buffer[700] = 'x';
    List<byte[]> taken = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      byte[] other = pool.take();
      taken.add(other);
      pool.give(other);
    }
    assertTold(1, "written at 700 after it was given back");
    assertTrue(taken.stream().noneMatch(each -> each == buffer), "nobody gets what is written to");
  }

  @Test
  void lateWriteIsFoundAtTheEndOnce() {
    byte[] buffer = pool.take();
    pool.give(buffer);
    buffer[0] = 'x';
    assertTold(1, "written at 0 after it was given back");
    assertEquals(1, ledger.faults());
  }

  /// What is sent of it can be recognised in a capture.
  @Test
  void lateReadShowsThatTheBufferWasGivenBack() {
    byte[] buffer = pool.take();
    pool.give(buffer);
    String text = new String(buffer, StandardCharsets.US_ASCII);
    assertTrue(text.startsWith(BufferLedger.GIVEN_BACK + BufferLedger.GIVEN_BACK), text);
  }

  /// A late write meets no new owner for as long as can be: the oldest is used first.
  @Test
  void bufferRestsBeforeItIsUsedAgain() {
    byte[] buffer = pool.take();
    pool.give(buffer);
    int others = 0;
    byte[] next = pool.take();
    List<byte[]> taken = new ArrayList<>();
    while (next != buffer && others < 100) {
      others++;
      taken.add(next);
      if (taken.size() == 4) {
        taken.forEach(pool::give);
        taken.clear();
      }
      next = pool.take();
    }
    assertSame(buffer, next);
    assertTrue(others >= 4, others + " were used before");
  }

  @Test
  void pendingBufferIsCheckedToo() {
    var pending = new PendingPool(8L * PendingPool.SIZE, new BufferCheck.On("pending", ledger));
    ByteBuffer kept = pending.keep(ByteBuffer.wrap(new byte[100]));
    pending.give(kept);
    assertThrows(IllegalStateException.class, () -> pending.give(kept));
    assertTold(1, "given back twice");
    kept.array()[5] = 1;
    assertTold(2, "written at 5 after it was given back");
  }

  /// Remembering them all would take more memory than there is.
  @Test
  void checkForgetsBuffersThatWereDropped() {
    int buffers = (int) (2 * Runtime.getRuntime().maxMemory() / SegmentPool.SEGMENT);
    var keepsNone = new SegmentPool(SegmentPool.SEGMENT, 0, new BufferCheck.On("none", ledger));
    for (int i = 0; i < buffers; i++) {
      byte[] buffer = keepsNone.take();
      if (i % 2 == 0) keepsNone.give(buffer);
    }
    assertEquals(0, ledger.faults());
  }

  @Test
  void faultsAreToldOnlySoOften() {
    byte[] buffer = pool.take();
    pool.give(buffer);
    for (int i = 0; i < 100; i++) {
      assertThrows(IllegalStateException.class, () -> pool.give(buffer));
    }
    assertEquals(100, ledger.faults());
    assertEquals(20, told.size());
    assertEquals(told, ledger.told());
  }
}
