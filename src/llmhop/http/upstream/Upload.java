package llmhop.http.upstream;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import llmhop.http.upstream.UpstreamException.BodyFailed;

/// Sends one request over a connection.
///
/// A small body goes with its head in one write. A large one, or one that has yet to come, is sent
/// by a thread of its own, so that a backend that answers early, and doesn't read on, is heard.
final class Upload {
  /// Head and body that certainly fit into the buffers on the way, so that writing them can't wait
  /// for ever, in bytes.
  static final int INLINE = 64 * 1024;

  private static final int ONE_WRITE = 16 * 1024;
  private static final Duration LONGEST_JOIN = Duration.ofSeconds(2);

  /// Enough for a thread that has written everything to say so.
  private static final Duration LAST_WRITE = Duration.ofMillis(100);

  private final Call call;
  private final Connection connection;
  private final Body body;
  private final ByteBuffer head;
  private final long length;
  private long passed;
  private volatile boolean atLastWrite;
  private volatile boolean complete;
  private boolean writeFailed;
  private Thread thread;

  private Upload(Call call, Connection connection, Body body, ByteBuffer head) {
    this.call = call;
    this.connection = connection;
    this.body = body;
    this.length = body.length();
    this.head = head;
  }

  /// Sends, or begins to. Failures to write are no errors yet: an answer may be there already. A
  /// failure of the body ends the call.
  static Upload start(Call call, Connection connection, Head head, String authority) {
    Body body = call.request().body();
    ByteBuffer bytes = RequestHead.bytes(head, authority, body.length(), call.request().upgrade());
    var upload = new Upload(call, connection, body, bytes);
    if (body.repeatable() && bytes.remaining() + body.length() <= INLINE) {
      upload.run();
    } else {
      upload.thread = Thread.ofVirtual().name("upstream-upload").start(upload::run);
    }
    return upload;
  }

  private void run() {
    try {
      if (body.repeatable() && head.remaining() + length <= ONE_WRITE) {
        sendAtOnce();
      } else {
        sendInParts();
      }
      complete = !writeFailed;
    } catch (Throwable e) {
      if (!writeFailed) {
        call.end(new BodyFailed(e));
      }
    }
  }

  private void sendAtOnce() throws IOException {
    var all = ByteBuffer.allocate(head.remaining() + (int) length).put(head);
    body.writeTo(
        (bytes, offset, size) -> {
          count(size);
          all.put(bytes, offset, size);
        });
    checkWhole();
    write(all.flip());
  }

  private void sendInParts() throws IOException {
    waitForBody();
    body.writeTo(
        (bytes, offset, size) -> {
          count(size);
          var part = ByteBuffer.wrap(bytes, offset, size);
          if (head.hasRemaining()) {
            write(head, part);
          } else {
            write(part);
          }
        });
    checkWhole();
    if (head.hasRemaining()) {
      write(head);
    }
  }

  /// The backend takes what follows the announced length for another request.
  private void count(int size) {
    if (size > length - passed) {
      throw new IllegalStateException("the body is longer than it said");
    }
    passed += size;
    atLastWrite = passed == length;
  }

  private void checkWhole() {
    if (passed != length && !writeFailed) {
      throw new IllegalStateException("the body is shorter than it said");
    }
  }

  private void write(ByteBuffer... buffers) throws IOException {
    try {
      call.watchdog().sent();
      connection.transport().write(buffers);
      call.watchdog().sent();
      waitForBody();
    } catch (IOException e) {
      writeFailed = true;
      throw e;
    }
  }

  /// The next part may have to come first.
  private void waitForBody() {
    if (!body.repeatable() && passed < length) {
      call.watchdog().starved();
    }
  }

  /// Whether all of it was written. The backend may have read the last byte, and answered, before
  /// the thread that wrote it has come round to say so.
  boolean isComplete() {
    if (!complete && thread != null && atLastWrite) {
      try {
        thread.join(LAST_WRITE);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    return complete;
  }

  /// Waits for the thread that sends, after the connection was closed. Its arrays may be used again
  /// only then. One that waits for its caller's next bytes isn't waited for longer than a moment:
  /// it owns its arrays.
  void join() {
    boolean interrupted = false;
    while (thread != null) {
      try {
        if (body.repeatable()) {
          thread.join();
        } else {
          thread.join(LONGEST_JOIN);
        }
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
