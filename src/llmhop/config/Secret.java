package llmhop.config;

import java.util.Objects;

/// A text that must not be seen: it has to be asked for by name and never shows itself.
public final class Secret {
  private final String text;

  private Secret(String text) {
    this.text = Objects.requireNonNull(text);
  }

  /// Wraps a text.
  ///
  /// @param text what is to be kept from logs and messages
  /// @return the secret
  public static Secret of(String text) {
    return new Secret(text);
  }

  /// The text itself, for the one place that sends it.
  ///
  /// @return the text
  public String reveal() {
    return text;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Secret secret && secret.text.equals(text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return "(secret)";
  }
}
