package llmhop.http.front;

import java.io.IOException;
import java.nio.ByteBuffer;
import llmhop.http.wire.Fields;
import llmhop.http.wire.SegmentPool;
import llmhop.http.wire.Transport;

/// What is to be written on a connection, collected so that it goes out in one write. Its array
/// comes from a pool and goes back with each flush.
///
/// The thread that uses an outlet holds its monitor from the decision that something may be written
/// until that is written, so that the array has one owner at a time and no answer stands within
/// another one. Assertions check this. Whoever holds the monitor may wait for a slow caller, but no
/// longer than the limit on stalled writes.
final class Outlet {
  /// What a caller must take within the limit on stalled writes, in bytes.
  private static final int PIECE = 256 * 1024;

  private final Transport transport;
  private final Deadlines deadlines;
  private final SegmentPool pool;
  private byte[] bytes;
  private ByteBuffer view;
  private int size;

  Outlet(Transport transport, Deadlines deadlines, SegmentPool pool) {
    this.transport = transport;
    this.deadlines = deadlines;
    this.pool = pool;
  }

  /// Whether nothing is held back.
  boolean isEmpty() {
    assert Thread.holdsLock(this);
    return size == 0;
  }

  /// How much fits before something has to go out.
  int room() {
    return pool.segment() - size;
  }

  /// Adds characters below 256.
  void text(String latin1) throws IOException {
    assert Thread.holdsLock(this);
    int length = latin1.length();
    if (length > room()) {
      bytes(latin1.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1), 0, length);
      return;
    }
    byte[] to = array();
    for (int i = 0; i < length; i++) {
      to[size + i] = (byte) latin1.charAt(i);
    }
    size += length;
  }

  /// Adds field lines.
  void fields(Fields fields) throws IOException {
    for (Fields.Field field : fields) {
      text(field.name() + ": " + field.value() + "\r\n");
    }
  }

  /// Adds bytes; those that don't fit go out at once with all before them.
  void bytes(byte[] from, int offset, int length) throws IOException {
    assert Thread.holdsLock(this);
    if (length > room()) {
      write(ByteBuffer.wrap(from, offset, length));
      return;
    }
    System.arraycopy(from, offset, array(), size, length);
    size += length;
  }

  private byte[] array() {
    if (bytes == null) {
      bytes = pool.take();
      view = ByteBuffer.wrap(bytes);
    }
    return bytes;
  }

  /// Sends all that is held back.
  void flush() throws IOException {
    assert Thread.holdsLock(this);
    if (size > 0) {
      write();
    }
  }

  /// Sends all that is held back, and these behind it: piece by piece, so that a slow caller is
  /// seen to take some.
  private void write(ByteBuffer... more) throws IOException {
    Doing before = deadlines.doing();
    deadlines.doing(Doing.WRITING);
    try {
      if (more.length == 0) {
        transport.write(view.position(0).limit(size));
      } else if (more[0].remaining() > SlowReaders.WRITER_BYTES) {
        deadlines.writes(more[0].remaining());
        writeAll(more[0]);
        deadlines.writes(0);
      } else {
        writeAll(more[0]);
      }
    } finally {
      deadlines.doing(before);
      release();
    }
  }

  private void writeAll(ByteBuffer more) throws IOException {
    int end = more.limit();
    more.limit(Math.min(end, more.position() + PIECE));
    if (size == 0) {
      transport.write(more);
    } else {
      transport.write(view.position(0).limit(size), more);
    }
    while (more.position() < end) {
      deadlines.doing(Doing.WRITING);
      transport.write(more.limit(Math.min(end, more.position() + PIECE)));
    }
  }

  /// Gives the array back; what is in it is dropped.
  void release() {
    assert Thread.holdsLock(this);
    size = 0;
    if (bytes != null) {
      pool.give(bytes);
      bytes = null;
      view = null;
    }
  }
}
