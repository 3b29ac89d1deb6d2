package llmhop.route;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import llmhop.caller.Caller;
import llmhop.caller.Gate;
import llmhop.config.Failover;
import llmhop.json.Json;
import llmhop.route.Route.Found;

/// Everything that the config says of callers and models, at one moment. Immutable, but for how
/// many have it; each request reads it once and keeps it to its end.
public final class Routes {
  private final Gate gate;
  private final Browsers browsers;
  private final List<Route> routes;
  private final Map<String, Found> names = new HashMap<>();
  private final List<Route> patterns;
  private final Optional<String> defaultModel;
  private final RequestRules rules;
  private final Affinity.Wanted wanted;
  private final AtomicInteger requests = new AtomicInteger();
  private final NameHints hints = new NameHints(this);

  /// A snapshot. The names of the routes must differ (the config's reader sees to it).
  public Routes(
      Gate gate,
      Browsers browsers,
      List<Route> routes,
      Optional<String> defaultModel,
      RequestRules rules) {
    this.gate = gate;
    this.browsers = browsers;
    this.routes = List.copyOf(routes);
    this.defaultModel = defaultModel;
    this.rules = rules;
    Affinity.Wanted all = Affinity.Wanted.NOTHING;
    for (Route route : routes) {
      all = all.union(route.wanted());
      if (!route.isPattern()) {
        names.put(route.name(), route.found(route.name()));
      }
      route.model().aliases().forEach(alias -> names.put(alias, route.found(alias)));
      route.model().adapters().forEach(adapter -> names.put(adapter, route.found(adapter)));
    }
    this.wanted = all;
    List<Route> longestFirst = new ArrayList<>(routes);
    longestFirst.removeIf(route -> !route.isPattern());
    longestFirst.sort((one, other) -> other.prefix().length() - one.prefix().length());
    this.patterns = List.copyOf(longestFirst);
  }

  /// A request goes by it from now on.
  void began() {
    requests.incrementAndGet();
  }

  /// A request that went by it is over.
  void ended() {
    requests.decrementAndGet();
  }

  /// Requests that go by it.
  public int requests() {
    return requests.get();
  }

  /// Who may come in.
  public Gate gate() {
    return gate;
  }

  /// Which pages may come in.
  Browsers browsers() {
    return browsers;
  }

  /// All routes, in the order of the file.
  public List<Route> all() {
    return routes;
  }

  /// What holds for all requests.
  RequestRules rules() {
    return rules;
  }

  Optional<String> defaultModel() {
    return defaultModel;
  }

  /// What the choice of a backend needs to know of bodies, for all models together.
  Affinity.Wanted wanted() {
    return wanted;
  }

  /// The model of this name: exact names and aliases first, then the longest prefix. A name in a
  /// path may be longer than any in a body, and is none: patterns would be compared with it for
  /// milliseconds.
  public Optional<Found> find(String name) {
    if (name.length() > Look.LONGEST_NAME) {
      return Optional.empty();
    }
    Found exact = names.get(name);
    if (exact != null) {
      return Optional.of(exact);
    }
    for (Route route : patterns) {
      if (route.takes(name)) {
        return Optional.of(route.found(name));
      }
    }
    return Optional.empty();
  }

  /// The models that stand in for one, best first, each once: those that its config names, each
  /// followed by its own.
  List<Found> standIns(Found asked) {
    List<Found> all = new ArrayList<>();
    addStandIns(asked.route(), 1, asked.route(), all);
    return all;
  }

  private void addStandIns(Route of, int depth, Route asked, List<Found> all) {
    if (depth > Failover.DEEPEST) {
      return;
    }
    for (String name : of.model().failover().fallback()) {
      Optional<Found> found = find(name);
      if (found.isPresent() && found.get().route() != asked && !isIn(all, found.get())) {
        all.add(found.get());
        addStandIns(found.get().route(), depth + 1, asked, all);
      }
    }
  }

  /// Under whatever name: its backends get the request once.
  private static boolean isIn(List<Found> all, Found found) {
    for (Found each : all) {
      if (each.route() == found.route() && each.sent().equals(found.sent())) return true;
    }
    return false;
  }

  /// The names that a list of models shows this caller: models and their adapters, what backends of
  /// `*` list, not aliases, not patterns, nothing unlisted, nothing that the caller may not use.
  public List<String> listed(Caller caller) {
    List<String> listed = new ArrayList<>();
    for (Route route : routes) {
      if (route.isAny() && !route.model().unlisted()) {
        for (String name : route.fleet().listed()) {
          Optional<Found> found = find(name);
          if (found.isPresent() && found.get().route() == route && caller.mayUse(name)) {
            listed.add(name);
          }
        }
      }
      if (!route.model().unlisted() && !route.isPattern() && caller.mayUse(route.name())) {
        listed.add(route.name());
        listed.addAll(route.model().adapters());
      }
    }
    return listed;
  }

  /// The model of this name, as a page shows it: what this caller may not use or see isn't there.
  ///
  /// @throws Refusal when it isn't
  public Found visible(String name, Caller caller) {
    return find(name)
        .filter(found -> !found.route().model().unlisted() && allows(caller, found))
        .orElseThrow(() -> Refusal.modelNotFound(name, nearest(name, caller)));
  }

  /// The model of this name, which the caller may use, listed or not.
  ///
  /// @throws Refusal when there is none, or the caller may not use it
  public Found usable(String name, Caller caller) {
    Found found = find(name).orElseThrow(() -> Refusal.modelNotFound(name, nearest(name, caller)));
    if (!allows(caller, found)) {
      throw Forbidden.model(name);
    }
    return found;
  }

  /// The name that this one may have meant, of those that this caller may use and see.
  Optional<String> nearest(String name, Caller caller) {
    return hints.nearest(name, caller);
  }

  /// Whether a list of models shows this name to this caller.
  boolean isListed(String name, Caller caller) {
    Optional<Found> found = find(name);
    if (found.isEmpty() || found.get().route().model().unlisted()) {
      return false;
    }
    Route route = found.get().route();
    return caller.mayUse(route.isAny() ? name : route.name());
  }

  /// The lists of models of the backends of `*`, as they were sent last.
  List<Map<String, Json.Obj>> catalogs() {
    List<Map<String, Json.Obj>> catalogs = new ArrayList<>();
    for (Route route : patterns) {
      if (route.isAny()) {
        catalogs.addAll(route.fleet().catalogs());
      }
    }
    return catalogs;
  }

  /// How many models a list of all of them shows, about.
  public int breadth() {
    int breadth = names.size();
    for (Map<String, Json.Obj> catalog : catalogs()) {
      breadth += catalog.size();
    }
    return breadth;
  }

  /// Whether this caller may use what it asked for.
  boolean allows(Caller caller, Found found) {
    return caller.mayUse(found.judged());
  }
}
