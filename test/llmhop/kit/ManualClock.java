package llmhop.kit;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/// A clock in nanoseconds that moves only when the test says so.
///
/// It begins one second before the largest long, as `System.nanoTime()` may: code that compares
/// times instead of their differences fails here, in the first second, and not after 292 years.
/// Shared by threads.
public final class ManualClock implements LongSupplier {
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1_000_000_000L);

  /// A clock that stands still.
  public ManualClock() {}

  /// The time now, in nanoseconds since nothing in particular.
  ///
  /// @return the same number until [#advance] is called
  @Override
  public long getAsLong() {
    return nanos.get();
  }

  /// Moves the time forward.
  ///
  /// @param by how far; never negative, since time isn't
  public void advance(Duration by) {
    if (by.isNegative()) {
      throw new IllegalArgumentException("time does not go back: " + by);
    }
    nanos.addAndGet(by.toNanos());
  }
}
