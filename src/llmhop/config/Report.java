package llmhop.config;

import java.util.ArrayList;
import java.util.List;

/// Collects what is wrong with one file, and what only looks wrong.
final class Report {
  private record Remark(int line, String text) {}

  private final List<Remark> problems = new ArrayList<>();
  private final List<Remark> warnings = new ArrayList<>();

  void problem(int line, String path, String what) {
    problems.add(remark(line, path, what));
  }

  void warning(int line, String path, String what) {
    warnings.add(remark(line, path, what));
  }

  private static Remark remark(int line, String path, String what) {
    String text = path.isEmpty() ? what : path + ": " + what;
    return new Remark(line, line == 0 ? text : text + " (line " + line + ")");
  }

  boolean hasProblems() {
    return !problems.isEmpty();
  }

  List<String> problems() {
    return inOrder(problems);
  }

  List<String> warnings() {
    return inOrder(warnings);
  }

  /// By line; what stands on one line keeps the order in which it was found.
  private static List<String> inOrder(List<Remark> remarks) {
    List<Remark> sorted = new ArrayList<>(remarks);
    sorted.sort((one, other) -> Integer.compare(one.line, other.line));
    List<String> texts = new ArrayList<>();
    sorted.forEach(remark -> texts.add(remark.text));
    return texts;
  }
}
