package llmhop.backend;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import llmhop.config.FleetRules;
import llmhop.config.Model;

/// How backends are watched.
///
/// @param slowStart how long one that came back takes to its full share; zero for at once
/// @param longestCoolDownNanos how long one that failed is left alone at most
/// @param probed whether they are asked if they are well
/// @param nanos the clock, as of [System#nanoTime]
/// @param news is told of each change in one sentence, for operators: it may name addresses
/// @param changed runs when one may be chosen again
public record Watch(
    Duration slowStart,
    long longestCoolDownNanos,
    boolean probed,
    LongSupplier nanos,
    Consumer<String> news,
    Runnable changed) {
  /// While requests wait for a backend nobody is left alone longer than this.
  private static final long WAITED_FOR_NANOS = TimeUnit.SECONDS.toNanos(1);

  /// How those of a model are watched.
  static Watch of(Model model, Surroundings around, Runnable changed) {
    FleetRules rules = model.fleet();
    boolean waits = rules.waitForBackend().isPresent();
    boolean plain =
        model.endpoints().size() == 1
            && !model.endpoints().getFirst().discovered()
            && !waits
            && !rules.refuseWhenAllDown()
            && rules.health().isEmpty()
            && model.failover().fallback().isEmpty();
    return new Watch(
        rules.slowStart(),
        waits ? WAITED_FOR_NANOS : Health.LONGEST_NANOS,
        rules.health().isPresent(),
        around.nanos(),
        // Where one URL is all there is, each request is tried and tells by itself.
        plain ? _ -> {} : around.news(),
        changed);
  }
}
