package llmhop.http.front;

import java.time.Duration;

/// What a caller may take of the front, in bytes, counts and time.
///
/// @param head from the first byte of a head, or from the connection's start, to the head's end;
///   also for the TLS handshake
/// @param bodyStall in each such span of waiting [#BODY_PROGRESS] bytes of a body must come, or its
///   rest
/// @param idle how long a connection may wait for its next request
/// @param writeStall how long a caller may take no byte of its answer
/// @param connections how many connections there may be
/// @param headBytes the longest head; half of it for the target
/// @param fields the most field lines
public record Limits(
    Duration head,
    Duration bodyStall,
    Duration idle,
    Duration writeStall,
    int connections,
    int headBytes,
    int fields) {
  /// What must come of a body in a span: a slow line brings it, a drip doesn't.
  public static final int BODY_PROGRESS = 4 * 1024;

  /// What is read of the next requests while one is worked on, in bytes; it is kept.
  public static final int READ_AHEAD = 64 * 1024;

  /// What a caller that is refused early may go on sending, so that it sees the answer, in bytes:
  /// clients that don't read before they have sent everything get through with the largest bodies
  /// that are usual.
  public static final long LINGER_BYTES = 128L * 1024 * 1024;

  /// How long it may go on.
  public static final Duration LINGER = Duration.ofSeconds(3);

  /// The options that `Connection` may have, as many as there are fields by default.
  static final int CONNECTION_OPTIONS = 100;

  /// Connections beyond the limit that are read at a time, so that health checks are answered and
  /// others are told that there are too many connections.
  public static final int RESERVED = 64;

  /// How long a connection beyond the limit may take for its head, from its beginning.
  public static final Duration RESERVED_HEAD = Duration.ofSeconds(1);

  /// The limits where nobody says otherwise.
  public static final Limits DEFAULT =
      new Limits(
          Duration.ofSeconds(10),
          Duration.ofSeconds(20),
          Duration.ofSeconds(620),
          Duration.ofSeconds(60),
          10_000,
          64 * 1024,
          100);

  /// The longest target of a request, in bytes.
  public int targetBytes() {
    return headBytes / 2;
  }
}
