package llmhop.http.wire;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// The parameters of a field such as `Content-Type` (RFC 9110 section 5.6.6), read strictly: each
/// once, tokens or quoted strings.
final class FieldParameters {
  private FieldParameters() {}

  /// The boundary of a form's type (RFC 2046 section 5.1.1): 1 to 70 characters, not ending with a
  /// blank.
  static String boundary(String contentType) throws MultipartException {
    if (!type(contentType).equalsIgnoreCase("multipart/form-data")) {
      throw MultipartException.malformed("Content-Type is not multipart/form-data");
    }
    Map<String, String> parameters = parse(contentType);
    String charset = parameters.getOrDefault("charset", "utf-8");
    if (!charset.equalsIgnoreCase("utf-8")) {
      throw MultipartException.malformed("the form's charset is not UTF-8");
    }
    String boundary = parameters.get("boundary");
    if (boundary == null || boundary.isEmpty() || boundary.length() > 70) {
      throw MultipartException.malformed("Content-Type needs a boundary of 1 to 70 characters");
    }
    for (char c : boundary.toCharArray()) {
      boolean letterOrDigit = c < 128 && Character.isLetterOrDigit(c);
      if (!letterOrDigit && "'()+_,-./:=? ".indexOf(c) < 0) {
        throw MultipartException.malformed("the boundary holds characters that it may not");
      }
    }
    if (boundary.endsWith(" ")) {
      throw MultipartException.malformed("the boundary ends with a blank");
    }
    if (parameters.keySet().stream().anyMatch(name -> name.startsWith("boundary*"))) {
      throw MultipartException.malformed("the boundary stands there twice");
    }
    return boundary;
  }

  /// What stands before the parameters.
  static String type(String field) {
    int semicolon = field.indexOf(';');
    return (semicolon < 0 ? field : field.substring(0, semicolon)).strip();
  }

  /// All parameters, by their names in lower case. Quoted values come without their quotes but with
  /// their backslashes, since readers don't agree on these.
  static Map<String, String> parse(String field) throws MultipartException {
    Map<String, String> parameters = new TreeMap<>();
    int at = field.indexOf(';');
    while (at >= 0 && at < field.length()) {
      at = skipBlanks(field, at + 1);
      if (at == field.length()) {
        break;
      }
      int equals = field.indexOf('=', at);
      String name = equals < 0 ? "" : field.substring(at, equals).toLowerCase(Locale.ROOT);
      if (!Grammar.isToken(name)) {
        throw MultipartException.malformed("a parameter of a field is not name=value");
      }
      int end = valueEnd(field, equals + 1);
      if (parameters.put(name, value(field, equals + 1, end)) != null) {
        throw MultipartException.malformed("a parameter of a field stands there twice");
      }
      at = skipBlanks(field, end);
      if (at < field.length() && field.charAt(at) != ';') {
        throw MultipartException.malformed("a parameter of a field is followed by other text");
      }
    }
    return parameters;
  }

  private static int valueEnd(String field, int from) throws MultipartException {
    int at = from;
    if (at == field.length() || field.charAt(at) != '"') {
      while (at < field.length() && Grammar.isTokenCharacter(field.charAt(at))) {
        at++;
      }
      if (at == from) {
        throw MultipartException.malformed("a parameter of a field has no value");
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
    throw MultipartException.malformed("a quoted parameter has no end");
  }

  private static String value(String field, int from, int end) throws MultipartException {
    if (field.charAt(from) != '"') {
      return field.substring(from, end);
    }
    String quoted = field.substring(from + 1, end - 1);
    // Whoever takes a backslash for itself (browsers' forms do) ends the value at the quote behind
    // it, and finds other parameters in the rest.
    if (quoted.contains("\\\"") && quoted.indexOf(';') >= 0) {
      throw MultipartException.malformed("a quoted parameter can be read in two ways");
    }
    return quoted;
  }

  private static int skipBlanks(String field, int from) {
    int at = from;
    while (at < field.length() && (field.charAt(at) == ' ' || field.charAt(at) == '\t')) {
      at++;
    }
    return at;
  }
}
