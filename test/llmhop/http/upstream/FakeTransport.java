package llmhop.http.upstream;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import llmhop.http.wire.Transport;

/// A connection whose other side is a list of pieces: each read gets one, and then the end. So a
/// test says exactly how a reply is split.
final class FakeTransport implements Transport {
  private final Deque<byte[]> pieces = new ArrayDeque<>();
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private int writes;
  private boolean noisy;
  private boolean closed;

  FakeTransport(List<String> latin1) {
    latin1.forEach(piece -> pieces.add(piece.getBytes(StandardCharsets.ISO_8859_1)));
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    if (closed) {
      throw new IOException("closed");
    }
    byte[] piece = pieces.poll();
    if (piece == null) {
      return -1;
    }
    int length = Math.min(piece.length, into.remaining());
    into.put(piece, 0, length);
    if (length < piece.length) {
      pieces.addFirst(java.util.Arrays.copyOfRange(piece, length, piece.length));
    }
    return length;
  }

  @Override
  public void write(ByteBuffer... buffers) {
    writes++;
    for (ByteBuffer buffer : buffers) {
      byte[] bytes = new byte[buffer.remaining()];
      buffer.get(bytes);
      written.writeBytes(bytes);
    }
  }

  @Override
  public int readNow(ByteBuffer into) throws IOException {
    return isQuiet() ? 0 : read(into);
  }

  @Override
  public boolean isQuiet() {
    return !closed && !noisy;
  }

  /// From now on it is at its end, or has something to read.
  FakeTransport noisy() {
    noisy = true;
    return this;
  }

  @Override
  public void close() {
    closed = true;
  }

  boolean isClosed() {
    return closed;
  }

  int writes() {
    return writes;
  }

  String written() {
    return written.toString(StandardCharsets.ISO_8859_1);
  }

  int piecesLeft() {
    return pieces.size();
  }
}
