package chaos;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/// Which revisions of a config may have been in use when. Used by many threads.
final class Revisions {

  private final List<Use> uses = new ArrayList<>();

  private static final class Use {
    final Revision revision;
    final long from = System.nanoTime();
    long until = Long.MAX_VALUE;

    Use(Revision revision) {
      this.revision = revision;
    }
  }

  /// From now on this one may be in use, as well as the one before.
  synchronized void written(Revision revision) {
    uses.add(new Use(revision));
  }

  /// From now on only the last one is in use.
  synchronized void isInUse() {
    for (Use use : uses.subList(0, uses.size() - 1)) use.until = Math.min(use.until, now());
  }

  private static long now() {
    return System.nanoTime();
  }

  /// Whether it was right to answer a request, or not to.
  ///
  /// @param sent when the request was sent; its answer has just come to its end
  /// @param allows whether a revision lets it through
  synchronized boolean isRight(long sent, boolean answered, Predicate<Revision> allows) {
    return uses.stream()
        .filter(use -> use.until >= sent)
        .anyMatch(use -> allows.test(use.revision) == answered);
  }
}
