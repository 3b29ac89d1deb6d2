package llmhop.route;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import llmhop.config.Endpoint;
import llmhop.config.Glob;
import llmhop.config.PathRules;

/// Which paths callers reach at a model's backends.
///
/// Two kinds of rules, which err on opposite sides. What *is open alone* (the profile of a `kind`
/// and its `allowPaths`) is compared to the letter, with the path as the caller writes it, so that
/// only what all servers read alike gets through. What *closes* (`denyPaths`, administrative paths)
/// is compared in every reading that a server may have, and with the path as each backend would get
/// it, too; an administrative path that `allowPaths` names is open in the same readings. Where a
/// model's URL changes paths, the profile needn't hold for the changed one: the URL is the
/// operator's word, and nothing in a plain path leads out of it.
final class PathGate {
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
    this.usual = openOf(profile.usual());
  }

  /// Those that the rest of the rules leaves open.
  private Set<String> openOf(Set<String> paths) {
    if (denied.isEmpty() && changing.isEmpty()) {
      return paths;
    }
    Set<String> open = new HashSet<>();
    for (String path : paths) {
      if (!judge("POST", path)) open.add(path);
    }
    return open;
  }

  /// Whether a request for this raw path must not reach a backend. Nearly all are known to be open
  /// from the start.
  boolean closes(String method, String path) {
    return !(method.equals("POST") && usual.contains(path)) && judge(method, path);
  }

  /// The same the long way.
  private boolean judge(String method, String path) {
    if (!profile.has(method, path) && !opens(path)) {
      return true;
    }
    if (isClosed(method, path)) {
      return true;
    }
    for (Endpoint endpoint : changing) {
      if (isClosed(method, endpoint.path(path))) {
        return true;
      }
    }
    return false;
  }

  private boolean isClosed(String method, String path) {
    return Readings.any(
        path,
        (place, ends) ->
            denies(place) || (AdminPaths.closes(method, place, ends) && !opensReading(place)));
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
