package llmhop.tool;

import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import llmhop.kit.ManualClock;

/// Time for tests, of two kinds: it jumps over every wait, or it stands still until the test moves
/// it.
final class TestTime implements Time {
  private static final Instant BEGIN = Instant.parse("2031-02-03T04:05:06Z");

  private final ManualClock clock = new ManualClock();
  private final Set<Thread> parked = ConcurrentHashMap.newKeySet();
  private final boolean jumps;
  private final long beginNanos = clock.getAsLong();

  private TestTime(boolean jumps) {
    this.jumps = jumps;
  }

  /// Nobody ever waits for it.
  static TestTime jumping() {
    return new TestTime(true);
  }

  /// Only [#advance] moves it.
  static TestTime standing() {
    return new TestTime(false);
  }

  void advance(Duration by) {
    clock.advance(by);
    parked.forEach(LockSupport::unpark);
  }

  /// How many exchanges wait for it.
  int waiting() {
    return parked.size();
  }

  /// How much has passed since it was made.
  Duration passed() {
    return Duration.ofNanos(nanos() - beginNanos);
  }

  @Override
  public long nanos() {
    return clock.getAsLong();
  }

  @Override
  public Instant instant() {
    return BEGIN;
  }

  @Override
  public void park(long untilNanos) {
    if (jumps) {
      jump(untilNanos);
      return;
    }
    parked.add(Thread.currentThread());
    try {
      // Seen by advance() now; what it added before is seen here.
      if (nanos() - untilNanos < 0) {
        LockSupport.park(this);
      }
    } finally {
      parked.remove(Thread.currentThread());
    }
  }

  private synchronized void jump(long untilNanos) {
    long left = untilNanos - nanos();
    if (left > 0) {
      clock.advance(Duration.ofNanos(left));
    }
  }
}
