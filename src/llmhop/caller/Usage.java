package llmhop.caller;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

/// What the callers with one token have used of its limits. Shared by all of them; knows no limits
/// itself, so that it outlives a change of them.
///
/// Requests per minute are a token bucket: it holds a minute's requests and is refilled evenly. The
/// requests that were used stay used when the rate changes, see [Bucket].
public final class Usage {
  private final LongSupplier nanos;
  private final AtomicReference<Bucket> bucket;
  private final AtomicInteger inHand = new AtomicInteger();

  /// Of a token that nobody has used yet.
  ///
  /// @param nanos the clock, as of [System#nanoTime]
  public Usage(LongSupplier nanos) {
    this.nanos = nanos;
    this.bucket = new AtomicReference<>(Bucket.full(1, nanos.getAsLong()));
  }

  /// Asks for one more request.
  ///
  /// @param rpm how many there may be in a minute; 0 for none
  public Quota spend(int rpm) {
    return rpm == 0 ? Quota.BLOCKED : ask(rpm, Bucket::spend);
  }

  /// Returns what [#spend] would return now, and spends nothing.
  ///
  /// @param rpm how many there may be in a minute; 0 for none
  public Quota foresee(int rpm) {
    return rpm == 0 ? Quota.BLOCKED : ask(rpm, Bucket::foresee);
  }

  private interface Question {
    /// @return null where the bucket is sealed
    Quota of(Bucket bucket, long now);
  }

  private Quota ask(int rpm, Question question) {
    while (true) {
      Bucket current = bucket.get();
      long now = nanos.getAsLong();
      if (current.rpm() != rpm) {
        changeRate(current, rpm, now);
        continue;
      }
      Quota quota = question.of(current, now);
      if (quota != null) {
        return quota;
      }
      // Sealed: another thread is just replacing the bucket.
      Thread.onSpinWait();
    }
  }

  private void changeRate(Bucket from, int rpm, long now) {
    Bucket next = from.seal(rpm, now);
    if (next == null) {
      Thread.onSpinWait();
    } else {
      bucket.set(next);
    }
  }

  /// Whether nothing is known of the token that a new usage would not know as well: the bucket is
  /// full and no request is in hand.
  boolean isFresh() {
    return inHand.get() == 0 && bucket.get().isFull(nanos.getAsLong());
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
