package llmhop.config;

import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/// One place that serves a model.
///
/// @param scheme how it is reached
/// @param host a name or an address, IPv6 without brackets; `""` for a Unix socket
/// @param port 1 to 65535; 0 for a Unix socket
/// @param socketPath the absolute path of the Unix socket, else `""`
/// @param path what is put before the request's path, raw as written: `""` or like `/api`, never
///   with a slash at its end
/// @param replacesV1 whether it was given as `baseUrl`: `path` then replaces the request's `/v1`
/// @param discovered whether the host is a name that stands for a place per address (`dns+http`)
/// @param weight its share among the model's endpoints, 1 or more
/// @param headers set on requests to this endpoint, they win over the model's
/// @param maxConcurrent how many requests each of its places has in hand; empty for no limit
public record Endpoint(
    Scheme scheme,
    String host,
    int port,
    String socketPath,
    String path,
    boolean replacesV1,
    boolean discovered,
    int weight,
    List<Header> headers,
    OptionalInt maxConcurrent) {
  private static final String V1 = "/v1";

  /// Refuses mixtures of a network address and a Unix socket.
  public Endpoint {
    Objects.requireNonNull(scheme);
    boolean unix = scheme == Scheme.UNIX;
    Checks.that(unix == host.isEmpty(), "a host is what all but Unix sockets have");
    Checks.that(unix ? port == 0 : port >= 1 && port <= 65535, "a port out of range");
    Checks.that(unix == socketPath.startsWith("/"), "only Unix sockets have an absolute path");
    Checks.that(unix || socketPath.isEmpty(), "a socket path beside a host");
    Checks.that(path.isEmpty() || path.startsWith("/"), "a relative path");
    Checks.that(!path.endsWith("/"), "a path with a slash at its end");
    Checks.that(!discovered || !unix, "a discovered Unix socket");
    Checks.that(weight >= 1, "a weight below 1");
    headers = List.copyOf(headers);
    Checks.that(maxConcurrent.orElse(1) >= 1, "maxConcurrent below 1");
  }

  /// Whether it gets another path than the caller asked for.
  public boolean changesPaths() {
    return replacesV1 || !path.isEmpty();
  }

  /// The path for a request's path: the URL's own path comes first; a `/v1` at its end is not said
  /// twice; a `baseUrl` stands for the request's `/v1`.
  public String path(String requested) {
    if (!changesPaths()) {
      return requested;
    }
    boolean versioned = requested.equals(V1) || requested.startsWith(V1 + "/");
    if (versioned && (replacesV1 || path.endsWith(V1))) {
      String rest = requested.substring(V1.length());
      return path.isEmpty() && rest.isEmpty() ? "/" : path + rest;
    }
    return path + requested;
  }

  /// The address alone: the path may come from a secret reference.
  @Override
  public String toString() {
    return switch (scheme) {
      case HTTP -> "http://" + Hosts.bracketed(host) + ":" + port;
      case HTTPS -> "https://" + Hosts.bracketed(host) + ":" + port;
      case UNIX -> "unix://" + socketPath;
    };
  }
}
