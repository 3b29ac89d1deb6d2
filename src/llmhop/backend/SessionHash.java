package llmhop.backend;

import java.util.List;
import java.util.OptionalLong;
import llmhop.config.Balance;

/// The same session to the same backend, by [Rendezvous] hashing; requests without one go where
/// least is done.
///
/// @param keys where a session's name stands, the first that is there counts
/// @param otherwise for requests that carry none
record SessionHash(List<Balance.Key> keys, Balancer otherwise) implements Balancer {
  @Override
  public Backend choose(List<Backend> open, Clues clues, long now) {
    for (Balance.Key key : keys) {
      OptionalLong found = key.header() ? clues.header(key.name()) : clues.member(key.name());
      if (found.isPresent()) {
        return highest(open, found.getAsLong());
      }
    }
    return otherwise.choose(open, clues, now);
  }

  private static Backend highest(List<Backend> open, long key) {
    Backend best = open.getFirst();
    double highest = Rendezvous.score(key, best);
    for (int i = 1; i < open.size(); i++) {
      double score = Rendezvous.score(key, open.get(i));
      if (score > highest) {
        highest = score;
        best = open.get(i);
      }
    }
    return best;
  }
}
