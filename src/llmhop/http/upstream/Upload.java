package llmhop.http.upstream;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLException;
import llmhop.http.upstream.UpstreamException.BodyFailed;
import llmhop.http.upstream.UpstreamException.TimedOut;

/// Sends one request over a connection.
///
/// A small body goes with its head in one write. A large one, or one that has yet to come, is sent
/// by a thread of its own, so that a backend that answers early, and doesn't read on, is heard.
final class Upload {
  /// Head and body that certainly fit into the buffers on the way, so that writing them can't wait
  /// for ever, in bytes.
  static final int INLINE = 64 * 1024;

  /// A kept connection that ends within this time after the request's last byte was written was
  /// about to be closed by an idle timeout (RFC 9112 section 9.3.1). A server that ends it later
  /// has had the request.
  static final long CLOSE_RACE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /// The part of a request that a backend's kernel may hold while its program has read nothing, in
  /// bytes: Linux gives a new socket 128 KiB and grows that only while the program reads.
  private static final int RECEIVE_BUFFER = 256 * 1024;

  private static final int ONE_WRITE = 16 * 1024;
  private static final Duration LONGEST_JOIN = Duration.ofSeconds(2);

  /// Enough for a thread that has written everything to say so.
  private static final Duration LAST_WRITE = Duration.ofMillis(100);

  private final Call call;
  private final Connection connection;
  private final Body body;
  private final ByteBuffer head;
  private final int headLength;
  private final long length;
  private final LongSupplier nanos;

  private long passed;
  private long written;
  private long lastWrite;
  private volatile boolean headWritten;
  private boolean answeredEarly;
  private volatile boolean atLastWrite;
  private volatile boolean complete;
  private volatile IOException writeFailure;

  // Thread and latch are there only where a thread of its own sends. The latch opens when the head
  // is written,
  // or can't be written any more.
  private Thread thread;
  private CountDownLatch headOver;

  // The state of the write that goes on, as of the last look at it.
  private volatile ByteBuffer[] writing;
  private ByteBuffer[] seen;
  private long seenPosition;
  private long seenAt;
  private boolean told;

  private Upload(Call call, Connection connection, ByteBuffer head, LongSupplier nanos) {
    this.call = call;
    this.connection = connection;
    this.body = call.request().body();
    this.length = body.length();
    this.head = head;
    this.headLength = head.remaining();
    this.nanos = nanos;
  }

  /// Sends, or begins to. Failures to write are no errors yet: an answer may be there already. A
  /// failure of the body ends the call.
  ///
  /// @param nanos the clock, as of [System#nanoTime]
  static Upload start(
      Call call, Connection connection, Head head, String authority, LongSupplier nanos) {
    Body body = call.request().body();
    ByteBuffer bytes = RequestHead.bytes(head, authority, body.length(), call.request().upgrade());
    var upload = new Upload(call, connection, bytes, nanos);
    if (body.repeatable() && bytes.remaining() + body.length() <= INLINE) {
      upload.run();
    } else {
      upload.headOver = new CountDownLatch(1);
      connection.onClosed(upload.headOver::countDown);
      upload.thread = Thread.ofVirtual().name("upstream-upload").start(upload::run);
    }
    return upload;
  }

