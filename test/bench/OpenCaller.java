package bench;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// One connection of `OpenLoad`: sends a request, and knows the answer that must come.
final class OpenCaller {

  private static final byte[] BODY = Wire.bytes(Wire.ANSWER);
  private static final byte[] LENGTH = Wire.bytes("content-length: " + BODY.length + "\r\n");
  private static final byte[] OK = Wire.bytes("HTTP/1.1 200");

  private final SocketChannel channel;
  private final byte[] in = new byte[8192];
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(in.length);
  private int bytes;
  private volatile long due;

  OpenCaller(SocketChannel channel) {
    this.channel = channel;
  }

  /// When the request that is being answered had to be sent.
  long due() {
    return due;
  }

  void send(byte[] request, long dueNanos) throws IOException {
    due = dueNanos;
    ByteBuffer out = ByteBuffer.wrap(request);
    channel.write(out);
    if (out.hasRemaining()) throw new IOException("the system takes no request of 1 KiB");
  }

  /// Reads what has come; true when the answer is whole.
  ///
  /// @throws IOException when it isn't the answer that the backend gave
  boolean receive() throws IOException {
    buffer.clear().limit(in.length - bytes);
    int read = channel.read(buffer);
    if (read < 0) throw new EOFException();
    buffer.flip().get(in, bytes, read);
    bytes += read;
    int headEnd = headEnd();
    if (headEnd < 0 || bytes < headEnd + BODY.length) {
      if (bytes == in.length) throw new IOException("an answer that is too long");
      return false;
    }
    boolean right =
        Arrays.equals(in, 0, OK.length, OK, 0, OK.length)
            && hasLength(headEnd)
            && bytes == headEnd + BODY.length
            && Arrays.equals(in, headEnd, bytes, BODY, 0, BODY.length);
    if (!right) {
      throw new IOException(new String(in, 0, bytes, StandardCharsets.ISO_8859_1));
    }
    bytes = 0;
    return true;
  }

  void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // It is closed in any case.
    }
  }

  private int headEnd() {
    for (int i = 3; i < bytes; i++) {
      if (in[i] == '\n' && in[i - 1] == '\r' && in[i - 2] == '\n' && in[i - 3] == '\r') {
        return i + 1;
      }
    }
    return -1;
  }

  private boolean hasLength(int headEnd) {
    for (int i = 0; i + LENGTH.length <= headEnd; i++) {
      int same = 0;
      while (same < LENGTH.length && lower(in[i + same]) == LENGTH[same]) same++;
      if (same == LENGTH.length) return true;
    }
    return false;
  }

  private static int lower(byte letter) {
    return letter >= 'A' && letter <= 'Z' ? letter + 32 : letter;
  }
}
