package llmhop.observe;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// Writes whole lines to a stream that may fail and recover, such as a file on a full disk. Used by
/// one thread.
///
/// A line is never torn for good: where an error came in the middle of one, its rest is the first
/// that is written afterwards. A file is written to through its channel, which tells how far it
/// came before an error.
final class LineOutput {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  /// The JDK keeps a buffer as large as the largest write for each thread.
  private static final int MAX_WRITE_BYTES = 64 * 1024;

  /// How often a descriptor that another process has made non-blocking is tried while it is full.
  private static final long AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final WritableByteChannel channel;
  private ByteBuffer rest = NOTHING;
  private String failure = "";

  /// @param channel may take less than it is given; 0 where it has no room now
  LineOutput(WritableByteChannel channel) {
    this.channel = channel;
  }

  /// An output to a stream: a file is written to by its channel, which only the class itself
  /// promises to be the same as the stream.
  static LineOutput to(OutputStream stream) {
    return new LineOutput(
        stream.getClass() == FileOutputStream.class
            ? ((FileOutputStream) stream).getChannel()
            : new Whole(stream));
  }

  /// A stream that takes all or fails.
  private record Whole(OutputStream stream) implements WritableByteChannel {
    @Override
    public int write(ByteBuffer buffer) throws IOException {
      byte[] bytes = new byte[buffer.remaining()];
      buffer.duplicate().get(bytes);
      stream.write(bytes);
      stream.flush();
      buffer.position(buffer.limit());
      return bytes.length;
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() throws IOException {
      stream.close();
    }
  }

  /// Writes lines, each with its line break.
  ///
  /// @return how many of them are lost; 0 when all is well
  int lines(byte[] text) {
    int from = write(text, false);
    int lost = 0;
    for (int i = from; i < text.length; i++) {
      if (text[i] == '\n') lost++;
    }
    return lost;
  }

  /// Writes a message of one or more lines, which stay together.
  ///
  /// @return whether it is written; false when it is lost
  boolean message(byte[] text) {
    return write(text, true) == text.length;
  }

  /// The system's message of the last failure, such as `No space left on device`.
  String failure() {
    return failure;
  }

  /// @param whole whether the text belongs together, not each of its lines by itself
  /// @return where what is lost begins; the length of the text when nothing is
  private int write(byte[] text, boolean whole) {
    if (!drain(rest)) {
      return 0;
    }
    ByteBuffer buffer = ByteBuffer.wrap(text);
    if (drain(buffer)) {
      return text.length;
    }
    int at = buffer.position();
    int end = at;
    if (at > 0 && whole) {
      end = text.length;
    } else if (at > 0) {
      while (end < text.length && text[end - 1] != '\n') end++;
    }
    rest = ByteBuffer.wrap(text, at, end - at);
    return end;
  }

  /// @return whether all of it is written; its position tells how far it came
  private boolean drain(ByteBuffer buffer) {
    int end = buffer.limit();
    try {
      while (buffer.position() < end) {
        buffer.limit(Math.min(end, buffer.position() + MAX_WRITE_BYTES));
        if (channel.write(buffer) == 0) {
          LockSupport.parkNanos(AGAIN_NANOS);
        }
      }
      return true;
    } catch (IOException e) {
      failure = String.valueOf(e.getMessage());
      return false;
    } finally {
      buffer.limit(end);
    }
  }
}
