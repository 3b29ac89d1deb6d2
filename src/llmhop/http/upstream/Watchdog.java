package llmhop.http.upstream;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import llmhop.http.wire.Transport;

/// Closes a transport when a limit is over. Shared by the thread of the request and the timer's.
///
/// The timer is set once for each limit and looks again when it came too early, so that progress
/// costs one write to memory.
final class Watchdog {
  private final Transport transport;
  private final Timing timing;
  private volatile long due = Long.MAX_VALUE;
  private volatile Timing.Limit limit = Timing.Limit.TOTAL;
  private volatile boolean over;
  private volatile boolean fired;
  private volatile ScheduledFuture<?> timer;
  private final long totalDue;

  private Watchdog(Transport transport, Timing timing) {
    this.transport = transport;
    this.timing = timing;
    this.totalDue = timing.total().map(Watchdog::in).orElse(Long.MAX_VALUE);
  }

  /// A watchdog for one exchange; without limits it has no timer.
  static Watchdog start(Transport transport, Timing timing) {
    var dog = new Watchdog(transport, timing);
    if (!timing.isUnlimited()) {
      dog.arm(timing.firstByte(), Timing.Limit.FIRST_BYTE);
    }
    return dog;
  }

  private static long in(Duration duration) {
    return System.nanoTime() + duration.toNanos();
  }

  private void arm(Optional<Duration> next, Timing.Limit which) {
    long nextDue = next.map(Watchdog::in).orElse(Long.MAX_VALUE);
    boolean totalFirst = nextDue == Long.MAX_VALUE || totalDue - nextDue < 0;
    limit = totalFirst ? Timing.Limit.TOTAL : which;
    due = totalFirst ? totalDue : nextDue;
    if (due != Long.MAX_VALUE && timer == null) {
      schedule();
    }
  }

  private void schedule() {
    timer = Timer.SHARED.schedule(this::look, due - System.nanoTime(), TimeUnit.NANOSECONDS);
  }

  private void look() {
    if (over) {
      return;
    }
    if (due == Long.MAX_VALUE) {
      timer = null;
    } else if (due - System.nanoTime() > 0) {
      schedule();
    } else {
      fired = true;
      transport.close();
    }
  }

  /// A byte of the body came.
  void progress() {
    if (!timing.isUnlimited()) {
      ScheduledFuture<?> before = timer;
      arm(timing.idle(), Timing.Limit.IDLE);
      if (before != null && before.getDelay(TimeUnit.NANOSECONDS) > due - System.nanoTime()) {
        before.cancel(false);
        schedule();
      }
    }
  }

  /// The exchange is over.
  void stop() {
    over = true;
    ScheduledFuture<?> last = timer;
    if (last != null) {
      last.cancel(false);
    }
  }

  /// The limit that ended the exchange.
  Optional<Timing.Limit> fired() {
    return fired ? Optional.of(limit) : Optional.empty();
  }
}