  private void run() {
    try {
      if (headOver != null) {
        UploadSweep.add(this);
      }
      if (body.repeatable() && head.remaining() + length <= ONE_WRITE) {
        sendAtOnce();
      } else {
        sendInParts();
      }
      complete = writeFailure == null;
    } catch (Throwable e) {
      if (writeFailure == null) {
        call.end(new BodyFailed(e));
      }
    } finally {
      if (headOver != null) {
        UploadSweep.remove(this);
        headOver.countDown();
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
    if (passed != length && writeFailure == null) {
      throw new IllegalStateException("the body is shorter than it said");
    }
  }

  private void write(ByteBuffer... buffers) throws IOException {
    long before = remaining(buffers);
    try {
      checkUnanswered();
      call.watchdog().sent();
      writing = buffers;
      connection.transport().write(buffers);
      call.watchdog().sent();
      waitForBody();
    } catch (IOException e) {
      writeFailure = e;
      throw e;
    } finally {
      writing = null;
      written += before - remaining(buffers);
      if (!connection.isFresh() && passed == length) {
        lastWrite = nanos.getAsLong();
      }
      if (!headWritten && written >= headLength) {
        headWritten = true;
        if (headOver != null) {
          headOver.countDown();
        }
      }
    }
  }

  private static long remaining(ByteBuffer... buffers) {
    long remaining = 0;
    for (ByteBuffer buffer : buffers) {
      remaining += buffer.remaining();
    }
    return remaining;
  }

  /// Looks whether the backend takes bytes; on the sweep's thread. The buffers' positions are read
  /// while the write moves them: a look that comes too early for a move sees it the next time.
  @SuppressWarnings("ReferenceEquality") // another write, be it of equal buffers
  void look() {
    ByteBuffer[] now = writing;
    long position = 0;
    for (int i = 0; now != null && i < now.length; i++) {
      position += now[i].position();
    }
    if (now == null || now != seen || position != seenPosition) {
      seen = now;
      seenPosition = position;
      seenAt = nanos.getAsLong();
      told = false;
      return;
    }
    long stuck = nanos.getAsLong() - seenAt;
    if (!told) {
      told = true;
      stalled();
    }
    if (stuck >= call.sendLimitNanos()) {
      call.end(new TimedOut(Timing.Limit.SEND));
    }
  }

  private void stalled() {
    try {
      body.stalled(failure -> call.end(new BodyFailed(failure)));
    } catch (RuntimeException | Error e) {
      // No thread to be had; the limit on sending holds all the same.
      told = false;
    }
  }

  /// A caller that sends its body slowly may keep the head waiting for long. What the backend says
  /// meanwhile answers no request (RFC 9112 section 9.2).
  private void checkUnanswered() throws IOException {
    if (written > 0 || body.repeatable()) {
      return;
    }
    int read = connection.transport().readNow(ByteBuffer.allocate(1));
    if (read != 0) {
      answeredEarly = read > 0;
      throw new IOException("the backend answered or left before the request was sent");
    }
  }

  /// The next part may have to come first.
  private void waitForBody() {
    if (!body.repeatable() && passed < length) {
      call.watchdog().starved();
    }
  }

  /// Waits until the head of the request is written. Nothing that the backend sends before that is
  /// an answer (RFC 9112 section 9.2).
  ///
  /// @throws IOException when the head can't be written, or the connection was closed
  void awaitHead() throws IOException {
    if (headOver != null) {
      try {
        headOver.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new ClosedByInterruptException();
      }
    }
    if (!headWritten) {
      IOException failure = writeFailure;
      throw failure == null ? new IOException("the connection was closed") : failure;
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

  /// Whether a connection that ended without an answer ended so early, and after so little of the
  /// request, that its backend can't have begun to work. Asked after [#join].
  ///
  /// A large body counts as read in two cases. More of it was written than the two kernels hold for
  /// a program that reads nothing. Or all of it was written and the connection ended in order: a
  /// kernel resets a connection whose program leaves bytes unread (RFC 1122 section 4.2.2.13).
  ///
  /// @param end how the connection ended
  /// @param endedAt when, as of the clock
  /// @param sendBuffer the bytes that this machine's kernel held for the connection at most
  boolean endedBeforeWork(IOException end, long endedAt, int sendBuffer) {
    if (complete && endedAt - lastWrite > CLOSE_RACE_NANOS) {
      return false;
    }
    boolean inOrder = end instanceof EOFException || end instanceof SSLException;
    return written <= INLINE
        || (written <= (long) sendBuffer + RECEIVE_BUFFER && !(complete && inOrder));
  }

  /// Whether no byte of the request was written, and the body can still be sent. A new connection
  /// on which the backend speaks first is no such case: the backend is broken. Asked after [#join].
  boolean isUntouched() {
    return thread != null
        && !thread.isAlive()
        && written == 0
        && !(answeredEarly && connection.isFresh())
        && body.resumable();
  }

  /// Whether so much was written that [#endedBeforeWork] goes by the size of the send buffer.
  boolean isLarge() {
    return headLength + length > INLINE;
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
