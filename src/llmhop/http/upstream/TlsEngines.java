package llmhop.http.upstream;

import java.net.InetAddress;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/// TLS for one connection to a backend: the name to ask for, and to verify.
final class TlsEngines {
  private TlsEngines() {}

  /// RFC 9110 section 4.3.4 for the verification, RFC 6066 section 3 for the name that is asked
  /// for: no address, no dot at the end. Names that can't be asked for (with `_` in them, as in
  /// container networks) can still be verified.
  static SSLEngine forBackend(Origin origin, Settings settings) {
    String given = settings.serverName().orElse(origin.host());
    String name = given.endsWith(".") ? given.substring(0, given.length() - 1) : given;
    SSLEngine engine = settings.tls().orElseThrow().createSSLEngine(name, origin.port());
    engine.setUseClientMode(true);
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    parameters.setApplicationProtocols(new String[] {"http/1.1"});
    if (!isAddress(name)) {
      parameters.setServerNames(serverNames(name));
    }
    engine.setSSLParameters(parameters);
    return engine;
  }

  private static List<SNIServerName> serverNames(String name) {
    try {
      return List.of(new SNIHostName(name));
    } catch (IllegalArgumentException e) {
      return List.of();
    }
  }

  private static boolean isAddress(String name) {
    try {
      return InetAddress.ofLiteral(name) != null;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
