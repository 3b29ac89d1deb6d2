package llmhop.config;

import java.util.Objects;
import java.util.Optional;

/// The HTTP proxy on the way to a backend, which is asked for a tunnel (CONNECT, RFC 9110, 9.3.6).
///
/// @param host a name or an address, IPv6 without brackets
/// @param port 1 to 65535
/// @param credentials `user:password` as it is meant, percent-encoding undone
public record Proxy(String host, int port, Optional<Secret> credentials) {

  /// Refuses what can't be connected to.
  public Proxy {
    Checks.that(!host.isEmpty(), "a proxy without a host");
    Checks.that(port >= 1 && port <= 65535, "a port out of range");
    Objects.requireNonNull(credentials);
  }
}
