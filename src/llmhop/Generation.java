package llmhop;

import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llmhop.backend.Fleet;
import llmhop.backend.Places;
import llmhop.backend.Surroundings;
import llmhop.caller.Gate;
import llmhop.caller.Ledger;
import llmhop.config.Config;
import llmhop.config.EnvironmentProxy;
import llmhop.config.Model;
import llmhop.config.Token;
import llmhop.route.Browsers;
import llmhop.route.RequestRules;
import llmhop.route.Route;
import llmhop.route.Routes;

/// What one config has become: its models with their backends. A model that is the same in the next
/// config goes on as it is; one that has changed hands on what is known of its backends.
///
/// ```
///   first, next --> start --> in use --retire--> used by requests that began with it
/// ```
final class Generation {
  /// How long a start waits for names and lists that first requests need.
  private static final long FIRST_LOOK_NANOS = 2_000_000_000L;

  private final Config config;
  private final Routes routes;
  private final Upstreams upstreams;
  private final Surroundings around;
  private final Ledger ledger;
  private final InstantSource clock;
  private final List<Fleet> made;

  private Generation(
      Config config,
      Upstreams upstreams,
      Surroundings around,
      Ledger ledger,
      InstantSource clock,
      Map<String, Route> before)
      throws IOException {
    prepare(config, upstreams);
    this.config = config;
    this.upstreams = upstreams;
    this.around = around;
    this.ledger = ledger;
    this.clock = clock;
    this.made = new ArrayList<>();
    // Nothing fails from here on.
    List<Route> all = new ArrayList<>();
    for (Model model : config.models()) {
      all.add(route(model, Optional.ofNullable(before.get(model.name()))));
    }
    Gate gate = Gate.of(config.authTokens(), clock, ledger);
    var browsers = new Browsers(config.corsOrigins(), !config.authTokens().isEmpty());
    var rules = new RequestRules(config.maxBodyBytes(), config.trustedProxies());
    this.routes = new Routes(gate, browsers, all, config.defaultModel(), rules);
  }

  /// That of the config that a router starts with.
  ///
  /// @param clock the time of day, by which tokens expire
  /// @throws IOException when a certificate can't be used
  static Generation first(
      Config config, EnvironmentProxy environment, Surroundings around, InstantSource clock)
      throws IOException {
    var ledger = new Ledger(around.nanos());
    return new Generation(config, Upstreams.first(environment), around, ledger, clock, Map.of());
  }

  /// That of the config after this one's; until it is in use this one serves as before.
  ///
  /// @throws IOException when a certificate can't be used; each further one is suppressed in it
  Generation next(Config following) throws IOException {
    Map<String, Route> before = new HashMap<>();
    for (Route route : routes.all()) before.put(route.name(), route);
    return new Generation(following, upstreams.next(), around, ledger, clock, before);
  }

  private static void prepare(Config config, Upstreams upstreams) throws IOException {
    Optional<IOException> first = Optional.empty();
    for (Model model : config.models()) {
      try {
        upstreams.prepare(model);
      } catch (IOException e) {
        first.ifPresent(other -> other.addSuppressed(e));
        first = first.or(() -> Optional.of(e));
      }
    }
    if (first.isPresent()) {
      throw first.get();
    }
  }

  private Route route(Model model, Optional<Route> before) {
    if (before.isPresent() && before.get().model().equals(model) && upstreams.areAsBefore(model)) {
      return before.get();
    }
    Optional<Fleet> fleetBefore = before.map(Route::fleet);
    Fleet fleet = upstreams.fleet(model, around, fleetBefore);
    made.add(fleet);
    Places placesBefore = before.map(Route::places).orElse(Places.OPEN);
    return new Route(model, fleet, Places.of(model, placesBefore, around.nanos()));
  }

  /// Begins to look after the backends that are new, and waits for what first requests need.
  void start() {
    for (Fleet fleet : made) fleet.start();
    long due = System.nanoTime() + FIRST_LOOK_NANOS;
    for (Fleet fleet : made) fleet.awaitFirst(due);
  }

  /// The config.
  Config config() {
    return config;
  }

  /// What requests go by.
  Routes routes() {
    return routes;
  }

  /// What its tokens have used.
  Ledger ledger() {
    return ledger;
  }

  /// It is in use from now on: its limits hold, also for those who wait already.
  ///
  /// @param before the one that was in use
  void limit(Generation before) {
    Map<String, Places> limited = new HashMap<>();
    for (Route route : routes.all()) {
      limited.put(route.name(), route.places());
      route.places().limit(route.model());
    }
    for (Route route : before.routes.all()) {
      // Where a model is gone nobody has said that its backends can take all who wait at once.
      Optional<Places> now = Optional.ofNullable(limited.get(route.name()));
      if (now.isPresent() && !now.get().equals(route.places())) route.places().lift();
    }
    List<String> names = new ArrayList<>();
    for (Token token : config.authTokens()) names.add(token.name());
    ledger.retain(names);
  }

  /// Whether this config would make the same: not even a certificate is another.
  ///
  /// @throws IOException when a certificate can't be used
  boolean isOf(Config other) throws IOException {
    if (!config.equals(other)) {
      return false;
    }
    Upstreams others = upstreams.next();
    prepare(other, others);
    for (Model model : other.models()) {
      if (!others.areAsBefore(model)) return false;
    }
    return true;
  }

  /// Another one is in use: nobody looks after backends any more that aren't that one's, too.
  void retire(Generation successor) {
    Map<String, Fleet> successors = new HashMap<>();
    for (Route route : successor.routes.all()) successors.put(route.name(), route.fleet());
    for (Route route : routes.all()) {
      Optional<Fleet> next = Optional.ofNullable(successors.get(route.name()));
      if (next.isEmpty() || next.get() != route.fleet()) {
        route.fleet().retire(next);
      }
    }
  }
}
