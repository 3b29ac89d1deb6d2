package llmhop.config;

/// How a backend is reached.
public enum Scheme {
  /// Plain TCP; port 80 where the URL names none.
  HTTP,
  /// TLS; port 443 where the URL names none.
  HTTPS,
  /// A Unix socket on this machine.
  UNIX
}
