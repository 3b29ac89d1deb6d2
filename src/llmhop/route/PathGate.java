package llmhop.route;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import llmhop.config.Endpoint;
import llmhop.config.Glob;
import llmhop.config.Kind;
import llmhop.config.PathRules;

/// Which paths callers reach at a model's backends.
///
/// Two kinds of rules, which err on opposite sides. What *is open alone* (the profile of a `kind`
/// and its `allowPaths`) is compared to the letter, with the path as the caller writes it, so that
/// only what all servers read alike gets through. What *closes* (`denyPaths`, administrative paths)
/// is compared in every reading that a server may have, and with the path as each backend would get
/// it, with and without what the model's URL puts before it; an administrative path that
/// `allowPaths` names is open in the same readings. Where a model's URL changes paths, the profile
/// needn't hold for the changed one: the URL is the operator's word, and nothing in a plain path
/// leads out of it.
///
/// The router's own prefixes, `/route` and `/llmhop`, are closed in what the caller writes, and no
/// key opens them: behind them a second router would choose a model that nothing has checked here.
/// A model's URL may hold them.
final class PathGate {
  /// Prefixes of this router's own paths.
  private static final Set<String> OWN = Set.of("/route", "/llmhop");

  /// The same where the body names the model of a request that does not read: the pages below
  /// `/llmhop` answer GET and HEAD, so a second router treats any other request for them as one for
  /// the model that its body names.
  private static final Set<String> OWN_ROUTES = Set.of("/route");

  private static final int MAX_OWN = "/llmhop".length();

  /// A path that `allowPaths` names, and what lies below it.
  private record Opened(Glob path, Glob below) {
    static Opened of(String written) {
      boolean ends = written.length() > 1 && written.endsWith("/");
      String path = ends ? written.substring(0, written.length() - 1) : written;
      return new Opened(new Glob(path), new Glob(path + "/*"));
    }

    boolean covers(CharSequence asked) {
      return path.matches(asked) || below.matches(asked);
    }
  }

  private final Profile profile;
  private final List<Opened> opened = new ArrayList<>();
  private final List<Opened> openedReadings = new ArrayList<>();
  private final List<Glob> denied = new ArrayList<>();
  private final List<Endpoint> changing = new ArrayList<>();
  private final Set<String> usual;
  private final boolean goesByEnds;

  /// The gate before these endpoints.
  PathGate(PathRules rules, List<Endpoint> endpoints) {
    this.profile = Profile.of(rules.kind());
    for (String path : rules.allow()) {
      opened.add(Opened.of(path));
      openedReadings.add(Opened.of(Readings.normal(path)));
    }
    for (String path : rules.deny()) denied.add(new Glob(Readings.normal(path)));
    for (Endpoint endpoint : endpoints) {
      if (endpoint.changesPaths()) changing.add(endpoint);
    }
    this.goesByEnds = rules.kind().orElse(Kind.KOBOLDCPP) == Kind.KOBOLDCPP;
    this.usual = openOf(profile.usual());
  }

  /// Returns the paths that the rest of the rules leaves open.
  private Set<String> openOf(Set<String> paths) {
    if (denied.isEmpty() && changing.isEmpty()) {
      return paths;
    }
    Set<String> open = new HashSet<>();
    for (String path : paths) {
      if (!judge("POST", path, true)) open.add(path);
    }
    return open;
  }

  /// Whether a request for this raw path must not reach a backend. Nearly all are known to be open
  /// from the start.
  ///
  /// @param routed whether the caller wrote it after `/route/{model}`
  boolean closes(String method, String path, boolean routed) {
    return !(method.equals("POST") && usual.contains(path)) && judge(method, path, routed);
  }

  /// Whether a request for this raw path must not reach a backend, or gets a list of the engine's
  /// that only `allowPaths` opens.
  ///
  /// @param routed whether the caller wrote it after `/route/{model}`
  boolean closesOrLists(String method, String path, boolean routed) {
    return !(method.equals("POST") && usual.contains(path))
        && (judge(method, path, routed) || lists(method, path));
  }

  /// Whether a server may take this raw path for an engine's list ([EngineLists]) that `allowPaths`
  /// does not open. What a model's URL puts before the path is the operator's word.
  boolean lists(String method, String path) {
    if (lists(method, path, 0)) {
      return true;
    }
    for (Endpoint endpoint : changing) {
      String sent = endpoint.path(path);
      if (lists(method, sent, endpoint.path().length()) || lists(method, rest(endpoint, sent), 0)) {
        return true;
      }
    }
    return false;
  }

  /// @param begin how much of the path the operator wrote, in characters
  private boolean lists(String method, String path, int begin) {
    return Readings.any(
        path,
        (place, ends) ->
            place.length() > begin && EngineLists.has(method, place) && !opensReading(place));
  }

  /// Whether `denyPaths` closes this raw path, in some reading.
  boolean isDenied(String path) {
    return !denied.isEmpty() && Readings.any(path, (place, ends) -> denies(place));
  }

  /// Whether a request for this raw path after `/route/{model}` must not reach a backend.
  boolean closes(String method, String path) {
    return closes(method, path, true);
  }

  /// Whether a query leads a backend to a closed path. KoboldCpp compares the end of the whole
  /// target.
  ///
  /// @param query the raw query with its `?`, or nothing
  boolean closesQuery(String query) {
    return goesByEnds && !query.isEmpty() && AdminPaths.closesQuery(query);
  }

  /// Judges a path by all rules.
  private boolean judge(String method, String path, boolean routed) {
    if (!profile.has(method, path) && !opens(path)) {
      return true;
    }
    Set<String> own = routed || Target.isRead(method) ? OWN : OWN_ROUTES;
    if (isClosed(method, path, own)) {
      return true;
    }
    for (Endpoint endpoint : changing) {
      String sent = endpoint.path(path);
      if (isClosed(method, sent, Set.of()) || isClosed(method, rest(endpoint, sent), own)) {
        return true;
      }
    }
    return false;
  }

  /// The caller's part of a path that a model's URL changes: a proxy before the backend may drop
  /// the URL's part. The slash that begins it stands once, so that it is a path and no host.
  private static String rest(Endpoint endpoint, String sent) {
    String rest = sent.substring(endpoint.path().length());
    int begin = 0;
    while (!endpoint.path().isEmpty() && rest.startsWith("//", begin)) {
      begin++;
    }
    return rest.isEmpty() ? "/" : rest.substring(begin);
  }

  /// @param own the prefixes of the router's own that are closed, too
  private boolean isClosed(String method, String path, Set<String> own) {
    return Readings.any(
        path,
        (place, ends) ->
            (place.length() <= MAX_OWN && own.contains(place.toString()))
                || denies(place)
                || (AdminPaths.closes(method, place, ends) && !opensReading(place)));
  }

  private boolean opensReading(CharSequence place) {
    for (Opened each : openedReadings) {
      if (each.covers(place)) {
        return true;
      }
    }
    return false;
  }

  private boolean opens(String path) {
    if (opened.isEmpty() || !Readings.isPlain(path)) {
      return false;
    }
    for (Opened each : opened) {
      if (each.covers(path)) {
        return true;
      }
    }
    return false;
  }

  private boolean denies(CharSequence place) {
    for (Glob each : denied) {
      if (each.matches(place)) {
        return true;
      }
    }
    return false;
  }
}
