package llmhop.http.upstream;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import llmhop.http.wire.Transport;

/// Closes a transport when a limit is over. Shared by the thread of the request and the timer's.
///
/// A timer that comes too early looks again, so that progress costs no more than a few writes to
/// memory. After [#stop] the transport is somebody else's and is never closed.
final class Watchdog {
  private final Transport transport;
  private final Timing timing;
  private long due = Long.MAX_VALUE;
  private volatile Timing.Limit limit = Timing.Limit.TOTAL;
  private boolean over;
  private boolean begun;
  private volatile boolean fired;
  private ScheduledFuture<?> timer;
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
      synchronized (dog) {
        dog.arm(Optional.empty(), Timing.Limit.TOTAL);
      }
    }
    return dog;
  }

  /// The whole request is sent: now the first byte is due.
  synchronized void sent() {
    if (!begun && !timing.isUnlimited()) {
      rearm(timing.firstByte(), Timing.Limit.FIRST_BYTE);
    }
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

  private synchronized void look() {
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
      synchronized (this) {
        begun = true;
        rearm(timing.idle(), Timing.Limit.IDLE);
      }
    }
  }

  /// Sets another limit; the timer is set anew only where it would look too late.
  private void rearm(Optional<Duration> next, Timing.Limit which) {
    ScheduledFuture<?> before = timer;
    arm(next, which);
    if (before != null && before.getDelay(TimeUnit.NANOSECONDS) > due - System.nanoTime()) {
      before.cancel(false);
      schedule();
    }
  }

  /// The exchange is over.
  synchronized void stop() {
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
