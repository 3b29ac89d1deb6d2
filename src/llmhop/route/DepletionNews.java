package llmhop.route;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import llmhop.http.wire.Depletion;

/// Tells operators what this process is out of, each depletion at most once a minute: hundreds of
/// requests meet it at the same time. Shared by all requests.
final class DepletionNews {
  private static final long AGAIN_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final LongSupplier nanos;
  private final Consumer<String> operators;
  // Guarded by this.
  private final Map<Depletion, Long> toldAt = new EnumMap<>(Depletion.class);

  /// @param nanos the clock, as of [System#nanoTime]
  /// @param operators gets whole lines
  DepletionNews(LongSupplier nanos, Consumer<String> operators) {
    this.nanos = nanos;
    this.operators = operators;
  }

  void tell(Depletion depletion) {
    synchronized (this) {
      long now = nanos.getAsLong();
      Long before = toldAt.get(depletion);
      if (before != null && now - before < AGAIN_NANOS) {
        return;
      }
      toldAt.put(depletion, now);
    }
    operators.accept(
        "llmhop: out of %s: requests get 503 overloaded, and no backend is blamed; %s"
            .formatted(depletion.word(), depletion.advice()));
  }
}
