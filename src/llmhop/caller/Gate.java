package llmhop.caller;

import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import llmhop.config.Token;
import llmhop.http.wire.Fields;

/// Tells who asks by the credential of a request (RFC 6750 bearer tokens).
///
/// `Authorization: Bearer …` is the usual place; `x-api-key` (Anthropic's clients) and `api-key`
/// (Azure's) carry the same tokens. A request may use several places only if they agree.
public interface Gate {
  /// The fields that carry a caller's credential, all of which a gate with tokens strips.
  List<String> CREDENTIAL_FIELDS = List.of("Authorization", "x-api-key", "api-key");

  /// Lets everybody in.
  Gate OPEN =
      new Gate() {
        private final Identity anyone = new Identity.Known(Caller.ANYONE, Optional.empty());

        @Override
        public Identity identify(Fields fields) {
          return anyone;
        }

        @Override
        public boolean takesCredentials() {
          return false;
        }
      };

  /// Who sent these fields.
  Identity identify(Fields fields);

  /// Whether credentials are meant for this gate, and so must not reach a backend.
  boolean takesCredentials();

  /// The gate for these tokens: open when there are none.
  ///
  /// @param ledger what they have used so far
  static Gate of(List<Token> tokens, InstantSource clock, Ledger ledger) {
    return tokens.isEmpty() ? OPEN : new BearerTokens(tokens, clock, ledger);
  }
}
