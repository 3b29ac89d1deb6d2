package llmhop.tool;

import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;

/// Decides which requests go wrong on purpose. Shared by all exchanges; with the same seed the n-th
/// request always has the same fate.
final class Chance {
  /// Requests of that share are answered with that status.
  record Fail(int status, double probability) {}

  /// What is to happen to one request.
  ///
  /// @param fail the status of its error, if it is to fail
  /// @param hang whether it never gets an answer
  /// @param drop whether its stream is cut off
  /// @param dropPoint where in the stream, as a fraction of its tokens
  record Fate(OptionalInt fail, boolean hang, boolean drop, double dropPoint) {
    /// How many of `count` tokens are sent before the cut: at least one.
    int dropAfter(int count) {
      return 1 + (int) (dropPoint * Math.max(0, count - 1));
    }
  }

  private final SplittableRandom random;
  private final List<Fail> fails;
  private final double drop;
  private final double hang;

  Chance(long seed, List<Fail> fails, double drop, double hang) {
    this.random = new SplittableRandom(seed);
    this.fails = List.copyOf(fails);
    this.drop = drop;
    this.hang = hang;
  }

  /// Always draws equally often, so that one rule doesn't shift the luck of the others.
  synchronized Fate draw() {
    OptionalInt status = OptionalInt.empty();
    for (Fail fail : fails) {
      if (random.nextDouble() < fail.probability() && status.isEmpty()) {
        status = OptionalInt.of(fail.status());
      }
    }
    boolean hangs = random.nextDouble() < hang;
    boolean drops = random.nextDouble() < drop;
    return new Fate(status, hangs, drops, random.nextDouble());
  }
}
