package llmhop.config;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/// How much is asked of a model at a time, and what becomes of the rest.
///
/// @param maxConcurrent requests that it has in hand; empty for no limit
/// @param queue how more of them wait; empty: they are refused
/// @param heartbeat how long callers of streams hear nothing before their first byte; empty for as
///   long as it takes
public record ModelLimits(
    OptionalInt maxConcurrent, Optional<QueueRules> queue, Optional<Duration> heartbeat) {

  /// More often than that is noise.
  public static final Duration LEAST_HEARTBEAT = Duration.ofSeconds(1);

  /// What stands for a config that says nothing.
  public static final ModelLimits NONE =
      new ModelLimits(OptionalInt.empty(), Optional.empty(), Optional.empty());

  /// Refuses limits out of range.
  public ModelLimits {
    Checks.that(maxConcurrent.orElse(1) >= 1, "maxConcurrent below 1");
    Objects.requireNonNull(queue);
    Checks.that(
        heartbeat.orElse(LEAST_HEARTBEAT).compareTo(LEAST_HEARTBEAT) >= 0, "heartbeat below 1s");
  }
}
