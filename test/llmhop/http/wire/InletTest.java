package llmhop.http.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/// The memory of what comes: a little for everyone, more from what all share.
final class InletTest {
  private static final int LARGEST = 8 * Inlet.SMALLEST;

  /// A peer that sends without end.
  private static final Transport ENDLESS =
      new Transport() {
        @Override
        public int read(ByteBuffer into) {
          int size = into.remaining();
          into.position(into.limit());
          return size;
        }

        @Override
        public int readNow(ByteBuffer into) {
          return read(into);
        }

        @Override
        public void write(ByteBuffer... buffers) {}

        @Override
        public boolean isQuiet() {
          return false;
        }

        @Override
        public void finish() {}

        @Override
        public void close() {}
      };

  private static void fill(Inlet inlet, int times) throws IOException {
    for (int i = 0; i < times; i++) {
      assertTrue(inlet.fill(ENDLESS));
    }
  }

  @Test
  void theFirstBytesOfEachTakeNothingFromWhatAllShare() throws IOException {
    var memory = new InletMemory(0, new HeapBudget(1 << 24));
    for (int i = 0; i < 100; i++) {
      var inlet = new Inlet(LARGEST, memory);
      fill(inlet, 1);
      assertEquals(Inlet.SMALLEST, inlet.buffered());
      assertFalse(inlet.hasRoom());
      assertThrows(CrowdedException.class, () -> inlet.fill(ENDLESS));
    }
    assertEquals(0, memory.taken());
  }

  @Test
  void moreIsTakenFromItAtTheLimitAndNotOnePast() throws IOException {
    var memory = new InletMemory(3L * Inlet.SMALLEST, new HeapBudget(1 << 24));
    var one = new Inlet(LARGEST, memory);
    fill(one, 3);
    assertEquals(4 * Inlet.SMALLEST, one.buffered());
    assertEquals(3L * Inlet.SMALLEST, memory.taken());
    var other = new Inlet(LARGEST, memory);
    fill(other, 1);
    assertThrows(CrowdedException.class, () -> other.fill(ENDLESS));
    one.drop();
    assertEquals(0, memory.taken());
    fill(other, 1);
    assertEquals((long) Inlet.SMALLEST, memory.taken());
  }

  @Test
  void itIsGivenBackOnceAndOnlyWhenNothingIsBuffered() throws IOException {
    var memory = new InletMemory(1 << 20, new HeapBudget(1 << 24));
    var inlet = new Inlet(LARGEST, memory);
    fill(inlet, 4);
    assertEquals(LARGEST - Inlet.SMALLEST, memory.taken());
    inlet.shrink();
    assertEquals(LARGEST - Inlet.SMALLEST, memory.taken());
    inlet.position(inlet.limit());
    inlet.shrink();
    inlet.shrink();
    inlet.drop();
    assertEquals(0, memory.taken());
  }
}
