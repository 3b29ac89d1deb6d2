package llmhop.tool;

import java.time.Duration;

/// When each token of an answer is ready, counted from the moment when the request began to run.
///
/// @param firstToken how long the prefill takes
/// @param tokensPerSecond how fast the tokens after the first come; more than 0
record Pace(Duration firstToken, double tokensPerSecond) {
  private static final double NANOS_PER_SECOND = 1e9;

  /// The same with a prefill of only so many of a prompt's tokens.
  Pace prefilling(long tokens, long ofTokens) {
    double share = (double) tokens / ofTokens;
    return new Pace(Duration.ofNanos((long) (firstToken.toNanos() * share)), tokensPerSecond);
  }

  /// In nanoseconds; the first token has index 0.
  long nanosOf(int index) {
    return firstToken.toNanos() + (long) (index * (NANOS_PER_SECOND / tokensPerSecond));
  }

  /// How many of `count` tokens are ready by then.
  int tokensAt(long nanos, int count) {
    if (count == 0 || nanos < firstToken.toNanos()) {
      return 0;
    }
    double later = (nanos - firstToken.toNanos()) * (tokensPerSecond / NANOS_PER_SECOND);
    return (int) Math.min(count, 1 + (long) later);
  }
}
