package llmhop.config;

import java.time.Duration;

/// How long callers may take over the parts of a request, and how much of it may come.
///
/// @param headTimeout from the first byte of a request, for a new connection from its beginning, to
///   the end of the head; a TLS handshake has as long
/// @param bodyStall the span in which at least 4 KiB of a body, or its rest, must come
/// @param idleTimeout how long a connection is kept between two requests
/// @param writeStall how long a caller may take no byte of its answer
/// @param maxConnections how many connections there may be at a time
/// @param maxHeadBytes the size of the request line and the fields together
/// @param maxHeaders how many field lines there may be
public record HttpLimits(
    Duration headTimeout,
    Duration bodyStall,
    Duration idleTimeout,
    Duration writeStall,
    int maxConnections,
    int maxHeadBytes,
    int maxHeaders) {

  /// The shortest time that makes sense: less cuts off honest callers on a slow line.
  static final Duration LEAST_TIME = Duration.ofMillis(100);

  static final int LEAST_HEAD_BYTES = 1024;
  static final int MOST_HEAD_BYTES = 1024 * 1024;
  static final int MOST_HEADERS = 1000;

  /// What holds where the file says nothing else.
  public static final HttpLimits DEFAULT =
      new HttpLimits(
          Duration.ofSeconds(10),
          Duration.ofSeconds(20),
          // Load balancers keep theirs up to 600 s; who closes first loses requests.
          Duration.ofSeconds(620),
          Duration.ofSeconds(60),
          // With as many connections to backends they fit into 20,000 descriptors.
          10_000,
          64 * 1024,
          100);

  /// Refuses limits that no honest caller can meet.
  public HttpLimits {
    Checks.that(headTimeout.compareTo(LEAST_TIME) >= 0, "headTimeout below 100ms");
    Checks.that(bodyStall.compareTo(LEAST_TIME) >= 0, "bodyStall below 100ms");
    Checks.that(idleTimeout.compareTo(LEAST_TIME) >= 0, "idleTimeout below 100ms");
    Checks.that(writeStall.compareTo(LEAST_TIME) >= 0, "writeStall below 100ms");
    Checks.that(maxConnections > 0, "maxConnections below 1");
    Checks.that(
        maxHeadBytes >= LEAST_HEAD_BYTES && maxHeadBytes <= MOST_HEAD_BYTES,
        "maxHeadBytes out of range");
    Checks.that(maxHeaders > 0 && maxHeaders <= MOST_HEADERS, "maxHeaders out of range");
  }
}
