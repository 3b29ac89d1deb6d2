package llmhop.http.upstream;

import java.time.Duration;
import java.util.Optional;

/// Limits on how long a backend may take; each may be absent.
///
/// @param firstByte from the end of the request to the first byte of the answer's body
/// @param idle between two reads of the answer's body
/// @param total from the start to the end of the answer
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
