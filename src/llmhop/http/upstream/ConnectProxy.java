package llmhop.http.upstream;

import java.util.Optional;

/// A proxy that tunnels by CONNECT (RFC 9110 section 9.3.6).
///
/// @param host its name or address
/// @param port its port
/// @param authorization the value of `Proxy-Authorization`
public record ConnectProxy(String host, int port, Optional<String> authorization) {
  /// Its address alone.
  @Override
  public String toString() {
    return host + ":" + port;
  }
}
