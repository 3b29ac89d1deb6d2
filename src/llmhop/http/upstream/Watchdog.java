package llmhop.http.upstream;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import llmhop.http.upstream.Timing.Limit;

/// Tells when a limit of a call is over. Shared by the threads of the call and the timer's.
///
/// The timer is set once and looks again when it came too early, so that progress costs a write to
/// memory. Without limits there is no timer and nothing is done.
///
/// The limits on the first byte and on idling count only while somebody waits for the backend: a
/// caller that takes its time with what came is not the backend's fault.
final class Watchdog {
  private static final long NEVER = Long.MAX_VALUE;

  /// What came while nobody waited may lie there unread: so much time is left to look for it.
  private static final long GRACE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final boolean off;
  private final long start;
  private final long total;
  private final long firstByte;
  private final long idle;
  private final Consumer<Limit> over;
  private volatile long waitingSince = NEVER;
  private volatile long lastSent;
  private volatile boolean starved;
  private volatile boolean begun;
  private volatile boolean stopped;
  // Guarded by this.
  private Optional<ScheduledFuture<?>> timer = Optional.empty();
  private volatile long timerDue = NEVER;

  /// All times are kept as nanoseconds since the start, so that they compare as they are.
  Watchdog(Timing timing, Consumer<Limit> over) {
    this.off = timing.isUnlimited();
    this.start = off ? 0 : System.nanoTime();
    this.total = nanos(timing.total());
    this.firstByte = nanos(timing.firstByte());
    this.idle = nanos(timing.idle());
    this.over = over;
    if (total != NEVER) {
      lookAt(total);
    }
  }

  private static long nanos(Optional<Duration> limit) {
    return limit.map(Watchdog::nanos).orElse(NEVER);
  }

  private static long nanos(Duration limit) {
    return limit.compareTo(Duration.ofDays(10_000)) > 0 ? NEVER : limit.toNanos();
  }

  private long now() {
    return System.nanoTime() - start;
  }

  /// Part of the request goes out now, or just went: the backend has it only from here on.
  void sent() {
    if (!off) {
      lastSent = now();
      if (starved) {
        starved = false;
        lookAt(due());
      }
    }
  }

  /// The request waits for more of its own body, for which the backend can't be blamed.
  void starved() {
    if (!off) {
      starved = true;
    }
  }

  /// Somebody waits for the backend from now on.
  void waiting() {
    if (!off) {
      waitingSince = now();
      lookAt(due());
    }
  }

  /// Nobody waits any more.
  void resting() {
    if (!off) {
      waitingSince = NEVER;
    }
  }

  /// The body has begun.
  void begun() {
    begun = true;
  }

  /// The call is over.
  void stop() {
    if (!off) {
      stopped = true;
      synchronized (this) {
        timer.ifPresent(last -> last.cancel(false));
      }
    }
  }

  private long due() {
    long since = waitingSince;
    if (since == NEVER) {
      return total;
    }
    if (starved && !begun) {
      return total;
    }
    long next = begun ? after(since, idle) : after(lastSent, firstByte);
    return Math.min(total, Math.max(next, since + GRACE_NANOS));
  }

  private static long after(long since, long limit) {
    return limit == NEVER ? NEVER : since + limit;
  }

  private void lookAt(long due) {
    if (due >= timerDue) {
      return;
    }
    synchronized (this) {
      // Whoever was faster may have set an earlier one.
      if (due < timerDue) {
        timer.ifPresent(later -> later.cancel(false));
        timerDue = due;
        timer = Optional.of(Timer.SHARED.schedule(this::look, due - now(), TimeUnit.NANOSECONDS));
      }
    }
  }

  private void look() {
    timerDue = NEVER;
    if (stopped) {
      return;
    }
    long due = due();
    if (due > now()) {
      lookAt(due);
      return;
    }
    over.accept(due == total ? Limit.TOTAL : begun ? Limit.IDLE : Limit.FIRST_BYTE);
  }
}
