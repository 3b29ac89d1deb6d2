package llmhop.config;

import java.time.Duration;
import java.util.Optional;

/// How long a backend may take. All but `connect` and `send` are off unless asked for.
///
/// @param connect to connect, TLS included
/// @param firstByte from the end of the request to the first byte of the answer's body
/// @param idle between two bytes of the answer's body
/// @param total from the beginning of the request to the end of the answer
/// @param send how long the backend may take no byte of a request that waits to be written
public record Timeouts(
    Duration connect,
    Optional<Duration> firstByte,
    Optional<Duration> idle,
    Optional<Duration> total,
    Duration send) {

  /// 60 s as in nginx: a backend that loads a model may read nothing for a while.
  private static final Duration SEND = Duration.ofSeconds(60);

  /// 5 s to connect, 60 s without a byte taken, and nothing else limited: a model may think for ten
  /// minutes.
  public static final Timeouts DEFAULT =
      new Timeouts(Duration.ofSeconds(5), Optional.empty(), Optional.empty(), Optional.empty());

  /// Limits with the default one on sending.
  public Timeouts(
      Duration connect,
      Optional<Duration> firstByte,
      Optional<Duration> idle,
      Optional<Duration> total) {
    this(connect, firstByte, idle, total, SEND);
  }

  /// Refuses times that nothing can meet.
  public Timeouts {
    Checks.that(connect.isPositive(), "connect below 1");
    Checks.that(firstByte.map(Duration::isPositive).orElse(true), "firstByte below 1");
    Checks.that(idle.map(Duration::isPositive).orElse(true), "idle below 1");
    Checks.that(send.isPositive(), "send below 1");
    Checks.that(total.map(Duration::isPositive).orElse(true), "total below 1");
  }
}
