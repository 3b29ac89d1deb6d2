package llmhop.caller;

import java.util.Collection;
import java.util.Map;
import java.util.Set;
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

  /// Forgets all tokens but these, those that still have requests in hand, and those that have used
  /// some of their requests per minute: a token that is taken away and given back has no more than
  /// before. Such a token is forgotten at the first call a minute later.
  public void retain(Collection<String> names) {
    Set<String> known = Set.copyOf(names);
    usages.entrySet().removeIf(e -> !known.contains(e.getKey()) && e.getValue().isFresh());
  }

  /// Requests in hand of all tokens that have a limit.
  public int inHand() {
    int all = 0;
    for (Usage usage : usages.values()) all += usage.inHand();
    return all;
  }
}
