package llmhop.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llmhop.http.wire.Grammar;

/// Reads `headers`: fields that are set on every request to a backend. No message shows a value.
final class HeadersReader {
  // They say how the message is framed or belong to one connection (RFC 9110, 7.6.1), and Expect
  // would make a backend wait for what was sent already.
  private static final Set<String> REFUSED =
      Set.of(
          "connection",
          "content-length",
          "expect",
          "keep-alive",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");

  private HeadersReader() {}

  static List<Header> read(Cursor cursor, Secrets secrets) {
    List<Header> headers = new ArrayList<>();
    Map<String, Cursor> seen = new HashMap<>();
    Map<String, Cursor> entries =
        cursor.entries("an object of header names and values").orElse(Map.of());
    entries.forEach(
        (name, value) -> {
          Cursor first = seen.putIfAbsent(name.toLowerCase(Locale.ROOT), value);
          if (first != null) {
            value.problem("the same header as " + first.place() + ", case doesn't count");
          }
          header(name, value, secrets).ifPresent(headers::add);
        });
    return headers;
  }

  private static Optional<Header> header(String name, Cursor cursor, Secrets secrets) {
    boolean isName = cursor.parsed(name, HeadersReader::name).isPresent();
    Optional<SecretText> value = cursor.secret(secrets);
    if (value.isEmpty() || !isName) {
      return Optional.empty();
    }
    return cursor
        .parsed(value.get().outline(), outline -> value(name, outline))
        .map(_ -> new Header(name, Secret.of(value.get().text())));
  }

  private static String name(String name) {
    String lowerCase = name.toLowerCase(Locale.ROOT);
    Checks.that(Grammar.isToken(name), "not a header's name");
    Checks.that(
        !REFUSED.contains(lowerCase) && !lowerCase.startsWith("proxy-"),
        "this header belongs to the connection, which is ours, leave it out");
    return name;
  }

  private static String value(String name, String value) {
    Checks.that(
        Grammar.isFieldValue(value),
        "a header's value holds no line breaks, controls or characters above U+00FF");
    Checks.that(
        !name.equalsIgnoreCase("host") || Words.isVisible(value) && value.indexOf(',') < 0,
        "Host takes a host name and maybe a port");
    return value;
  }
}
