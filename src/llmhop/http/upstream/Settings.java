package llmhop.http.upstream;

import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/// How to speak to a backend.
///
/// @param connect the limit on connecting, all addresses and TLS together
/// @param keepAlive how long an idle connection is kept; zero for never
/// @param tls trust and certificate; for `https` only
/// @param serverName the name to ask for and to verify, instead of the host
/// @param proxy the proxy to go through
/// @param resolver how names become addresses
public record Settings(
    Duration connect,
    Duration keepAlive,
    Optional<SSLContext> tls,
    Optional<String> serverName,
    Optional<ConnectProxy> proxy,
    Resolver resolver) {

  /// How long idle connections are kept where nothing is said: uvicorn closes after 5 s, and a
  /// request that meets the close is lost; who speaks TLS mostly waits a minute or more.
  public static Duration keepAlive(Origin.Kind kind) {
    return switch (kind) {
      case HTTP, UNIX -> Duration.ofSeconds(4);
      case HTTPS -> Duration.ofSeconds(60);
    };
  }
}
