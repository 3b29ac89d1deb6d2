package llmhop.http.upstream;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import llmhop.http.wire.ChunkDecoder;
import llmhop.http.wire.FieldLines;
import llmhop.http.wire.Flow;
import llmhop.http.wire.InletMemory;
import llmhop.http.wire.MalformedException;
import llmhop.http.wire.Transport;

/// One connection with what has been read from it and not yet been used. Used by one thread at a
/// time, but for closing.
///
/// ```
///   Dialer.dial --> busy --Turn.end, whole answer, both sides willing--> idle
///                   busy <--Pool.take, still quiet-----------------------idle
///                   busy --Turn.abort, Call.cancel, a limit--> closed
///                   idle --Pool.sweep, too old--------------> closed
///                   idle --Pool.retain, its address left----> closed
/// ```
final class Connection implements AutoCloseable {
  /// The longest head, and so the longest line, in bytes.
  static final int LONGEST_HEAD = 64 * 1024;

  /// The first size of the buffer, in bytes: nearly all heads fit, and thousands of requests may
  /// wait for theirs. Bodies are read past it.
  static final int BUFFER = 4 * 1024;

  /// The JDK's objects of one field, beside its text, in bytes.
  private static final int FIELD_BYTES = 100;

  /// From this much room on the caller's array is read into without a way round.
  private static final int DIRECT = 4 * 1024;

  private static final Runnable NO_HOOK = () -> {};
  private static final ByteBuffer NONE = ByteBuffer.allocate(0);

  private final Transport transport;
  private final Optional<InetAddress> address;
  private final InletMemory memory;
  private final Consumer<Connection> onClose;
  private final AtomicBoolean closed = new AtomicBoolean();
  private ByteBuffer view = NONE;
  private byte[] buffer = NONE.array();
  private int position;
  private int limit;
  private boolean surplus;

  /// What is taken of the memory, in bytes.
  private final AtomicLong held = new AtomicLong();

  private boolean fresh = true;
  private volatile Flow flow;
  private volatile Runnable onClosed = NO_HOOK;
  private long idleUntil;

  /// What is taken for the head that is read or was read last, in bytes.
  private long heldHead;

  /// @param memory what long heads take from, until the exchange is over
  /// @param onClose runs once, when it is closed
  Connection(
      Transport transport,
      Optional<InetAddress> address,
      InletMemory memory,
      Consumer<Connection> onClose) {
    this.transport = transport;
    this.address = address;
    this.memory = memory;
    this.onClose = onClose;
  }

  Transport transport() {
    return transport;
  }

  /// The address that it goes to; none for Unix sockets.
  Optional<InetAddress> address() {
    return address;
  }

  /// Whether it has carried no exchange yet.
  boolean isFresh() {
    return fresh;
  }

  /// An exchange is over, and nothing of it is held any more.
  void used() {
    fresh = false;
    onClosed = NO_HOOK;
    if (buffer.length > BUFFER) {
      dropBuffer();
    }
    heldHead = 0;
    giveHeld();
  }

  void idleUntil(long nanos) {
    idleUntil = nanos;
  }

  long idleUntil() {
    return idleUntil;
  }

  boolean hasBuffered() {
    return position < limit;
  }

  /// Whether bytes came that nobody asked for; after the end of an answer.
  boolean hasSurplus() {
    return surplus || hasBuffered();
  }

  /// The next byte, which must be there.
  byte peek() {
    return buffer[position];
  }

  /// Reads into the caller's array: what is buffered, else what comes.
  int read(byte[] into, int offset, int length) throws IOException {
    if (!hasBuffered()) {
      if (length >= DIRECT) {
        return readPastBuffer(into, offset, length);
      }
      if (!fill()) {
        return -1;
      }
    }
    return take(into, offset, length);
  }

  /// Reads a body in chunks: what is decoded and buffered, else what comes; -1 at its end.
  int read(byte[] into, int offset, int length, ChunkDecoder chunks) throws IOException {
    while (!hasBuffered()) {
      if (chunks.isDone()) {
        return -1;
      }
      if (length < DIRECT || chunks.hasFailed()) {
        if (!chunks.hasFailed() && !fill()) {
          throw cutShort();
        }
        decodeBuffered(chunks);
        continue;
      }
      int raw = readPastBuffer(into, offset, length);
      if (raw < 0) {
        throw cutShort();
      }
      int decoded = chunks.decode(into, offset, offset + raw);
      surplus |= chunks.taken() < raw;
      if (decoded > 0) {
        return decoded;
      }
    }
    return take(into, offset, length);
  }

  private static EOFException cutShort() {
    return new EOFException("the connection ended before the last chunk");
  }

