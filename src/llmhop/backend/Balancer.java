package llmhop.backend;

import java.util.List;

/// Yields a model's backends in order of preference, each once. Shared by all requests.
public interface Balancer {
  /// The backends for the next request, best first.
  List<Backend> candidates();

  /// The balancer for these backends; with a single one there is nothing to choose.
  static Balancer of(List<Backend> backends) {
    if (backends.size() > 1) {
      return new RoundRobin(backends);
    }
    List<Backend> only = List.copyOf(backends);
    return () -> only;
  }
}
