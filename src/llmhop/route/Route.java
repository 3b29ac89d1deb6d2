package llmhop.route;

import java.util.List;
import java.util.Optional;
import llmhop.backend.Backend;
import llmhop.backend.Balancer;
import llmhop.config.Model;
import llmhop.http.upstream.Timing;

/// A configured model, ready to be used: who answers for it and what is closed.
public final class Route {
  private final Model model;
  private final List<Backend> backends;
  private final Balancer balancer;
  private final ClosedPaths closedPaths;
  private final Timing timing;
  private final boolean changesPaths;

  /// A route to these backends.
  public Route(Model model, List<Backend> backends) {
    this.model = model;
    this.backends = List.copyOf(backends);
    boolean changes = false;
    for (Backend backend : backends) changes |= backend.changesPaths();
    this.changesPaths = changes;
    this.balancer = Balancer.of(backends);
    this.closedPaths = new ClosedPaths(model.allowPaths());
    var limits = model.timeouts();
    this.timing = new Timing(limits.firstByte(), limits.idle(), limits.total());
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
  public List<Backend> backends() {
    return backends;
  }

  Balancer balancer() {
    return balancer;
  }

  /// The time limits of its answers.
  Timing timing() {
    return timing;
  }

  /// Whether this path manages a backend and must not be reached, as the caller writes it or as a
  /// backend would get it.
  boolean closes(String method, String path) {
    if (closedPaths.closes(method, path)) {
      return true;
    }
    if (!changesPaths) {
      return false;
    }
    for (Backend backend : backends) {
      if (backend.changesPaths() && closedPaths.closes(method, backend.path(path))) {
        return true;
      }
    }
    return false;
  }

  /// Whether a backend gets another path than the caller asked for.
  boolean changesPaths() {
    return changesPaths;
  }

  /// Whether its body may be passed on unread when the path names it: no name in it would have to
  /// be replaced.
  boolean takesNamesAsTheyAre() {
    return model.aliases().isEmpty() && model.rename().isEmpty();
  }

  /// Whether names with its prefix are its, `openai/*`.
  boolean isPattern() {
    return model.name().endsWith("/*");
  }

  /// The prefix of a pattern, with its slash.
  String prefix() {
    return model.name().substring(0, model.name().length() - 1);
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
