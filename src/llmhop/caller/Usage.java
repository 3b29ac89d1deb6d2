package llmhop.caller;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/// What the callers with one token have used of its limits. Shared by all of them; knows no limits
/// itself, so that it outlives a change of them.
///
/// Requests per minute are a token bucket, kept as the one moment at which it will be full again (a
/// generic cell rate algorithm): it holds a minute's requests and is refilled evenly.
public final class Usage {
  private static final long MINUTE_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final LongSupplier nanos;
  private final AtomicLong fullAt;
  private final AtomicInteger inHand = new AtomicInteger();

  /// Of a token that nobody has used yet.
  ///
  /// @param nanos the clock, as of [System#nanoTime]
  public Usage(LongSupplier nanos) {
    this.nanos = nanos;
    this.fullAt = new AtomicLong(nanos.getAsLong());
  }

  /// Asks for one more request.
  ///
  /// @param rpm how many there may be in a minute; 0 for none
  public Quota spend(int rpm) {
    if (rpm == 0) {
      return Quota.BLOCKED;
    }
    while (true) {
      long now = nanos.getAsLong();
      long before = fullAt.get();
      Quota quota = quota(rpm, Math.max(before - now, 0));
      if (!quota.granted() || fullAt.compareAndSet(before, now + quota.fullNanos())) {
        return quota;
      }
    }
  }

  /// What [#spend] would say now; nothing is spent.
  ///
  /// @param rpm how many there may be in a minute; 0 for none
  public Quota foresee(int rpm) {
    return rpm == 0 ? Quota.BLOCKED : quota(rpm, Math.max(fullAt.get() - nanos.getAsLong(), 0));
  }

  /// @param spent the time that the bucket needs to be full again
  private static Quota quota(int rpm, long spent) {
    long each = MINUTE_NANOS / rpm;
    long whole = each * rpm;
    return spent + each > whole
        ? new Quota(false, rpm, 0, spent, spent + each - whole)
        : new Quota(true, rpm, (int) ((whole - spent - each) / each), spent + each, 0);
  }

  /// Takes one more request in hand, if that isn't one too many.
  ///
  /// @param most how many there may be at a time
  public boolean enter(int most) {
    // Never more than that, not even for a moment: somebody might be refused for it.
    int before = inHand.get();
    while (before < most && !inHand.compareAndSet(before, before + 1)) {
      before = inHand.get();
    }
    return before < most;
  }

  /// A request that had entered is over.
  public void leave() {
    inHand.decrementAndGet();
  }

  /// Requests that are in hand now.
  public int inHand() {
    return inHand.get();
  }
}
