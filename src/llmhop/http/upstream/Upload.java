package llmhop.http.upstream;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import llmhop.http.wire.Fields;

/// Sends one request over a connection.
///
/// A small body goes with its head in one write. A large one, or one that has yet to come, is sent
/// by a thread of its own, so that a backend that answers early, and doesn't read on, is heard.
final class Upload {
  /// Head and body that fit into the buffers on the way, so that writing them can't wait for ever.
  static final int INLINE = 64 * 1024;

  private static final int ONE_WRITE = 16 * 1024;
  private static final long JOIN_MILLIS = 2_000;

  private final Connection connection;
  private final Body body;
  private final Runnable whenSent;
  private volatile Throwable bodyFailure;
  private volatile boolean complete;
  private Thread thread;

  private Upload(Connection connection, Body body, Runnable whenSent) {
    this.connection = connection;
    this.body = body;
    this.whenSent = whenSent;
  }

  /// Sends, or begins to. Failures to write are no errors yet: an answer may be there already.
  ///
  /// @param whenSent is run when the whole request was written
  static Upload start(
      Connection connection, Head head, Body body, String authority, Runnable whenSent) {
    var upload = new Upload(connection, body, whenSent);
    byte[] headBytes = bytes(head, body, authority);
    if (body.repeatable() && headBytes.length + body.length() <= INLINE) {
      upload.run(headBytes);
    } else {
      upload.thread = Thread.ofVirtual().start(() -> upload.run(headBytes));
    }
    return upload;
  }

  private static byte[] bytes(Head head, Body body, String authority) {
    var text = new StringBuilder(1024);
    text.append(head.method()).append(' ').append(head.target()).append(" HTTP/1.1\r\n");
    if (!head.fields().has("Host")) {
      text.append("Host: ").append(authority).append("\r\n");
    }
    for (Fields.Field field : head.fields()) {
      text.append(field.name()).append(": ").append(field.value()).append("\r\n");
    }
    boolean expectsBody =
        switch (head.method()) {
          case "POST", "PUT", "PATCH" -> true;
          default -> false;
        };
    if (body.length() > 0 || expectsBody) {
      text.append("Content-Length: ").append(body.length()).append("\r\n");
    }
    return text.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  private void run(byte[] head) {
    try {
      if (head.length + body.length() <= ONE_WRITE && body.repeatable()) {
        sendAtOnce(head);
      } else {
        sendInParts(head);
      }
      complete = true;
      whenSent.run();
    } catch (WriteFailed e) {
      // Whoever reads the answer finds out what became of the connection.
    } catch (IOException | RuntimeException e) {
      bodyFailure = e;
      connection.close();
    }
  }

  private void sendAtOnce(byte[] head) throws IOException {
    var all = ByteBuffer.allocate(head.length + (int) body.length()).put(head);
    body.writeTo(all::put);
    write(all.flip());
  }

  private void sendInParts(byte[] head) throws IOException {
    var first = new ByteBuffer[] {ByteBuffer.wrap(head)};
    body.writeTo(
        (bytes, offset, length) -> {
          var part = ByteBuffer.wrap(bytes, offset, length);
          if (first[0].hasRemaining()) {
            write(first[0], part);
          } else {
            write(part);
          }
        });
    if (first[0].hasRemaining()) {
      write(first[0]);
    }
  }

  private void write(ByteBuffer... buffers) throws WriteFailed {
    try {
      connection.transport().write(buffers);
    } catch (IOException e) {
      throw new WriteFailed(e);
    }
  }

  /// The connection, not the body, failed.
  private static final class WriteFailed extends IOException {
    WriteFailed(IOException cause) {
      super(cause);
    }
  }

  /// Whether all of it was written.
  boolean isComplete() {
    return complete;
  }

  /// What the body threw by itself.
  Optional<Throwable> bodyFailure() {
    return Optional.ofNullable(bodyFailure);
  }

  /// Waits for the thread that sends, after the connection was closed or the answer is whole. Its
  /// arrays may be used again only then. One that waits for its caller's next bytes isn't waited
  /// for longer than a moment: it owns its arrays.
  void join() {
    if (thread == null) {
      return;
    }
    boolean interrupted = false;
    while (true) {
      try {
        thread.join(body.repeatable() ? 0 : JOIN_MILLIS);
        break;
      } catch (InterruptedException e) {
        interrupted = true;
        connection.close();
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
