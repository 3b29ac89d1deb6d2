package llmhop.observe;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import llmhop.config.LogFormat;

/// One line per request to a stream. Shared by all requests.
///
/// Requests never wait for it: outcomes go to a queue of [#QUEUE] that one thread writes from. When
/// whoever reads the stream stands still, further lines are dropped and counted, and the next line
/// that gets through is followed by one that says how many are missing.
public final class AccessLog implements Observer {
  /// Outcomes waiting to be written, at most: a second of a busy router, about 4 MB.
  public static final int QUEUE = 8192;

  private static final long CLOSE_MILLIS = 2_000;

  private final BlockingQueue<Outcome> queue = new ArrayBlockingQueue<>(QUEUE);
  private final AtomicLong dropped = new AtomicLong();
  private final LineFormat format;
  private final OutputStream out;
  private final Thread writer;
  private volatile boolean closing;

  private AccessLog(LineFormat format, OutputStream out) {
    this.format = format;
    this.out = out;
    this.writer = Thread.ofPlatform().daemon().name("access-log").start(this::write);
  }

  /// The observer for this format; [Observer#NONE] when it is off.
  public static Observer of(LogFormat format, OutputStream out) {
    return switch (format) {
      case OFF -> NONE;
      case TEXT -> new AccessLog(LineFormat.TEXT, out);
      case JSON -> new AccessLog(LineFormat.JSON, out);
    };
  }

  @Override
  public void record(Outcome outcome) {
    if (!queue.offer(outcome)) {
      dropped.incrementAndGet();
    }
  }

  /// Lines that had to be dropped and haven't been told of yet.
  long dropped() {
    return dropped.get();
  }

  private void write() {
    List<Outcome> batch = new ArrayList<>();
    while (!closing || !queue.isEmpty()) {
      try {
        batch.add(queue.take());
      } catch (InterruptedException e) {
        closing = true;
      }
      queue.drainTo(batch);
      writeAll(batch);
      batch.clear();
    }
  }

  private void writeAll(List<Outcome> batch) {
    var text = new StringBuilder();
    for (Outcome outcome : batch) {
      text.append(format.line(outcome)).append('\n');
    }
    long missing = dropped.getAndSet(0);
    if (missing > 0) {
      text.append(format.missing(missing)).append('\n');
    }
    try {
      out.write(text.toString().getBytes(StandardCharsets.UTF_8));
      out.flush();
    } catch (IOException e) {
      // Whoever read the log has gone. Requests matter more: they go on, unlogged.
      dropped.addAndGet(batch.size());
    }
  }

  /// Writes what is queued, waiting at most two seconds for it.
  @Override
  public void close() {
    closing = true;
    writer.interrupt();
    try {
      writer.join(CLOSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
