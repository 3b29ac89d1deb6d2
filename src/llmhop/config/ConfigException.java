package llmhop.config;

import java.util.List;

/// A config that can't be used, with all that is wrong with it.
public final class ConfigException extends Exception {
  private final List<String> problems;

  /// All problems of one config.
  ///
  /// @param problems at least one, each a sentence without a dot, without secrets
  public ConfigException(List<String> problems) {
    super(String.join("\n", problems));
    Checks.that(!problems.isEmpty(), "a config exception without a problem");
    this.problems = List.copyOf(problems);
  }

  /// What is wrong, in the order of the file: each like `models.llama.urls[1]: not an absolute URL,
  /// ... (line 14)`.
  ///
  /// @return at least one sentence
  public List<String> problems() {
    return problems;
  }
}
