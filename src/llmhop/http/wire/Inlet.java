package llmhop.http.wire;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/// What has come on a connection and hasn't been used yet. Used by one thread at a time: its memory
/// is the connection's own, and is given to no other one. Those that use the inlet of a caller's
/// connection hand it over like this:
/// - The connection's thread owns it between requests.
/// - Of a request with a body, the thread that reads the body owns it until the body is read.
/// - Then the pump owns it while it watches for a hang-up (see `front.HangUp`), or while a stream
///   flows; the connection's thread takes it back before it does anything else.
/// - A body that nobody reads to its end leaves a reader behind. It may still fill the inlet while
///   the connection is closed, which harms nobody: no request follows on this connection, and
///   reading a body never takes from the [InletMemory].
public final class Inlet {
  /// What an idle connection keeps, in bytes: most heads with a short prompt fit.
  public static final int SMALLEST = 4 * 1024;

  /// From this much room on the reader's own array is read into without a way round.
  private static final int DIRECT = 4 * 1024;

  private static final ByteBuffer NONE = ByteBuffer.allocate(0);

  private final int largest;
  private final InletMemory memory;
  private int taken;
  private ByteBuffer view = NONE;
  private byte[] buffer = NONE.array();
  private int position;
  private int limit;

  /// An empty one.
  ///
  /// @param largest the most that it may hold, in bytes
  /// @param memory what it takes from for more than [#SMALLEST]
  public Inlet(int largest, InletMemory memory) {
    this.largest = largest;
    this.memory = memory;
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
  /// @throws CrowdedException when there is no memory for it
  public boolean fill(Transport transport) throws IOException {
    if (!hasRoom()) {
      throw new CrowdedException();
    }
    int read = transport.read(view.limit(buffer.length).position(limit));
    limit += Math.max(read, 0);
    return read >= 0;
  }

  /// Reads more of what is there, without waiting; not without [#hasRoom].
  ///
  /// @return how many bytes, perhaps 0, -1 at the end
  public int fillNow(Transport transport) throws IOException {
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
      drop();
    }
  }

  /// Lets the memory go with all that is in it.
  public void drop() {
    view = NONE;
    buffer = NONE.array();
    position = 0;
    limit = 0;
    memory.give(taken);
    taken = 0;
  }

  /// Lets memory go that only a large head needed.
  public void shrink() {
    if (buffer.length > SMALLEST) {
      release();
    }
  }

  /// Makes room for at least one more byte.
  ///
  /// @return false when there is no memory for that
  public boolean hasRoom() {
    if (position == limit) {
      position = 0;
      limit = 0;
    }
    if (limit < buffer.length) {
      return true;
    }
    if (position > 0) {
      System.arraycopy(buffer, position, buffer, 0, limit - position);
      limit -= position;
      position = 0;
      return true;
    }
    if (buffer.length >= largest) {
      throw new IllegalStateException("the inlet is full");
    }
    return grow(Math.min(Math.max(buffer.length * 2, SMALLEST), largest));
  }

  private boolean grow(int grown) {
    int more = grown - Math.max(buffer.length, SMALLEST);
    if (more > 0 && !memory.take(more)) {
      return false;
    }
    taken += Math.max(more, 0);
    buffer = Arrays.copyOf(buffer, grown);
    view = ByteBuffer.wrap(buffer);
    return true;
  }
}
