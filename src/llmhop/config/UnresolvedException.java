package llmhop.config;

/// A reference to a secret that leads nowhere. The message names the reference, never a value.
public final class UnresolvedException extends Exception {

  /// Says what is missing.
  ///
  /// @param message like `the environment variable OPENAI_KEY is not set`, without a dot
  public UnresolvedException(String message) {
    super(message);
  }
}
