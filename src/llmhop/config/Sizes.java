package llmhop.config;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llmhop.json.Json;

/// Sizes in bytes: a whole number, or a string like `"64MiB"`.
final class Sizes {
  private static final Pattern FORM = Pattern.compile("([0-9]+)(B|KiB|MiB|GiB|KB|MB|GB)");
  private static final String RANGE = "must be a whole number of bytes, 0 or more and below 2^63";

  private Sizes() {}

  static Optional<Long> read(Cursor cursor) {
    return switch (cursor.json()) {
      case Json.Num number -> whole(cursor, number.asLong());
      case Json.Str _ -> cursor.parsed(Sizes::parse);
      case Json.Obj _, Json.Arr _, Json.Bool _, Json.Null _ ->
          cursor.wrongKind("a number of bytes or a size like \"64MiB\"");
    };
  }

  private static Optional<Long> whole(Cursor cursor, OptionalLong value) {
    return value.isPresent() && value.getAsLong() >= 0
        ? Optional.of(value.getAsLong())
        : cursor.refuse(RANGE);
  }

  static long parse(String text) {
    Matcher matcher = FORM.matcher(text);
    Checks.that(
        matcher.matches(),
        "not a size, write a number of bytes or one like \"64MiB\" (or \"64MB\")");
    long unit =
        switch (matcher.group(2)) {
          case "KiB" -> 1L << 10;
          case "MiB" -> 1L << 20;
          case "GiB" -> 1L << 30;
          case "KB" -> 1_000L;
          case "MB" -> 1_000_000L;
          case "GB" -> 1_000_000_000L;
          default -> 1L;
        };
    try {
      return Math.multiplyExact(Long.parseLong(matcher.group(1)), unit);
    } catch (ArithmeticException | NumberFormatException e) {
      throw new Malformed(RANGE);
    }
  }

  /// A size for people: in the largest unit that divides it.
  static String text(long bytes) {
    String[] units = {" bytes", " KiB", " MiB", " GiB"};
    int unit = 0;
    long value = bytes;
    while (unit < units.length - 1 && value != 0 && value % 1024 == 0) {
      value /= 1024;
      unit++;
    }
    return value + units[unit];
  }
}
