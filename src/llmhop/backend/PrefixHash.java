package llmhop.backend;

import java.util.List;
import java.util.OptionalLong;

/// The same beginning of a prompt to the same backend, where its KV cache holds it: consistent
/// hashing with bounded loads. Backends are gone through in the order of their [Rendezvous] scores,
/// each once, and the first that is below its bound is it: 1.25 times its share, by weight, of all
/// that is in flight with this request. So one hot prefix spreads over as many as it needs.
///
/// @param bytes how much of the prompt counts
/// @param otherwise for requests without a prompt
/// @see <a href="https://arxiv.org/abs/1608.01350">Consistent Hashing with Bounded Loads</a>
record PrefixHash(int bytes, Balancer otherwise) implements Balancer {
  /// The load factor, as a fraction: 5/4.
  private static final long FACTOR = 5;

  private static final long OVER = 4;

  @Override
  public Backend choose(List<Backend> open, Clues clues, long now) {
    OptionalLong key = clues.prefix(bytes);
    if (key.isEmpty()) {
      return otherwise.choose(open, clues, now);
    }
    // Each is read once: they move while this looks at them.
    long[] share = new long[open.size()];
    int[] busy = new int[open.size()];
    long inFlight = 1;
    long shares = 0;
    for (int i = 0; i < share.length; i++) {
      inFlight += busy[i] = open.get(i).inFlight();
      shares += share[i] = open.get(i).share(now);
    }
    Backend best = null;
    double highest = 0;
    for (int i = 0; i < share.length; i++) {
      if (busy[i] < bound(inFlight, share[i], shares)) {
        double score = Rendezvous.score(key.getAsLong(), open.get(i));
        if (best == null || score > highest) {
          best = open.get(i);
          highest = score;
        }
      }
    }
    // There is always one: bounds add up to more than all that is in flight.
    return best;
  }

  /// How many requests a backend may have in flight, rounded up.
  private static long bound(long inFlight, long share, long shares) {
    return Math.ceilDiv(FACTOR * inFlight * share, OVER * shares);
  }
}
