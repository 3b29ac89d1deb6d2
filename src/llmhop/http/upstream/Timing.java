package llmhop.http.upstream;

import java.time.Duration;
import java.util.Optional;

/// Limits on how long a backend may take; each but `send` may be absent.
///
/// `firstByte` and `idle` count only while somebody waits for the backend, so that a caller that
/// reads slowly is not held against it.
///
/// @param firstByte from the last byte of the request to the first of the answer's body; the head
///   alone doesn't count, since some engines send it before they think
/// @param idle how long a read of the answer's body may wait
/// @param total from the start, connecting too, to the end of the answer
/// @param send how long a backend may take no byte of a request that waits to be written
public record Timing(
    Optional<Duration> firstByte,
    Optional<Duration> idle,
    Optional<Duration> total,
    Duration send) {
  /// The default limit on sending, that of nginx's `proxy_send_timeout`: a server that loads a
  /// model reads nothing for a while, a server that reads nothing for a minute has stopped.
  public static final Duration SEND = Duration.ofSeconds(60);

  /// No limits but the usual one on sending.
  public static final Timing NONE =
      new Timing(Optional.empty(), Optional.empty(), Optional.empty());

  /// Limits with the usual one on sending.
  public Timing(Optional<Duration> firstByte, Optional<Duration> idle, Optional<Duration> total) {
    this(firstByte, idle, total, SEND);
  }

  /// Which limit it was.
  public enum Limit {
    /// [Timing#firstByte].
    FIRST_BYTE("firstByte"),
    /// [Timing#idle].
    IDLE("idle"),
    /// [Timing#total].
    TOTAL("total"),
    /// [Timing#send].
    SEND("send");

    private final String word;

    Limit(String word) {
      this.word = word;
    }

    /// Its name in configs.
    public String word() {
      return word;
    }
  }

  /// Whether there is no limit on the answer.
  boolean isUnlimited() {
    return firstByte.isEmpty() && idle.isEmpty() && total.isEmpty();
  }
}
