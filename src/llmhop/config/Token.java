package llmhop.config;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/// A caller's token as its SHA-256; the text itself is not kept.
///
/// @param name the caller's label in logs, metrics and limits
/// @param digest the SHA-256 of the token's bytes
/// @param models which models it may use, `*` standing for any text; empty means all of them
/// @param expires the first moment at which it no longer works
/// @param limits how much its callers may ask for
public record Token(
    String name,
    Sha256 digest,
    List<String> models,
    Optional<Instant> expires,
    TokenLimits limits) {

  /// Copies the list.
  public Token {
    Checks.that(!name.isEmpty(), "a token without a name");
    Objects.requireNonNull(digest);
    Objects.requireNonNull(expires);
    Objects.requireNonNull(limits);
    models = List.copyOf(models);
  }
}
