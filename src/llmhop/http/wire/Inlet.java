package llmhop.http.wire;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/// What has come on a connection and hasn't been used yet. Used by one thread at a time.
public final class Inlet {
  /// What an idle connection keeps, in bytes: most heads with a short prompt fit.
  public static final int SMALLEST = 4 * 1024;

  /// From this much room on the reader's own array is read into without a way round.
  private static final int DIRECT = 4 * 1024;

  private static final ByteBuffer NONE = ByteBuffer.allocate(0);

  private final int largest;
  private ByteBuffer view = NONE;
  private byte[] buffer = NONE.array();
  private int position;
  private int limit;

  /// An empty one.
  ///
  /// @param largest the most that it may hold, in bytes
  public Inlet(int largest) {
    this.largest = largest;
  }

  /// The bytes, of which those from [#position] to [#limit] count.
  public byte[] bytes() {
    return buffer;
  }

  /// Where the unused bytes begin.
  public int position() {
    return position;
  }

  /// Where they end.
  public int limit() {
    return limit;
  }

  /// The bytes before this are used.
  public void position(int next) {
    position = next;
  }

  /// The bytes from here on are not there any more.
  public void limit(int next) {
    limit = next;
  }

  /// Whether unused bytes are there.
  public boolean hasBuffered() {
    return position < limit;
  }

  /// How many.
  public int buffered() {
    return limit - position;
  }

  /// Whether it holds as much as it may.
  public boolean isFull() {
    return limit - position >= largest;
  }

  /// Reads more, waiting for the first byte.
  ///
  /// @return false at the end
  public boolean fill(Transport transport) throws IOException {
    makeRoom();
    int read = transport.read(view.limit(buffer.length).position(limit));
    limit += Math.max(read, 0);
    return read >= 0;
  }

  /// Reads more of what is there, without waiting.
  ///
  /// @return how many bytes, perhaps 0, -1 at the end
  public int fillNow(Transport transport) throws IOException {
    makeRoom();
    int read = transport.readNow(view.limit(buffer.length).position(limit));
    limit += Math.max(read, 0);
    return read;
  }

  /// Reads into an array: what is buffered, else what comes.
  ///
  /// @return how many bytes, -1 at the end
  public int read(Transport transport, byte[] into, int offset, int length) throws IOException {
    if (!hasBuffered()) {
      if (length >= DIRECT) {
        return transport.read(ByteBuffer.wrap(into, offset, length));
      }
      if (!fill(transport)) {
        return -1;
      }
    }
    return take(into, offset, length);
  }

  /// Takes what is buffered.
  public int take(byte[] into, int offset, int length) {
    int taken = Math.min(length, limit - position);
    System.arraycopy(buffer, position, into, offset, taken);
    position += taken;
    return taken;
  }

  /// Lets the memory go until more comes, where it is empty.
  public void release() {
    if (!hasBuffered()) {
      view = NONE;
      buffer = NONE.array();
      position = 0;
      limit = 0;
    }
  }

  /// Lets memory go that only a large head needed.
  public void shrink() {
    if (buffer.length > SMALLEST) {
      release();
    }
  }

  private void makeRoom() {
    if (position == limit) {
      position = 0;
      limit = 0;
    }
    if (limit < buffer.length) {
      return;
    }
    if (position > 0) {
      System.arraycopy(buffer, position, buffer, 0, limit - position);
      limit -= position;
      position = 0;
      return;
    }
    if (buffer.length >= largest) {
      throw new IllegalStateException("the inlet is full");
    }
    int grown = Math.min(Math.max(buffer.length * 2, SMALLEST), largest);
    buffer = Arrays.copyOf(buffer, grown);
    view = ByteBuffer.wrap(buffer);
  }
}
