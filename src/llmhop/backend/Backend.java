package llmhop.backend;

import java.util.List;
import llmhop.config.Endpoint;
import llmhop.config.Header;
import llmhop.http.upstream.Upstream;

/// One place that answers for a model: where it is, what is set on requests to it, and the
/// connections to it.
public final class Backend implements AutoCloseable {
  private static final String V1 = "/v1";

  private final String label;
  private final Endpoint endpoint;
  private final List<Header> headers;
  private final boolean hosted;
  private final Upstream upstream;

  /// A backend.
  ///
  /// @param label what callers and logs see of it; no address
  /// @param headers set on each request, last
  /// @param hosted whether someone else runs it, who is told nothing about our callers
  public Backend(
      String label, Endpoint endpoint, List<Header> headers, boolean hosted, Upstream upstream) {
    this.label = label;
    this.endpoint = endpoint;
    this.headers = List.copyOf(headers);
    this.hosted = hosted;
    this.upstream = upstream;
  }

  /// What callers and logs see of it.
  public String label() {
    return label;
  }

  /// Its share among the model's backends.
  public int weight() {
    return endpoint.weight();
  }

  /// What is set on each request to it.
  public List<Header> headers() {
    return headers;
  }

  /// Whether someone else runs it.
  public boolean hosted() {
    return hosted;
  }

  /// The connections to it.
  public Upstream upstream() {
    return upstream;
  }

  /// Whether it gets another path than the caller asked for.
  public boolean changesPaths() {
    return endpoint.replacesV1() || !endpoint.path().isEmpty();
  }

  /// The path for a request's path: the URL's own path comes first; a `/v1` at its end is not said
  /// twice; a `baseUrl` stands for the request's `/v1`.
  public String path(String requested) {
    if (!changesPaths()) {
      return requested;
    }
    String base = endpoint.path();
    boolean versioned = requested.equals(V1) || requested.startsWith(V1 + "/");
    if (versioned && (endpoint.replacesV1() || base.endsWith(V1))) {
      String rest = requested.substring(V1.length());
      return base.isEmpty() && rest.isEmpty() ? "/" : base + rest;
    }
    return base + requested;
  }

  @Override
  public void close() {
    upstream.close();
  }
}
