package llmhop.backend;

/// Luck, handed in so that tests have it as they want it. Safe for concurrent use.
@FunctionalInterface
public interface Chance {
  /// A number from 0 to the bound, which isn't among them; each as likely as the others.
  ///
  /// @param bound 1 or more
  long below(long bound);
}
