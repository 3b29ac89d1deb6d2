package llmhop.caller;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/// A token bucket with one rate: holds a minute's requests and is refilled evenly. Shared by all
/// callers of a token; without locks.
///
/// The bucket is kept as the one moment at which it will be full again (a generic cell rate
/// algorithm). A change of the rate seals the bucket and goes on with another one, in which the
/// same requests are used: a higher rate has its additional room at once, a lower one is empty
/// where more was used than it allows. What does not fit into the lower one is remembered as
/// *excess*, which fades in the course of a minute. A rate that goes down and up again therefore
/// never gives more than the higher rate does by itself: the excess fades no faster than the higher
/// rate refills.
///
/// ```
///   open --seal--> sealed, the next one is open
/// ```
final class Bucket {
  private static final long MINUTE_NANOS = TimeUnit.MINUTES.toNanos(1);

  /// In the place of [#fullAt] once the bucket is not to be used any more. No clock shows it: it is
  /// 292 years from any moment that a process lives in.
  private final long sealed;

  private final int rpm;
  private final long eachNanos;
  private final long wholeNanos;
  private final AtomicLong fullAt;

  /// Requests that were used under a higher rate and that this bucket has no room for.
  private final double excess;

  /// The moment from which [#excess] fades.
  private final long since;

  private Bucket(int rpm, double used, long now) {
    this.rpm = rpm;
    this.eachNanos = MINUTE_NANOS / rpm;
    this.wholeNanos = eachNanos * rpm;
    this.sealed = now + Long.MIN_VALUE;
    this.since = now;
    double kept = Math.min(used, rpm);
    this.excess = used - kept;
    this.fullAt = new AtomicLong(now + Math.min((long) Math.ceil(kept * eachNanos), wholeNanos));
  }

  /// A bucket of which nothing is used.
  ///
  /// @param rpm requests per minute, at least 1
  static Bucket full(int rpm, long now) {
    return new Bucket(rpm, 0, now);
  }

  /// Requests per minute.
  int rpm() {
    return rpm;
  }

  /// Takes one request out, if there is one.
  ///
  /// @return what is left then; null where the bucket is sealed
  Quota spend(long now) {
    while (true) {
      long before = fullAt.get();
      if (before == sealed) {
        return null;
      }
      Quota quota = quota(before, now);
      if (!quota.granted() || fullAt.compareAndSet(before, now + quota.fullNanos())) {
        return quota;
      }
    }
  }

  /// Returns what [#spend] would return now, and spends nothing.
  ///
  /// @return null where the bucket is sealed
  Quota foresee(long now) {
    long until = fullAt.get();
    return until == sealed ? null : quota(until, now);
  }

  private Quota quota(long until, long now) {
    long spent = Math.max(until - now, 0);
    long spentNow = spent + eachNanos;
    return spentNow > wholeNanos
        ? new Quota(false, rpm, 0, spent, spentNow - wholeNanos)
        : new Quota(true, rpm, (int) ((wholeNanos - spentNow) / eachNanos), spentNow, 0);
  }

  /// Ends the use of this bucket, once.
  ///
  /// @return the bucket that takes its place, with another rate; null where it is sealed already
  Bucket seal(int otherRpm, long now) {
    long last = fullAt.getAndSet(sealed);
    return last == sealed ? null : new Bucket(otherRpm, used(last, now), now);
  }

  /// Whether nothing of a minute's requests is used.
  boolean isFull(long now) {
    long at = fullAt.get();
    return at != sealed && used(at, now) <= 0;
  }

  private double used(long until, long now) {
    double left = 1 - (double) (now - since) / MINUTE_NANOS;
    double faded = excess * Math.clamp(left, 0, 1);
    return Math.max(until - now, 0) / (double) eachNanos + faded;
  }
}
