package llmhop.http.upstream;

import java.time.Duration;
import java.util.Optional;

/// Limits on how long a backend may take; each may be absent.
///
/// The first two count only while somebody waits for the backend, so that a caller that reads
/// slowly is not held against it.
///
/// @param firstByte from the last byte of the request to the first of the answer's body; the head
///   alone doesn't count, since some engines send it before they think
/// @param idle how long a read of the answer's body may wait
/// @param total from the start, connecting too, to the end of the answer
public record Timing(
    Optional<Duration> firstByte, Optional<Duration> idle, Optional<Duration> total) {
  /// No limits.
  public static final Timing NONE =
      new Timing(Optional.empty(), Optional.empty(), Optional.empty());

  /// Which limit it was.
  public enum Limit {
    /// [Timing#firstByte].
    FIRST_BYTE("firstByte"),
    /// [Timing#idle].
    IDLE("idle"),
    /// [Timing#total].
    TOTAL("total");

    private final String word;

    Limit(String word) {
      this.word = word;
    }

    /// Its name in configs.
    public String word() {
      return word;
    }
  }

  boolean isUnlimited() {
    return firstByte.isEmpty() && idle.isEmpty() && total.isEmpty();
  }
}
