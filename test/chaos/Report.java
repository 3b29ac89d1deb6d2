package chaos;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// What is printed: the table on standard output; what goes on and what went wrong on standard
/// error, the latter also below the table.
final class Report {

  private final Set<String> failures = new LinkedHashSet<>();

  void say(String text) {
    System.err.println("chaos: " + text);
  }

  void begin() {
    line("scenario", "sent", "answered", "refused", "failed", "lost", "bar", "result");
    print("|---|---|---|---|---|---|---|---|");
  }

  void row(Row row) {
    boolean held = row.broken().isEmpty();
    List<Object> cells = new ArrayList<>(row.cells());
    cells.add(held ? "held" : "BROKEN");
    line(cells.toArray());
    for (String what : row.broken()) failures.add(row.title() + ": " + what);
    if (held) return;
    for (String sample : row.samples()) say(row.title() + ": " + sample);
  }

  /// Prints what is broken; true when nothing is.
  boolean end() {
    if (!failures.isEmpty()) print("");
    failures.forEach(each -> print("BROKEN: " + each));
    return failures.isEmpty();
  }

  private void line(Object... cells) {
    StringBuilder line = new StringBuilder("|");
    for (Object cell : cells) line.append(' ').append(cell).append(" |");
    print(line.toString());
  }

  private void print(String text) {
    System.out.println(text);
    System.out.flush();
  }
}
