package llmhop.route;

import java.util.Optional;
import java.util.Set;
import llmhop.backend.Backend;
import llmhop.backend.Fleet;
import llmhop.backend.Places;
import llmhop.config.Balance;
import llmhop.config.Endpoint;
import llmhop.config.Kind;
import llmhop.config.Model;
import llmhop.http.upstream.Timing;

/// A configured model, ready to be used: who answers for it and what is closed.
public final class Route {
  private final Model model;
  private final Fleet fleet;
  private final Places places;
  private final PathGate gate;
  private final Timing timing;
  private final boolean changesPaths;
  private final boolean holdsHead;
  private final boolean limitsBackends;

  /// A route to these backends.
  ///
  /// @param places how many requests they have in hand, over all configs that have the model
  public Route(Model model, Fleet fleet, Places places) {
    this.model = model;
    this.fleet = fleet;
    this.places = places;
    if (places.areLimited()) {
      fleet.onChange(places::look);
    }
    boolean changes = false;
    for (Endpoint endpoint : model.endpoints()) changes |= endpoint.changesPaths();
    this.changesPaths = changes;
    this.gate = new PathGate(model.paths(), model.endpoints());
    var limits = model.timeouts();
    this.timing = new Timing(limits.firstByte(), limits.idle(), limits.total(), limits.send());
    this.limitsBackends = model.limitsBackends();
    this.holdsHead = limits.firstByte().isPresent() || model.failover().isOn();
  }

  /// A name as a header can hold it: what isn't visible ASCII becomes `_`.
  public static String label(String name) {
    return name.replaceAll("[^!-~]", "_");
  }

  /// What the config says of it.
  public Model model() {
    return model;
  }

  /// The model's name in the config.
  public String name() {
    return model.name();
  }

  /// Who answers for it.
  public Fleet fleet() {
    return fleet;
  }

  /// How many requests it may have in hand.
  public Places places() {
    return places;
  }

  /// The time limits of its answers.
  Timing timing() {
    return timing;
  }

  /// Whether the head of an answer waits for the first byte of the body: a limit on that is worth a
  /// status, and so is another backend's answer.
  boolean holdsHead() {
    return holdsHead;
  }

  /// Whether its backends have limits of their own.
  boolean limitsBackends() {
    return limitsBackends;
  }

  /// Whether other models may answer in its place.
  boolean hasStandIns() {
    return !model.failover().fallback().isEmpty();
  }

  /// Whether a backend comes into question for what a caller asked for.
  boolean serves(Backend backend, String asked) {
    return !isAny() || backend.listed().containsKey(asked);
  }

  /// Whether this target must not be reached, as the caller writes it or as a backend would get it.
  boolean closes(String method, Target target) {
    return gate.closesOrLists(method, target.path(), target.routed().isPresent())
        || gate.closesQuery(target.query());
  }

  /// Whether the router itself answers this path of an engine's list, in the engine's place: unless
  /// the operator has opened or denied the engine's own.
  public boolean answersList(String method, String path) {
    return gate.lists(method, path) && !gate.isDenied(path);
  }

  /// Whether dot segments in a closed path could lead out of the path of the model's URL, where no
  /// `kind` says which paths there are.
  boolean couldBeLeftBy(Target target) {
    return changesPaths
        && model.paths().kind().isEmpty()
        && target.path().length() <= Readings.MAX_UNUSUAL_LENGTH
        && target.hasDotSegments();
  }

  /// Whether a WebSocket at this path can be told of no other model than this one.
  boolean keepsToItself(String path) {
    return path.equals("/v1/realtime")
        && model.paths().kind().filter(Kind::hasOneModel).isPresent();
  }

  /// Whether its backends choose a model by themselves for a body that names none.
  ///
  /// @param path as the caller writes it
  boolean choosesModel(String method, String path) {
    return method.equals("POST")
        && model.paths().kind().filter(kind -> EnginePaths.choosesModel(kind, path)).isPresent();
  }

  /// Whether its body may be passed on unread when the path names it: no name in it would have to
  /// be replaced, no backend is chosen by it, nobody else may have to get it, no heartbeat depends
  /// on it, and it needn't wait: that a caller hangs up isn't seen before its body.
  boolean passesBodiesOn() {
    return model.aliases().isEmpty()
        && model.rename().isEmpty()
        && !model.failover().isOn()
        && model.fleet().waitForBackend().isEmpty()
        && model.limits().queue().isEmpty()
        && model.limits().heartbeat().isEmpty()
        && wanted().isNothing();
  }

  /// What the choice of its backend goes by in a body.
  Affinity.Wanted wanted() {
    return switch (model.fleet().balance()) {
      case Balance.Prefix prefix -> new Affinity.Wanted(prefix.bytes(), Set.of());
      case Balance.Session session -> new Affinity.Wanted(0, session.members());
      case Balance.LeastBusy _, Balance.RoundRobin _, Balance.PowerOfTwo _ ->
          Affinity.Wanted.NOTHING;
    };
  }

  /// Whether it takes the names that its backends list.
  boolean isAny() {
    return model.name().equals(Model.ANY);
  }

  /// Whether names with its prefix are its, `openai/*`, or all that its backends list, `*`.
  boolean isPattern() {
    return isAny() || model.name().endsWith("/*");
  }

  /// The prefix of a pattern, with its slash; nothing for `*`.
  String prefix() {
    return model.name().substring(0, model.name().length() - 1);
  }

  /// Whether a name that no model has for itself is one of a pattern's.
  boolean takes(String name) {
    return name.length() > prefix().length()
        && name.startsWith(prefix())
        && (!isAny() || fleet.listed(name).isPresent());
  }

  /// What a caller asked for, and what this route calls it.
  ///
  /// @param route whose it is
  /// @param asked the name that the caller used
  /// @param sent the name that the backend knows
  public record Found(Route route, String asked, String sent) {
    /// The name that allow-lists are judged by: aliases count as their model, names under a pattern
    /// as themselves.
    public String judged() {
      return route.isPattern() ? asked : route.name();
    }

    /// Whether another name leads to the same model of the same backends.
    public boolean isSame(Found other) {
      return route == other.route && sent.equals(other.sent);
    }

    /// The name of the model that serves it, as a header can hold it.
    String label() {
      return Route.label(judged());
    }
  }

  /// How a name reaches this route.
  Found found(String asked) {
    if (model.adapters().contains(asked)) {
      return new Found(this, asked, asked);
    }
    Optional<String> rename = model.rename();
    if (isPattern()) {
      String bare = asked.substring(prefix().length());
      return new Found(this, asked, rename.map(to -> to.equals("*") ? bare : to).orElse(asked));
    }
    return new Found(this, asked, rename.orElse(name()));
  }
}
