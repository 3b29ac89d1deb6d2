package llmhop.observe;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import llmhop.config.LogFormat;

/// One line per request to a stream. Shared by all requests.
///
/// Requests never wait for it: outcomes go to a queue of [#QUEUE] that one thread writes from. When
/// whoever reads the stream stands still, further lines are dropped and counted, and the next line
/// that gets through is followed by one that says how many are missing. Lines that the system
/// refuses to write, for a full disk say, are counted and told in the same way.
public final class AccessLog implements Observer {
  /// Outcomes waiting to be written, at most: a second of a busy router, about 4 MB.
  public static final int QUEUE = 8192;

  /// A stream that takes nothing for so long is taken for one that is not read.
  private static final long STALL_MILLIS = 2_000;

  /// How long a stop waits for the last lines at most, however slowly they go.
  private static final long MAX_CLOSE_MILLIS = 5_000;

  /// Wakes the writer at the end, and is not written: no request has an empty id. An interrupt
  /// would close the file under the writer's hands.
  private static final Outcome END = end();

  private final BlockingQueue<Outcome> queue = new ArrayBlockingQueue<>(QUEUE);
  private final AtomicLong dropped = new AtomicLong();
  private final AtomicLong lost = new AtomicLong();
  private final LineFormat format;
  private final LineOutput output;
  private final Thread writer;
  private boolean failing;
  private volatile long batches;
  private volatile boolean writing;
  private volatile boolean closing;

  private AccessLog(LineFormat format, OutputStream out) {
    this.format = format;
    this.output = LineOutput.to(out);
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

  private static Outcome end() {
    return new Outcome(
        Instant.EPOCH,
        "",
        "",
        "",
        "",
        Optional.empty(),
        Optional.empty(),
        0,
        0,
        0,
        0,
        0,
        OptionalLong.empty(),
        OptionalLong.empty(),
        0,
        EndedBy.ROUTER,
        Phase.RELAY,
        Optional.empty(),
        Optional.empty());
  }

  @Override
  public void record(Outcome outcome) {
    if (!queue.offer(outcome)) {
      dropped.incrementAndGet();
      lost.incrementAndGet();
    }
  }

  @Override
  public long lost() {
    return lost.get();
  }

  /// Lines that are missing and haven't been told of yet.
  long dropped() {
    return dropped.get();
  }

  private void write() {
    List<Outcome> batch = new ArrayList<>();
    while (!closing || !queue.isEmpty()) {
      try {
        batch.add(queue.take());
        queue.drainTo(batch);
        writeAll(batch);
      } catch (InterruptedException e) {
        closing = true;
      } catch (RuntimeException | Error e) {
        // No memory for so many lines, say. The thread must not end for it.
        miss(batch.size());
      } finally {
        batch.clear();
        writing = false;
        // Only this thread writes it.
        long next = batches + 1;
        batches = next;
      }
    }
  }

  private void writeAll(List<Outcome> batch) {
    var text = new StringBuilder();
    for (Outcome outcome : batch) {
      if (!outcome.requestId().isEmpty()) {
        text.append(format.line(outcome)).append('\n');
      }
    }
    long missing = dropped.getAndSet(0);
    if (missing > 0) {
      String why =
          failing ? "could not be written, " + output.failure() : "was not read fast enough";
      text.append(format.missing(missing, why)).append('\n');
    }
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    writing = true;
    int failed = output.lines(bytes);
    writing = false;
    failing = failed > 0;
    if (failing) {
      // The line that tells of those before is the last, so it is among them.
      int told = missing > 0 ? 1 : 0;
      dropped.addAndGet(missing);
      miss(failed - told);
    }
  }

  private void miss(int lines) {
    dropped.addAndGet(lines);
    lost.addAndGet(lines);
  }

  /// Writes what is queued, as long as the stream takes some of it: waits at most two seconds for a
  /// write, and five for all.
  @Override
  public void close() {
    closing = true;
    // In a full queue there is no need for it: the writer is awake.
    boolean _ = queue.offer(END);
    long end = System.nanoTime() + MAX_CLOSE_MILLIS * 1_000_000;
    try {
      boolean stuck = false;
      while (writer.isAlive() && !stuck && System.nanoTime() - end < 0) {
        long before = batches;
        boolean was = writing;
        writer.join(STALL_MILLIS);
        // A writer that makes text of many lines is slow on a busy machine, and isn't stuck.
        stuck = was && writing && batches == before;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
