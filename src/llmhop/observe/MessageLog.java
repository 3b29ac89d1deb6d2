package llmhop.observe;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// Messages for operators on their way to a stream, in order, written by a thread of their own.
/// Shared by all threads of the process.
///
/// A thread with a message never waits for the stream: a pipe that is not read, a terminal that is
/// stopped, or a disk that hangs holds up this log's thread and nothing else. Messages that do not
/// fit into the queue are dropped and counted, and so are those that the system refuses to write (a
/// full disk, a reader that is gone). How many are missing is told where they are missing, as soon
/// as the stream takes messages again.
///
/// ```
///   message --room--> queue --> stream
///      |                 +--error--> lost, told before the next message that is written
///      +--no room--> dropped, told before the next message that has room
/// ```
///
/// Until [#serving] a message waits for room for a moment: the list of what is wrong with a config
/// may be longer than the queue, and the process serves no requests yet.
public final class MessageLog implements AutoCloseable {
  /// Bytes that wait, at most: some hundred messages with a stack trace, which no heap feels.
  public static final int MAX_BYTES = 256 * 1024;

  /// Messages that wait, at most: each costs some bytes more than its text.
  public static final int MAX_MESSAGES = 2048;

  /// Bytes of a message, at most; what is longer is cut. The longest stack traces have about so
  /// many.
  public static final int MAX_MESSAGE_BYTES = 16 * 1024;

  /// A stream that takes no message for so long is taken for one that is not read.
  private static final long STALL_NANOS = TimeUnit.SECONDS.toNanos(2);

  /// How long a stop waits for the last messages at most, however slowly they go.
  private static final long MAX_FLUSH_NANOS = TimeUnit.SECONDS.toNanos(10);

  private record Message(byte[] text, long dropped) {}

  private final String name;
  private final LineOutput output;
  private final PrintStream stream = new MessageStream(this);
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition come = lock.newCondition();
  private final Condition gone = lock.newCondition();

  // All below is guarded by the lock.
  private final Queue<Message> queue = new ArrayDeque<>();
  private int bytes;
  private long dropped;
  private long lost;
  private long written;
  private boolean writing;
  private boolean patient = true;
  private boolean started;

  // Used by the writing thread.
  private long failed;

  /// @param name of the stream in what is told of it, such as `stderr`
  /// @param out where the messages go; a [java.io.FileOutputStream] tells errors best, and a
  ///   [PrintStream] tells none
  public MessageLog(String name, OutputStream out) {
    this.name = name;
    this.output = LineOutput.to(out);
  }

  /// Takes messages as lines of text: what is printed by one call is one message. Its `flush` waits
  /// for nothing.
  public PrintStream stream() {
    return stream;
  }

  /// From now on nothing waits for room.
  public void serving() {
    lock.lock();
    try {
      patient = false;
    } finally {
      lock.unlock();
    }
  }

  /// Messages that were dropped or could not be written since the start.
  public long lost() {
    lock.lock();
    try {
      return lost;
    } finally {
      lock.unlock();
    }
  }

  /// Takes a message, which ends with a line break and is not too long.
  void take(byte[] text) {
    lock.lock();
    try {
      if (!hasRoom(text)) {
        awaitRoom(text);
      }
      if (!hasRoom(text)) {
        dropped++;
        lost++;
        return;
      }
      queue.add(new Message(text, dropped));
      bytes += text.length;
      dropped = 0;
      start();
      come.signal();
    } finally {
      lock.unlock();
    }
  }

  private boolean hasRoom(byte[] text) {
    return queue.size() < MAX_MESSAGES && bytes + text.length <= MAX_BYTES;
  }

  /// Two seconds are not long for what comes before the start, and long for a request.
  private void awaitRoom(byte[] text) {
    long left = STALL_NANOS;
    while (patient && !hasRoom(text)) {
      long before = written;
      try {
        left = gone.awaitNanos(left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
      if (written != before) {
        left = STALL_NANOS;
      } else if (left <= 0) {
        patient = false;
      }
    }
  }

  /// Not before there is something to say: most of a process's streams are silent.
  private void start() {
    if (!started) {
      started = true;
      Thread.ofPlatform().daemon().name(name).start(this::run);
    }
  }

  private void run() {
    while (true) {
      Message next = next();
      boolean fine = false;
      try {
        fine = write(next);
      } catch (RuntimeException | Error e) {
        // No memory, say. The thread must not end for it.
        failed++;
      } finally {
        written(next, fine);
      }
    }
  }

  /// Waits for a message; one without text tells what was dropped behind the last one.
  private Message next() {
    lock.lock();
    try {
      while (queue.isEmpty() && dropped == 0) come.awaitUninterruptibly();
      writing = true;
      Message next = queue.poll();
      if (next != null) {
        return next;
      }
      var last = new Message(new byte[0], dropped);
      dropped = 0;
      return last;
    } finally {
      lock.unlock();
    }
  }

  private boolean write(Message next) {
    if (failed > 0) {
      if (!tell(failed + " messages could not be written: " + output.failure())) {
        failed++;
        return false;
      }
      failed = 0;
    }
    if (next.dropped > 0) {
      String what = next.dropped + " messages were dropped here: ";
      if (!tell(what + name + " was not read fast enough")) failed += next.dropped;
    }
    if (next.text.length == 0 || output.message(next.text)) {
      return true;
    }
    failed++;
    return false;
  }

  private boolean tell(String what) {
    return output.message(("llmhop: " + what + "\n").getBytes(StandardCharsets.UTF_8));
  }

  private void written(Message message, boolean fine) {
    lock.lock();
    try {
      writing = false;
      written++;
      bytes -= message.text.length;
      if (!fine) lost++;
      gone.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Waits until all messages are written, as long as the stream takes some: it returns two seconds
  /// after the last one was taken, and after ten seconds at the latest.
  public void flush() {
    long end = System.nanoTime() + MAX_FLUSH_NANOS;
    lock.lock();
    try {
      long left = STALL_NANOS;
      while (writing || !queue.isEmpty()) {
        long before = written;
        left = gone.awaitNanos(Math.min(left, end - System.nanoTime()));
        if (left <= 0) {
          return;
        }
        if (written != before) left = STALL_NANOS;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  /// Takes what has no line break yet for a message, and waits as [#flush] does.
  @Override
  public void close() {
    stream.flush();
    flush();
  }
}
