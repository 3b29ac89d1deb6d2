package llmhop.backend;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/// Does something again and again, on a thread of its own, until it is closed: at once, and then
/// each time as long after the last as it was told, give or take a tenth, so that many routers
/// don't all ask at the same moment. What came to nothing is done again soon.
final class Patrol implements AutoCloseable {
  private static final long TENTH = 10;
  private static final long SOON_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final long everyNanos;
  private final Chance chance;
  private final BooleanSupplier round;
  private final Thread thread;
  private volatile boolean closed;

  /// @param name of its thread
  /// @param round what is done; false when it came to nothing
  /// @param blocks whether a round may hold on to its thread in the system, as look-ups do
  Patrol(String name, boolean blocks, Duration every, Chance chance, BooleanSupplier round) {
    this.everyNanos = every.toNanos();
    this.chance = chance;
    this.round = round;
    this.thread =
        blocks
            ? Thread.ofPlatform().daemon().name(name).unstarted(this::walk)
            : Thread.ofVirtual().name(name).unstarted(this::walk);
  }

  void start() {
    thread.start();
  }

  private void walk() {
    while (!closed) {
      boolean fine = walkOnce();
      long due = System.nanoTime() + pause(fine ? everyNanos : Math.min(everyNanos, SOON_NANOS));
      for (long left = due - System.nanoTime();
          left > 0 && !closed;
          left = due - System.nanoTime()) {
        LockSupport.parkNanos(this, left);
      }
    }
  }

  /// Whatever goes wrong in a round must not be the last: a backend might stay down for ever.
  private boolean walkOnce() {
    try {
      return round.getAsBoolean();
    } catch (RuntimeException | Error e) {
      return false;
    }
  }

  private long pause(long nanos) {
    long tenth = Math.max(nanos / TENTH, 1);
    return nanos - tenth + chance.below(2 * tenth);
  }

  /// It ends after the round that it is in.
  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
  }
}
