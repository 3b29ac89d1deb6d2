package llmhop.config;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// Reads `http`: the limits of the front.
final class HttpReader {
  static final List<String> KEYS =
      List.of(
          "headTimeout",
          "bodyStall",
          "idleTimeout",
          "writeStall",
          "maxConnections",
          "maxHeadBytes",
          "maxHeaders");

  private HttpReader() {}

  static HttpLimits read(Cursor cursor) {
    return cursor.section(KEYS).map(HttpReader::read).orElse(HttpLimits.DEFAULT);
  }

  private static HttpLimits read(Section http) {
    HttpLimits otherwise = HttpLimits.DEFAULT;
    return new HttpLimits(
        time(http, "headTimeout").orElse(otherwise.headTimeout()),
        time(http, "bodyStall").orElse(otherwise.bodyStall()),
        time(http, "idleTimeout").orElse(otherwise.idleTimeout()),
        time(http, "writeStall").orElse(otherwise.writeStall()),
        count(http, "maxConnections", Integer.MAX_VALUE).orElse(otherwise.maxConnections()),
        http.get("maxHeadBytes").flatMap(HttpReader::headBytes).orElse(otherwise.maxHeadBytes()),
        count(http, "maxHeaders", HttpLimits.MOST_HEADERS).orElse(otherwise.maxHeaders()));
  }

  private static Optional<Duration> time(Section http, String key) {
    return http.get(key).flatMap(HttpReader::time);
  }

  private static Optional<Duration> time(Cursor cursor) {
    Optional<Duration> time = Durations.readLimit(cursor);
    return time.isPresent() && time.get().compareTo(HttpLimits.LEAST_TIME) < 0
        ? cursor.refuse("must be at least 100ms")
        : time;
  }

  private static Optional<Integer> count(Section http, String key, int most) {
    return http.get(key).flatMap(c -> c.wholeNumber(1, most)).map(Long::intValue);
  }

  private static Optional<Integer> headBytes(Cursor cursor) {
    Optional<Long> bytes = Sizes.read(cursor);
    boolean fits =
        bytes.isEmpty()
            || bytes.get() >= HttpLimits.LEAST_HEAD_BYTES
                && bytes.get() <= HttpLimits.MOST_HEAD_BYTES;
    return fits ? bytes.map(Long::intValue) : cursor.refuse("must be 1KiB to 1MiB");
  }
}
