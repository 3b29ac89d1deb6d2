package llmhop.config;

import java.util.List;

/// A string of the file with its references to secrets replaced by what they stand for.
///
/// @param text the outcome; references that were left open stand in it as they were written
/// @param outline the same without the references that were left open: what can be judged already
/// @param problems what is wrong with it, without any value
record SecretText(String text, String outline, List<String> problems) {

  SecretText {
    problems = List.copyOf(problems);
  }

  static SecretText of(String text, Secrets secrets) {
    return new SecretScanner(text, secrets).scan();
  }

  /// Whether a reference was left open, as under `--check`.
  boolean isOpen() {
    return !text.equals(outline);
  }

  @Override
  public String toString() {
    return "(secret)";
  }
}
