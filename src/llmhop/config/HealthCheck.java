package llmhop.config;

import java.time.Duration;

/// How backends are asked whether they are well.
///
/// @param path what is asked for, raw; any 2xx is well
/// @param every from one question to the next
/// @param timeout how long an answer may take, connecting too
/// @param down so many failures in a row mark it down
/// @param up so many good answers in a row mark it up again
public record HealthCheck(String path, Duration every, Duration timeout, int down, int up) {
  /// The shortest time between two questions.
  public static final Duration LEAST_EVERY = Duration.ofMillis(100);

  /// What stands where a key is left out: a dead server is seen in a quarter of a minute, one
  /// answer lost on the way marks nobody down, and nobody is asked more often than a load balancer
  /// would.
  public static final HealthCheck DEFAULT =
      new HealthCheck("/health", Duration.ofSeconds(5), Duration.ofSeconds(2), 3, 2);

  /// Refuses what can't be meant.
  public HealthCheck {
    Checks.that(path.startsWith("/"), "a path without a slash");
    Checks.that(every.compareTo(LEAST_EVERY) >= 0, "every below its least");
    Checks.that(timeout.isPositive(), "timeout below 1");
    Checks.that(down >= 1 && up >= 1, "a count below 1");
  }
}
