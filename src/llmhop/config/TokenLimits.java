package llmhop.config;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/// How much the callers with one token may ask of a router.
///
/// @param rpm requests per minute; 0 for none at all, empty for no limit
/// @param maxConcurrent requests in hand at a time, queued ones too; empty for no limit
/// @param priority the class of its requests
/// @param maxPriority the highest class that a request may ask for with `X-Priority`; empty: the
///   field isn't looked at
public record TokenLimits(
    OptionalInt rpm, OptionalInt maxConcurrent, Priority priority, Optional<Priority> maxPriority) {

  /// What stands for a config that says nothing.
  public static final TokenLimits NONE =
      new TokenLimits(OptionalInt.empty(), OptionalInt.empty(), Priority.NORMAL, Optional.empty());

  /// The most requests per minute that can be told apart from no limit.
  public static final int MOST_RPM = 1_000_000;

  /// Refuses limits out of range.
  public TokenLimits {
    Checks.that(rpm.orElse(0) >= 0 && rpm.orElse(0) <= MOST_RPM, "rpm out of range");
    Checks.that(maxConcurrent.orElse(1) >= 1, "maxConcurrent below 1");
    Objects.requireNonNull(priority);
    Objects.requireNonNull(maxPriority);
  }
}
