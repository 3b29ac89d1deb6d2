package llmhop.config;

/// A text that isn't what it should be. The message is for the operator: it says what is wrong and
/// never shows the text, which may be a secret.
final class Malformed extends IllegalArgumentException {
  Malformed(String message) {
    super(message);
  }
}
