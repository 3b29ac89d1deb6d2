package llmhop.config;

import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/// Who else is tried when a backend can't answer.
///
/// @param retries how many further backends of the model; empty for the default: one, and only
///   where no connection could be made
/// @param fallback the names of the models that stand in for it, best first
public record Failover(OptionalInt retries, List<String> fallback) {
  /// What stands for a config that says nothing.
  public static final Failover DEFAULT = new Failover(OptionalInt.empty(), List.of());

  /// The most further backends: a fleet that fails so often isn't helped by more load.
  public static final int MOST_RETRIES = 10;

  /// The most models that stand in for one.
  public static final int MOST_FALLBACKS = 8;

  /// The longest chain of models, each standing in for the one before.
  public static final int DEEPEST = 3;

  /// Copies the list.
  public Failover {
    Objects.requireNonNull(retries);
    Checks.that(
        retries.orElse(0) >= 0 && retries.orElse(0) <= MOST_RETRIES, "retries out of range");
    fallback = List.copyOf(fallback);
    Checks.that(fallback.size() <= MOST_FALLBACKS, "too many fallbacks");
  }

  /// How many further backends may be tried.
  public int most() {
    return retries.orElse(1);
  }

  /// Whether a backend that says 429 or 503 is answered for by another one, which the config must
  /// ask for.
  public boolean whenBusy() {
    return retries.orElse(0) > 0;
  }

  /// Whether anything was asked for.
  public boolean isOn() {
    return whenBusy() || !fallback.isEmpty();
  }
}
