package chaos;

/// What a scripted backend does with a request.
enum Script {
  /// Answers, keeps the connection, and remembers the head.
  GOOD,
  /// Says to probes that it is unwell, and answers everything else.
  UNWELL,
  /// Answers, then closes the connection without having said so.
  CLOSES,
  /// Answers, then often closes the connection within 2 ms, whether or not a request came.
  RACES,
  /// Answers, then closes the connection as soon as the next request comes, unread (a reset).
  RESETS_NEXT,
  /// Answers, then closes the connection having read the next request, without a byte of answer.
  CLOSES_NEXT,
  /// Resets the connection instead of an answer.
  RESETS,
  /// Resets the connection after two events of a stream.
  CUTS,
  /// Never answers.
  HANGS,
  /// Reads the first bytes of a request and then nothing more.
  DEAF,
  /// Answers, but the process of whoever reads a request of the user `poison` dies of it seconds
  /// later.
  DIES,
  /// Says 503, and to come again after a second.
  BUSY,
  /// Sends the request's body back: at once, or in chunks where a stream is asked for.
  ECHOES,
  /// Does harm, drawn by lot: see [HostileConnection].
  HOSTILE,
  /// Does one harm of these: hints before any request.
  HINTS
}
