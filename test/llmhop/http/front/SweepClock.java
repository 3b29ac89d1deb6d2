package llmhop.http.front;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import llmhop.kit.ManualClock;

/// A clock that stands still until the test moves it, and counts how often the server has looked at
/// it. The sweep looks once in each round. Shared by threads.
final class SweepClock implements LongSupplier {
  private final ManualClock clock = new ManualClock();
  private final AtomicInteger looks = new AtomicInteger();

  @Override
  public long getAsLong() {
    long now = clock.getAsLong();
    looks.incrementAndGet();
    return now;
  }

  /// How often the server has looked at the clock.
  int looks() {
    return looks.get();
  }

  /// Moves the time forward.
  ///
  /// @return how often the server had looked at the clock when the new time was there
  int advance(Duration time) {
    clock.advance(time);
    return looks.get();
  }
}
