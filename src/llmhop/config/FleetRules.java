package llmhop.config;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/// How a model's backends share its requests, and how they are known to be well.
///
/// @param balance by which rule one is chosen
/// @param health how they are asked whether they are well; empty: only requests tell
/// @param load how they are asked how busy they are
/// @param slowStart how long one that came back takes to its full share; zero for at once
/// @param refuseWhenAllDown whether a request is refused when all are down, rather than tried
/// @param waitForBackend how long a request waits for one when all are down; empty for not at all
public record FleetRules(
    Balance balance,
    Optional<HealthCheck> health,
    Optional<LoadSource> load,
    Duration slowStart,
    boolean refuseWhenAllDown,
    Optional<Duration> waitForBackend) {

  /// What stands for a config that says nothing.
  public static final FleetRules DEFAULT =
      new FleetRules(
          Balance.DEFAULT,
          Optional.empty(),
          Optional.empty(),
          Duration.ZERO,
          false,
          Optional.empty());

  /// Refuses times that nothing can meet.
  public FleetRules {
    Objects.requireNonNull(balance);
    Objects.requireNonNull(health);
    Objects.requireNonNull(load);
    Checks.that(!slowStart.isNegative(), "slowStart below 0");
    Checks.that(waitForBackend.map(Duration::isPositive).orElse(true), "waitForBackend below 1");
  }
}
