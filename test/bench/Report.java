package bench;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// What is printed: tables on standard output as soon as they are known, then the bars; what goes
/// on and what went wrong on standard error.
final class Report {

  private static final Set<String> MUST_WORK = Set.of(Proxy.LLMHOP, Proxy.NGINX, Proxy.DIRECT);

  private final boolean judges;
  private final List<String> bars = new ArrayList<>();
  private final Set<String> failures = new LinkedHashSet<>();
  private final Set<String> missing = new LinkedHashSet<>();

  /// @param judges whether bars count; without, only errors do
  Report(boolean judges) {
    this.judges = judges;
  }

  void say(String text) {
    System.err.println("bench: " + text);
  }

  void print(String text) {
    System.out.println(text);
    System.out.flush();
  }

  void fail(String why) {
    if (failures.add(why)) say("FAILED: " + why);
  }

  /// Tells of errors in a load: those of llmhop and of what it is measured by fail the run.
  void errors(String proxy, String load, String what) {
    if (MUST_WORK.contains(proxy)) fail(proxy + ", " + load + ": " + what);
    else say(proxy + ", " + load + ": " + what);
  }

  void missing(String what) {
    if (missing.add(what)) say(what);
  }

  void title(String title, String... columns) {
    print("\n" + title + "\n");
    row((Object[]) columns);
    print("|" + "---|".repeat(columns.length));
  }

  void row(Object... cells) {
    StringBuilder line = new StringBuilder("|");
    for (Object cell : cells) line.append(' ').append(cell).append(" |");
    print(line.toString());
  }

  /// Judges a value of llmhop's: it may be this much and no more.
  void bar(String what, double value, double most, String unit) {
    boolean fine = value <= most;
    if (!judges) return;
    String number = Double.isNaN(value) ? "not measured" : number(value, 2) + unit;
    bars.add(
        "| %s | %s | %s | %s |"
            .formatted(what, number, number(most, 2) + unit, fine ? "OK" : "ABOVE"));
    if (!fine) fail("above the bar: " + what + ": " + number);
  }

  /// Prints the bars and failures; true when all is well.
  boolean end() {
    if (!bars.isEmpty()) {
      title("The bars:", "bar", "measured", "at most", "");
      bars.forEach(this::print);
    }
    if (!missing.isEmpty() || !failures.isEmpty()) print("");
    missing.forEach(each -> print("MISSING: " + each));
    failures.forEach(each -> print("FAILED: " + each));
    return failures.isEmpty();
  }

  /// A number for a cell: so many decimals, "-" when there is none.
  static String number(double value, int decimals) {
    if (!Double.isFinite(value)) return "-";
    String text = ("%." + decimals + "f").formatted(value);
    return decimals > 0 && text.contains(".") && text.endsWith(".00")
        ? text.substring(0, text.length() - 3)
        : text;
  }
}
