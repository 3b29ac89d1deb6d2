package llmhop.http.wire;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.SequencedMap;

/// The parameters of a field such as `Content-Type`, read to the letter of RFC 9110 section 5.6.6:
/// `*( OWS ";" OWS [ token "=" ( token / quoted-string ) ] )`, each name once.
final class FieldParameters {
  private FieldParameters() {}

  /// Returns the part of a field before its parameters.
  static String type(String field) {
    int semicolon = field.indexOf(';');
    return (semicolon < 0 ? field : field.substring(0, semicolon)).strip();
  }

  /// Returns all parameters in their order, by their names in lower case. Quoted values come
  /// without their quotes but with their backslashes, since readers do not agree on these.
  ///
  /// @throws MalformedException when the field has another form, or a name twice
  static SequencedMap<String, String> parse(String field) throws MalformedException {
    SequencedMap<String, String> parameters = new LinkedHashMap<>();
    int at = field.indexOf(';');
    while (at >= 0 && at < field.length()) {
      at = skipBlanks(field, at + 1);
      if (at == field.length()) {
        break;
      }
      if (field.charAt(at) == ';') {
        continue;
      }
      int equals = field.indexOf('=', at);
      String name = equals < 0 ? "" : field.substring(at, equals).toLowerCase(Locale.ROOT);
      if (!Grammar.isToken(name)) {
        throw new MalformedException("a parameter of a field is not name=value");
      }
      int end = valueEnd(field, equals + 1);
      if (parameters.put(name, value(field, equals + 1, end)) != null) {
        throw new MalformedException("a parameter of a field stands there twice");
      }
      at = skipBlanks(field, end);
      if (at < field.length() && field.charAt(at) != ';') {
        throw new MalformedException("a parameter of a field is followed by other text");
      }
    }
    return parameters;
  }

  private static int valueEnd(String field, int from) throws MalformedException {
    int at = from;
    if (at == field.length() || field.charAt(at) != '"') {
      while (at < field.length() && Grammar.isTokenCharacter(field.charAt(at))) {
        at++;
      }
      if (at == from) {
        throw new MalformedException("a parameter of a field has no value");
      }
      return at;
    }
    for (at++; at < field.length(); at++) {
      char c = field.charAt(at);
      if (c == '"') {
        return at + 1;
      }
      if (c == '\\') {
        at++;
      }
    }
    throw new MalformedException("a quoted parameter has no end");
  }

  private static String value(String field, int from, int end) {
    boolean quoted = field.charAt(from) == '"';
    return quoted ? field.substring(from + 1, end - 1) : field.substring(from, end);
  }

  private static int skipBlanks(String field, int from) {
    int at = from;
    while (at < field.length() && (field.charAt(at) == ' ' || field.charAt(at) == '\t')) {
      at++;
    }
    return at;
  }
}