  /// Takes the framing off what is buffered.
  void decodeBuffered(ChunkDecoder chunks) throws MalformedException {
    int decoded = chunks.decode(buffer, position, limit);
    surplus |= !chunks.hasFailed() && chunks.taken() < limit - position;
    limit = position + decoded;
  }

  private int take(byte[] into, int offset, int length) {
    int taken = Math.min(length, limit - position);
    System.arraycopy(buffer, position, into, offset, taken);
    position += taken;
    return taken;
  }

  /// Hands over all that is buffered, to one who reads on without this buffer.
  byte[] takeBuffered() {
    byte[] taken = Arrays.copyOfRange(buffer, position, limit);
    dropBuffer();
    return taken;
  }

  /// A long answer doesn't need the buffer any more, and there may be thousands of them.
  private void dropBuffer() {
    view = NONE;
    buffer = NONE.array();
    position = 0;
    limit = 0;
  }

  private int readPastBuffer(byte[] into, int offset, int length) throws IOException {
    dropBuffer();
    return transport.read(ByteBuffer.wrap(into, offset, length));
  }

  /// Reads more into the buffer; false at the end.
  boolean fill() throws IOException {
    if (position == limit) {
      position = 0;
      limit = 0;
    }
    if (limit == buffer.length) {
      makeRoom();
    }
    int read = transport.read(view.limit(buffer.length).position(limit));
    limit += Math.max(read, 0);
    return read >= 0;
  }

  private void makeRoom() throws IOException {
    if (position > 0) {
      System.arraycopy(buffer, position, buffer, 0, limit - position);
      limit -= position;
      position = 0;
      return;
    }
    if (buffer.length >= LONGEST_HEAD) {
      throw new MalformedException("a line is over 64 KiB");
    }
    int more = Math.max(buffer.length, BUFFER - buffer.length);
    if (buffer.length > 0) {
      hold(more);
    }
    buffer = Arrays.copyOf(buffer, buffer.length + more);
    view = ByteBuffer.wrap(buffer);
  }

  /// Counts the head of an answer, which is kept as long as the exchange lasts.
  ///
  /// @param bytes its length up to now
  /// @param fields how many fields it has up to now
  /// @throws IOException when there is no memory for it
  void holdHead(int bytes, int fields) throws IOException {
    long more = (long) bytes + (long) FIELD_BYTES * fields - BUFFER - heldHead;
    if (more > 0) {
      int taken = (int) (more + BUFFER);
      hold(taken);
      // Only the thread that reads the head adds to it; another one may set it to 0.
      long next = heldHead + taken;
      heldHead = next;
    }
  }

  private void hold(int bytes) throws IOException {
    if (!memory.take(bytes)) {
      throw new IOException("Cannot allocate memory for the head of the answer");
    }
    held.addAndGet(bytes);
    if (closed.get()) {
      giveHeld();
    }
  }

  private void giveHeld() {
    int all = (int) held.getAndSet(0);
    if (all > 0) {
      memory.give(all);
    }
  }

  /// What a line is made into.
  interface LineReader<T> {
    T read(byte[] bytes, int from, int to) throws MalformedException;
  }

  /// Reads a line, which ends with CR LF, and hands it over without them.
  <T> T readLine(LineReader<T> reader) throws IOException {
    int scanned = 0;
    while (true) {
      int end = FieldLines.lineEnd(buffer, position, position + scanned, limit);
      if (end >= 0) {
        int start = position;
        position = end + 2;
        return reader.read(buffer, start, end);
      }
      scanned = limit - position;
      if (!fill()) {
        throw new EOFException("the connection ended within a head");
      }
    }
  }

  /// Its answer flows on a pump from now on: closing has to end that too. There may be thousands of
  /// such, and none needs its buffer.
  void flows(Flow now) {
    dropBuffer();
    flow = now;
    if (closed.get()) {
      now.stop(Flow.End.STOPPED);
    }
  }

  /// It doesn't flow any more.
  void flowed() {
    flow = null;
  }

  /// Sets what else runs when it is closed, any number of times; at once when it is closed already.
  void onClosed(Runnable hook) {
    onClosed = hook;
    if (closed.get()) {
      hook.run();
    }
  }

  /// What came behind the end of an answer that flowed.
  void surplus() {
    surplus = true;
  }

  @Override
  public void close() {
    transport.close();
    Flow flowing = flow;
    if (flowing != null) {
      flowing.stop(Flow.End.STOPPED);
    }
    if (closed.compareAndSet(false, true)) {
      giveHeld();
      onClose.accept(this);
    }
    onClosed.run();
  }
}
