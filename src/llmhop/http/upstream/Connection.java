package llmhop.http.upstream;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;
import llmhop.http.wire.Transport;

/// One connection with what has been read from it and not yet been used. Used by one thread at a
/// time, but for closing.
final class Connection implements AutoCloseable {
  /// The longest head, and so the longest line, in bytes.
  static final int LONGEST_HEAD = 64 * 1024;

  private static final int BUFFER = 16 * 1024;

  private final Transport transport;
  private final Optional<InetAddress> address;
  private final Consumer<Connection> onClose;
  private byte[] buffer = new byte[BUFFER];
  private int position;
  private int limit;
  private boolean fresh = true;
  private boolean closed;
  private long idleUntil;

  Connection(Transport transport, Optional<InetAddress> address, Consumer<Connection> onClose) {
    this.transport = transport;
    this.address = address;
    this.onClose = onClose;
  }

  Transport transport() {
    return transport;
  }

  /// The address that it goes to; none for Unix sockets and behind proxies.
  Optional<InetAddress> address() {
    return address;
  }

  /// Whether it has carried no exchange yet.
  boolean isFresh() {
    return fresh;
  }

  void used() {
    fresh = false;
  }

  void idleUntil(long nanos) {
    idleUntil = nanos;
  }

  long idleUntil() {
    return idleUntil;
  }

  /// Whether bytes are there that nobody asked for.
  boolean hasBuffered() {
    return position < limit;
  }

  int buffered() {
    return limit - position;
  }

  /// Reads into the caller's array: what is buffered, else what comes.
  int read(byte[] into, int offset, int length) throws IOException {
    if (position == limit) {
      if (length >= BUFFER) {
        return transport.read(ByteBuffer.wrap(into, offset, length));
      }
      if (!fill()) {
        return -1;
      }
    }
    int taken = Math.min(length, limit - position);
    System.arraycopy(buffer, position, into, offset, taken);
    position += taken;
    return taken;
  }

  /// Reads more into the buffer; false at the end.
  boolean fill() throws IOException {
    if (position == limit) {
      position = 0;
      limit = 0;
    } else if (limit == buffer.length) {
      makeRoom();
    }
    int read = transport.read(ByteBuffer.wrap(buffer, limit, buffer.length - limit));
    limit += Math.max(read, 0);
    return read >= 0;
  }

  private void makeRoom() throws IOException {
    if (position > 0) {
      System.arraycopy(buffer, position, buffer, 0, limit - position);
      limit -= position;
      position = 0;
    } else if (buffer.length < LONGEST_HEAD) {
      buffer = Arrays.copyOf(buffer, buffer.length * 2);
    } else {
      throw new MalformedException("a line is over 64 KiB");
    }
  }

  /// Whether the head of a chunk is buffered and a byte of what follows it, so that reading on
  /// doesn't wait. The last chunk counts when its whole end is there.
  ///
  /// @param afterData whether the line break of the chunk before comes first
  boolean hasChunkAtHand(boolean afterData) {
    int at = afterData ? position + 2 : position;
    boolean zero = true;
    boolean extended = false;
    for (int i = at; i < limit; i++) {
      byte octet = buffer[i];
      if (octet == '\n') {
        return zero ? endsWithEmptyLine(i) : i + 1 < limit;
      }
      extended |= octet == ';';
      zero &= extended || octet == '0' || octet == '\r';
    }
    return false;
  }

  /// Whether an empty line stands somewhere behind this line feed.
  private boolean endsWithEmptyLine(int lineFeed) {
    for (int i = lineFeed; i + 2 < limit; i++) {
      if (buffer[i] == '\n' && buffer[i + 1] == '\r' && buffer[i + 2] == '\n') {
        return true;
      }
    }
    return false;
  }

  /// A line without its CR LF (RFC 9112 section 2.2: nothing else ends a line here).
  String readLine() throws IOException {
    int scanned = 0;
    while (true) {
      for (int i = position + scanned; i < limit; i++) {
        if (buffer[i] == '\n') {
          if (i == position || buffer[i - 1] != '\r') {
            throw new MalformedException("a line ends with a bare line feed");
          }
          String line = new String(buffer, position, i - 1 - position, StandardCharsets.ISO_8859_1);
          position = i + 1;
          return line;
        }
      }
      scanned = limit - position;
      if (!fill()) {
        throw new EOFException("the connection ended within a head");
      }
    }
  }

  @Override
  public void close() {
    transport.close();
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    onClose.accept(this);
  }
}
