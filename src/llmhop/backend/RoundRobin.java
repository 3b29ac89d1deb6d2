package llmhop.backend;

import java.util.List;

/// Smooth weighted round robin, nginx's: of weights 5, 1, 1 come a a b a c a a, never a run of
/// five. One that may not be chosen misses its turns and doesn't make up for them.
final class RoundRobin implements Balancer {
  @Override
  public Backend choose(List<Backend> open, Clues clues, long now) {
    Backend best = open.getFirst();
    long total = 0;
    for (Backend backend : open) {
      long share = backend.share(now);
      total += share;
      backend.credit(share);
      if (backend.credit() > best.credit()) {
        best = backend;
      }
    }
    best.credit(-total);
    return best;
  }
}
