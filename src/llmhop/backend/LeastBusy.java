package llmhop.backend;

import java.util.ArrayList;
import java.util.List;

/// Fewest requests over weight; where several are equal, smooth turns among them.
///
/// How busy one is, is what this router has in flight there, and where the engine tells its own
/// load, that.
final class LeastBusy implements Balancer {
  private final RoundRobin turns = new RoundRobin();

  @Override
  public Backend choose(List<Backend> open, Clues clues, long now) {
    Backend least = open.getFirst();
    List<Backend> ties = new ArrayList<>(open.size());
    ties.add(least);
    for (int i = 1; i < open.size(); i++) {
      Backend other = open.get(i);
      int order = compare(other, least, now);
      if (order < 0) {
        least = other;
        ties.clear();
      }
      if (order <= 0) {
        ties.add(other);
      }
    }
    return ties.size() == 1 ? least : turns.choose(ties, clues, now);
  }

  /// Less than zero when the first is less busy for its weight.
  static int compare(Backend one, Backend other, long now) {
    return Long.compare(one.busy(now) * other.share(now), other.busy(now) * one.share(now));
  }
}
