package llmhop;

import java.util.Map;

/// What the JDK's HTTP server has to be told before its first class is loaded. Its own defaults
/// close the 201st idle connection and let a caller take for ever.
final class ServerSettings {
  private static final Map<String, String> SETTINGS =
      Map.of(
          // One segment per event, not one per acknowledgement.
          "sun.net.httpserver.nodelay", "true",
          // Longer than the idle time of load balancers, which else meet a closed connection.
          "sun.net.httpserver.idleInterval", "620",
          "sun.net.httpserver.maxIdleConnections", "100000",
          // Head and body of a request together, in seconds: 100 MiB over a slow line fit.
          "sun.net.httpserver.maxReqTime", "600",
          "sun.net.httpserver.maxReqHeaders", "100",
          "sun.net.httpserver.maxReqHeaderSize", "65536");

  private ServerSettings() {}

  /// Sets what the operator hasn't set with `-D`.
  static void apply() {
    SETTINGS.forEach(
        (key, value) -> {
          if (System.getProperty(key) == null) {
            System.setProperty(key, value);
          }
        });
  }
}
