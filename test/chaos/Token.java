package chaos;

import java.util.List;
import java.util.stream.Collectors;

/// A caller's token.
///
/// @param name its name in the config
/// @param keys of the config beside its name and itself, JSON; empty for none
record Token(String name, String keys) {

  /// What all secrets begin with.
  static final String SECRET = "chaos-secret";

  static Token of(String name) {
    return new Token(name, "");
  }

  /// What callers send.
  String secret() {
    return SECRET + "-of-" + name;
  }

  private String json() {
    String more = keys.isEmpty() ? "" : ", " + keys;
    return "{\"name\": \"%s\", \"token\": \"%s\"%s}".formatted(name, secret(), more);
  }

  /// The key `authTokens` with these.
  static String list(List<Token> tokens) {
    return tokens.stream()
        .map(Token::json)
        .collect(Collectors.joining(",\n  ", "\"authTokens\": [", "]"));
  }
}
