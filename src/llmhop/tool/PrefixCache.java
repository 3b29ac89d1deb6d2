package llmhop.tool;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/// The blocks of the prompts that were prefilled, as vLLM's automatic prefix caching keeps them:
/// for each model as many as there is room for. Those whose last use is longest ago go first, of
/// one prompt the last ones. Shared by all exchanges.
///
/// ```
///   (a request's turn) look --> prefill of the rest --> keep
/// ```
final class PrefixCache {
  /// What was looked for since the start, in tokens, and how much of it was there.
  record Use(long queriedTokens, long hitTokens) {}

  private final boolean on;
  private final int mostBlocks;
  private final Map<String, Shelf> shelves = new HashMap<>();

  /// @param tokens how many it holds for each model, in full blocks; 0 for no cache
  PrefixCache(int tokens, List<String> models) {
    this.on = tokens > 0;
    this.mostBlocks = tokens / Blocks.TOKENS;
    models.forEach(model -> shelves.put(model, new Shelf(mostBlocks)));
  }

  /// How many blocks of a prompt can be in it.
  int mostBlocks() {
    return mostBlocks;
  }

  /// How many tokens of a prompt's beginning are there, and needn't be prefilled.
  ///
  /// @param model one of those it was made for
  /// @return empty when there is no cache
  OptionalLong look(String model, Prompt prompt) {
    return on ? OptionalLong.of(shelves.get(model).look(prompt)) : OptionalLong.empty();
  }

  /// Keeps a prompt whose prefill is done.
  void keep(String model, Prompt prompt) {
    if (on) {
      shelves.get(model).keep(prompt.blocks());
    }
  }

  Use use(String model) {
    return shelves.get(model).use();
  }

  /// One model's blocks. The first of the set is the next to go.
  private static final class Shelf {
    private final int most;
    private final LinkedHashSet<Long> blocks = new LinkedHashSet<>();
    private long queriedTokens;
    private long hitTokens;

    Shelf(int most) {
      this.most = most;
    }

    synchronized long look(Prompt prompt) {
      int found = 0;
      while (found < prompt.blocks().count() && blocks.contains(prompt.blocks().hash(found))) {
        found++;
      }
      use(prompt.blocks(), found);
      long tokens = (long) found * Blocks.TOKENS;
      queriedTokens += prompt.tokens();
      hitTokens += tokens;
      return tokens;
    }

    synchronized void keep(Blocks all) {
      use(all, all.count());
    }

    synchronized Use use() {
      return new Use(queriedTokens, hitTokens);
    }

    /// From the last one to the first: without the first the others are worth nothing.
    private void use(Blocks used, int count) {
      for (int i = count - 1; i >= 0; i--) {
        blocks.addLast(used.hash(i));
        if (blocks.size() > most) {
          blocks.removeFirst();
        }
      }
    }
  }
}
