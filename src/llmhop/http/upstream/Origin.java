package llmhop.http.upstream;

/// Where a backend is.
///
/// @param kind how it is reached
/// @param host a name or an address, IPv6 without brackets; empty for a Unix socket
/// @param port 0 for a Unix socket
/// @param socketPath empty but for a Unix socket
public record Origin(Kind kind, String host, int port, String socketPath) {
  /// How a backend is reached.
  public enum Kind {
    /// TCP.
    HTTP,
    /// TLS over TCP.
    HTTPS,
    /// A Unix socket.
    UNIX
  }

  /// What the `Host` field says (RFC 9110 section 7.2): the port only where it isn't the scheme's.
  public String authority() {
    String name = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    return switch (kind) {
      case HTTP -> port == 80 ? name : name + ":" + port;
      case HTTPS -> port == 443 ? name : name + ":" + port;
      case UNIX -> "localhost";
    };
  }

  @Override
  public String toString() {
    return kind == Kind.UNIX ? "unix:" + socketPath : host + ":" + port;
  }
}
