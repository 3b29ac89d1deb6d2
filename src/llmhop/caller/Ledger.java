package llmhop.caller;

import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/// What each token has used, by the token's name, over all configs that have it.
public final class Ledger {
  private final LongSupplier nanos;
  private final Map<String, Usage> usages = new ConcurrentHashMap<>();

  /// An empty one.
  ///
  /// @param nanos the clock, as of [System#nanoTime]
  public Ledger(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /// What the token of this name has used.
  Usage of(String name) {
    return usages.computeIfAbsent(name, _ -> new Usage(nanos));
  }

  /// Forgets all tokens but these, and those that still have requests in hand.
  public void retain(Collection<String> names) {
    usages.entrySet().removeIf(e -> !names.contains(e.getKey()) && e.getValue().inHand() == 0);
  }

  /// Requests in hand of all tokens that have a limit.
  public int inHand() {
    int all = 0;
    for (Usage usage : usages.values()) all += usage.inHand();
    return all;
  }
}
