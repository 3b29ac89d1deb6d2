package llmhop.config;

import java.util.Objects;

/// A field that is set on every request to a backend, in the case it was written in.
///
/// @param name the field's name, a token (RFC 9110, 5.6.2)
/// @param value the field's value, without controls (RFC 9110, 5.5)
public record Header(String name, Secret value) {

  /// Refuses a field without a name.
  public Header {
    Checks.that(!name.isEmpty(), "a header without a name");
    Objects.requireNonNull(value);
  }
}
