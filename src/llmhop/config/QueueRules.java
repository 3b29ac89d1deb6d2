package llmhop.config;

import java.time.Duration;

/// How requests wait for a place at a model.
///
/// @param max how many may wait at a time
/// @param longest how long each may, `wait` in the config
public record QueueRules(int max, Duration longest) {
  /// What holds where the config says nothing else: a hundred prompts are a minute's work for a
  /// busy GPU, and as long as most clients wait.
  public static final QueueRules DEFAULT = new QueueRules(100, Duration.ofSeconds(30));

  /// Each of those who wait holds a connection and its body: more is a mistake.
  public static final int MOST = 10_000;

  /// Refuses queues that nobody can stand in.
  public QueueRules {
    Checks.that(max >= 1 && max <= MOST, "a queue's max out of range");
    Checks.that(longest.isPositive(), "a queue's wait below 1");
  }
}
