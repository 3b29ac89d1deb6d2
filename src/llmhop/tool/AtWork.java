package llmhop.tool;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/// Counts the requests that aren't over, also those in line, for the one thread that stops the
/// server. Shared by all exchanges.
final class AtWork {
  private final AtomicInteger count = new AtomicInteger();
  private volatile Optional<Thread> waiting = Optional.empty();

  void begin() {
    count.incrementAndGet();
  }

  void end() {
    if (count.decrementAndGet() == 0) {
      waiting.ifPresent(LockSupport::unpark);
    }
  }

  /// Waits until there is none, or until that time of [Time#nanos], or until it is interrupted.
  void awaitNone(Time time, long untilNanos) {
    // Seen by the end of whatever is counted below.
    waiting = Optional.of(Thread.currentThread());
    while (count.get() > 0
        && time.nanos() - untilNanos < 0
        && !Thread.currentThread().isInterrupted()) {
      time.park(untilNanos);
    }
  }
}
