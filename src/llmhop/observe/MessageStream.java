package llmhop.observe;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/// Makes messages of what is printed. May be used by any thread; never waits for the stream behind
/// the log.
final class MessageStream extends PrintStream {
  private final Collector collector;

  MessageStream(MessageLog log) {
    Collector collector = new Collector(log);
    super(collector, false, StandardCharsets.UTF_8);
    this.collector = collector;
  }

  /// Prints a text as one message, however long and of however many lines.
  @Override
  public void println(String text) {
    collector.message(text + "\n");
  }

  @Override
  public void println(Object object) {
    println(String.valueOf(object));
  }

  /// Collects bytes until they end with a line break. [PrintStream] holds a lock around each of its
  /// calls, and passes on the text of a call in one piece, or in several where it is long.
  private static final class Collector extends OutputStream {
    private final MessageLog log;

    // The fields below are guarded by this.
    private final ByteArrayOutputStream text = new ByteArrayOutputStream();
    private long cut;

    Collector(MessageLog log) {
      this.log = log;
    }

    synchronized void message(String message) {
      byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
      write(bytes, 0, bytes.length);
    }

    @Override
    public synchronized void write(int octet) {
      write(new byte[] {(byte) octet}, 0, 1);
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) {
      int kept = Math.min(length, MessageLog.MAX_MESSAGE_BYTES - text.size());
      text.write(bytes, offset, kept);
      cut += length - kept;
      if (length > 0 && bytes[offset + length - 1] == '\n') {
        pass();
      }
    }

    /// Makes a message of the text that has no line break yet.
    @Override
    public synchronized void flush() {
      if (text.size() > 0) {
        write('\n');
      }
    }

    private void pass() {
      if (cut > 0) {
        String note = "... (%d bytes more)\n".formatted(cut);
        text.writeBytes(note.getBytes(StandardCharsets.UTF_8));
      }
      byte[] message = text.toByteArray();
      text.reset();
      cut = 0;
      log.take(message);
    }
  }
}
