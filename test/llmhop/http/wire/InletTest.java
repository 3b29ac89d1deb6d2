package llmhop.http.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.Test;

final class InletTest {
  private static final int LARGEST = 10_000;

  private final Feed feed = new Feed();
  private final Inlet inlet = new Inlet(LARGEST);

  /// Gives what a test has put in, piece by piece, and then the end.
  private static final class Feed implements Transport {
    private final Deque<ByteBuffer> pieces = new ArrayDeque<>();
    private boolean open;
    private int largestRoom;

    void put(String piece) {
      pieces.add(ByteBuffer.wrap(piece.getBytes(StandardCharsets.ISO_8859_1)));
    }

    @Override
    public int read(ByteBuffer into) {
      largestRoom = Math.max(largestRoom, into.remaining());
      if (pieces.isEmpty()) {
        return open ? 0 : -1;
      }
      ByteBuffer piece = pieces.peek();
      int length = Math.min(piece.remaining(), into.remaining());
      into.put(piece.slice(piece.position(), length));
      piece.position(piece.position() + length);
      if (!piece.hasRemaining()) {
        pieces.remove();
      }
      return length;
    }

    @Override
    public int readNow(ByteBuffer into) {
      return read(into);
    }

    @Override
    public void write(ByteBuffer... buffers) {}

    @Override
    public boolean isQuiet() {
      return true;
    }

    @Override
    public void finish() {}

    @Override
    public void close() {}
  }

  private String take(int length) {
    byte[] into = new byte[length];
    int taken = inlet.take(into, 0, length);
    return new String(into, 0, taken, StandardCharsets.ISO_8859_1);
  }

  private String buffered() {
    return new String(
        inlet.bytes(),
        inlet.position(),
        inlet.limit() - inlet.position(),
        StandardCharsets.ISO_8859_1);
  }

  @Test
  void whatComesIsAddedBehindWhatIsThere() throws IOException {
    feed.put("abc");
    feed.put("def");
    assertTrue(inlet.fill(feed));
    assertEquals("abc", buffered());
    inlet.position(inlet.position() + 1);
    assertTrue(inlet.fill(feed));
    assertEquals("bcdef", buffered());
    assertEquals(5, inlet.buffered());
    assertFalse(inlet.fill(feed));
    assertEquals("bcdef", buffered());
  }

  @Test
  void aReadWithoutWaitingTellsNothingFromTheEnd() throws IOException {
    feed.open = true;
    assertEquals(0, inlet.fillNow(feed));
    feed.put("ab");
    assertEquals(2, inlet.fillNow(feed));
    feed.open = false;
    assertEquals(-1, inlet.fillNow(feed));
    assertEquals("ab", buffered());
  }

  @Test
  void itStartsSmallAndGrowsToItsLimit() throws IOException {
    feed.put("x".repeat(LARGEST + 1));
    inlet.fill(feed);
    assertEquals(Inlet.SMALLEST, inlet.buffered());
    while (!inlet.isFull()) {
      inlet.fill(feed);
    }
    assertEquals(LARGEST, inlet.buffered());
    assertEquals(LARGEST, inlet.bytes().length);
    assertThrows(IllegalStateException.class, () -> inlet.fill(feed));
    assertThrows(IllegalStateException.class, () -> inlet.fillNow(feed));
    assertEquals("x", take(1));
    inlet.fill(feed);
    assertEquals(LARGEST, inlet.buffered());
  }

  @Test
  void usedBytesMakeRoomBeforeItGrows() throws IOException {
    feed.put("a".repeat(Inlet.SMALLEST));
    feed.put("b".repeat(100));
    inlet.fill(feed);
    take(Inlet.SMALLEST - 1);
    inlet.fill(feed);
    assertEquals("a" + "b".repeat(100), buffered());
    assertEquals(Inlet.SMALLEST, inlet.bytes().length);
  }

  @Test
  void aLargeReadGoesPastItAndASmallOneThroughIt() throws IOException {
    feed.put("abcdef");
    byte[] small = new byte[2];
    assertEquals(2, inlet.read(feed, small, 0, 2));
    assertEquals("cdef", buffered());
    byte[] large = new byte[5000];
    assertEquals(4, inlet.read(feed, large, 100, 4900), "first what is buffered");
    assertEquals('c', large[100]);
    feed.put("g".repeat(6000));
    assertEquals(5000, inlet.read(feed, large, 0, 5000));
    assertFalse(inlet.hasBuffered());
    assertEquals(1000, inlet.read(feed, large, 0, 5000));
    assertEquals(-1, inlet.read(feed, large, 0, 5000));
    assertEquals(-1, inlet.read(feed, small, 0, 2));
  }

  @Test
  void memoryGoesOnlyWhereItIsEmpty() throws IOException {
    feed.put("ab");
    feed.put("cd");
    inlet.fill(feed);
    inlet.release();
    assertEquals("ab", buffered());
    take(2);
    inlet.shrink();
    assertEquals(Inlet.SMALLEST, inlet.bytes().length, "a small one is kept for the next head");
    inlet.release();
    assertEquals(0, inlet.bytes().length);
    assertEquals(0, inlet.buffered());
    inlet.fill(feed);
    assertEquals("cd", buffered());
  }

  @Test
  void whatALargeHeadNeededGoesAfterwards() throws IOException {
    feed.put("x".repeat(LARGEST));
    while (inlet.buffered() < LARGEST) {
      inlet.fill(feed);
    }
    inlet.shrink();
    assertEquals(LARGEST, inlet.buffered(), "what is buffered is never dropped");
    take(LARGEST);
    inlet.shrink();
    assertEquals(0, inlet.bytes().length);
  }

  @Test
  void itsEndMayBeTakenBack() throws IOException {
    feed.put("abcdef");
    inlet.fill(feed);
    inlet.limit(inlet.position() + 3);
    assertEquals("abc", take(10));
    assertEquals("", take(10));
  }
}
