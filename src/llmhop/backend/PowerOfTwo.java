package llmhop.backend;

import java.util.List;

/// Two different backends by chance, each as likely as its weight says, and of them the less busy
/// one; the first where they are equal. Many routers that know nothing of each other so don't all
/// run to the same backend.
///
/// @param chance where luck comes from
record PowerOfTwo(Chance chance) implements Balancer {
  @Override
  public Backend choose(List<Backend> open, Clues clues, long now) {
    Backend one = draw(open, null, now);
    Backend other = draw(open, one, now);
    return LeastBusy.compare(other, one, now) < 0 ? other : one;
  }

  /// @param but one that is drawn already, or null
  private Backend draw(List<Backend> open, Backend but, long now) {
    long total = 0;
    for (Backend backend : open) {
      total += backend == but ? 0 : backend.share(now);
    }
    long drawn = chance.below(total);
    Backend last = null;
    for (Backend backend : open) {
      if (backend == but) continue;
      last = backend;
      drawn -= backend.share(now);
      if (drawn < 0) break;
    }
    return last;
  }
}
