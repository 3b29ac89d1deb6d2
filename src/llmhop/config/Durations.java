package llmhop.config;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llmhop.json.Json;

/// Durations: strings like `"250ms"`, `"5s"`, `"10m"`, `"1h"`.
final class Durations {
  // Longer than anything that a request may take, and as milliseconds it fits an int everywhere.
  static final Duration MAX = Duration.ofHours(24);

  private static final Pattern FORM = Pattern.compile("([0-9]+)(ms|s|m|h)");
  private static final String SPELLING = "like \"250ms\", \"5s\", \"10m\" or \"1h\"";

  private Durations() {}

  /// Zero means at once.
  static Optional<Duration> read(Cursor cursor) {
    if (!(cursor.json() instanceof Json.Str)) {
      return cursor.wrongKind("a duration " + SPELLING);
    }
    return cursor.parsed(Durations::parse);
  }

  /// Zero is refused: no answer can come at once, and for no limit the key is left out.
  static Optional<Duration> readLimit(Cursor cursor) {
    Optional<Duration> duration = read(cursor);
    if (duration.isPresent() && duration.get().isZero()) {
      return cursor.refuse("must be longer than 0, leave the key out for the default");
    }
    return duration;
  }

  static Duration parse(String text) {
    Matcher matcher = FORM.matcher(text);
    Checks.that(matcher.matches(), "not a duration, write it " + SPELLING);
    String digits = matcher.group(1);
    // More digits than 24 h have in any unit, and few enough to overflow nowhere below.
    Checks.that(digits.length() <= 12, "must be at most 24h");
    long count = Long.parseLong(digits);
    Duration duration =
        switch (matcher.group(2)) {
          case "ms" -> Duration.ofMillis(count);
          case "s" -> Duration.ofSeconds(count);
          case "m" -> Duration.ofMinutes(count);
          default -> Duration.ofHours(count);
        };
    Checks.that(duration.compareTo(MAX) <= 0, "must be at most 24h");
    return duration;
  }
}
