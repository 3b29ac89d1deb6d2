package llmhop.http.front;

/// What a connection is doing, for the deadlines.
enum Doing {
  /// Connected, and nothing has come yet.
  FRESH,
  /// Waiting for its next request.
  IDLE,
  /// Within a head.
  HEAD,
  /// Within a body, beside what else it does; counts only while somebody waits for its bytes.
  BODY,
  /// Within the handler, or handed over: no deadline here.
  HANDLING,
  /// Writing to the caller.
  WRITING,
  /// Hearing out a caller that was refused and still sends.
  LINGERING
}
