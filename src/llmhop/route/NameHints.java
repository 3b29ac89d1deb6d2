package llmhop.route;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import llmhop.caller.Caller;
import llmhop.config.NameIndex;
import llmhop.json.Json;
import llmhop.schedule.FairWorkers;

/// Finds the model that a caller probably meant by a name that no model has. Its index is made when
/// a caller first needs it, and again when a backend of `*` has another list of models. Safe for
/// concurrent use.
final class NameHints {
  /// Names up to which the search is not worth a worker: some microseconds.
  private static final int FEW = 100;

  private final Routes routes;
  private volatile Optional<Index> index = Optional.empty();

  /// @param catalogs the lists of backends that it was made of
  private record Index(List<Map<String, Json.Obj>> catalogs, NameIndex names) {}

  NameHints(Routes routes) {
    this.routes = routes;
  }

  /// Returns the name that this one may have meant, of those that the caller may use and see. Where
  /// there are many, a worker looks for it, one name at a time for each token; when too much waits
  /// for workers, nothing is found.
  Optional<String> nearest(String name, Caller caller) {
    if (routes.breadth() <= FEW) {
      return search(name, caller);
    }
    Optional<Optional<String>> known = index.flatMap(made -> made.names.known(name, caller.name()));
    if (known.isPresent()) {
      return known.get();
    }
    var found = new AtomicReference<Optional<String>>(Optional.empty());
    try {
      FairWorkers.SHARED.run(caller.name(), () -> found.set(search(name, caller)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return found.get();
  }

  private Optional<String> search(String name, Caller caller) {
    return index().names.nearest(name, caller.name(), known -> routes.isListed(known, caller));
  }

  private Index index() {
    Optional<Index> known = index;
    List<Map<String, Json.Obj>> catalogs = routes.catalogs();
    if (known.isPresent() && areSame(known.get().catalogs, catalogs)) {
      return known.get();
    }
    var made = new Index(catalogs, new NameIndex(routes.listed(Caller.ANYONE), System::nanoTime));
    index = Optional.of(made);
    return made;
  }

  /// The same objects: a list that a backend sends again is made anew.
  @SuppressWarnings("ReferenceEquality")
  private static boolean areSame(
      List<Map<String, Json.Obj>> some, List<Map<String, Json.Obj>> others) {
    boolean same = some.size() == others.size();
    for (int i = 0; same && i < some.size(); i++) {
      same = some.get(i) == others.get(i);
    }
    return same;
  }
}
