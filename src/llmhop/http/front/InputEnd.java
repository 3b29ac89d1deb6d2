package llmhop.http.front;

/// Why the router itself ended the input of a caller's connection. A request that is read at that
/// moment is cut by the router, and the caller must not be told that the request is malformed.
public enum InputEnd {
  /// The head, or the TLS handshake, took too long.
  HEAD_LATE,
  /// The connection waited too long for its next request, which came at the same moment.
  IDLE,
  /// The body came more slowly than it must.
  BODY_LATE,
  /// The caller took nothing of an answer for too long.
  UNREAD,
  /// Another connection got the slot of this one.
  EVICTED,
  /// The code that reads the body ended it: [RawExchange#cutBody].
  CUT,
  /// The server stops.
  STOPPING
}
