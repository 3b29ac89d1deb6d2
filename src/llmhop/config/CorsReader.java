package llmhop.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Reads `cors`: the web pages that may use the router from a browser. Origins are compared with
/// what browsers send (RFC 6454, 6.2), so they are taken in no other spelling.
final class CorsReader {
  static final List<String> KEYS = List.of("origins");
  static final String ANY = "*";

  // Apps and browser extensions have schemes of their own, such as app: or chrome-extension:.
  private static final Pattern FORM = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)(.*)");
  private static final String SPELLING = "write it like \"https://chat.example\"";

  private CorsReader() {}

  /// Empty when no page may, or something was reported.
  static List<String> read(Cursor cursor, boolean open) {
    return cursor.section(KEYS).map(cors -> read(cors, open)).orElse(List.of());
  }

  private static List<String> read(Section cors, boolean open) {
    if (!cors.has("origins")) {
      cors.self().problem("there are no \"origins\", name at least one or leave \"cors\" out");
      return List.of();
    }
    return cors.get("origins").map(c -> origins(c, open)).orElse(List.of());
  }

  private static List<String> origins(Cursor cursor, boolean open) {
    Map<String, Cursor> seen = new LinkedHashMap<>();
    for (Cursor item :
        cursor.items("a list of origins", "an empty list, leave \"cors\" out to allow none")) {
      item.parsed(CorsReader::origin).ifPresent(origin -> add(seen, origin, item));
    }
    Cursor any = seen.get(ANY);
    if (any != null && seen.size() > 1) {
      any.problem("\"*\" allows every origin, name no other beside it");
    } else if (any != null && open) {
      any.warning(
          "every web page that somebody opens can use the models, name its origins or set"
              + " 'authTokens'");
    }
    return List.copyOf(seen.keySet());
  }

  private static void add(Map<String, Cursor> seen, String origin, Cursor item) {
    Cursor first = seen.putIfAbsent(origin, item);
    if (first != null) {
      item.problem("the same as " + first.place());
    }
  }

  private static String origin(String text) {
    if (text.equals(ANY)) {
      return text;
    }
    Checks.that(
        !text.equals("null"),
        "any page can make itself one without an origin, so \"null\" can't be told from \"*\"");
    Checks.that(text.indexOf('*') < 0, "no * within an origin, name each, or all with \"*\"");
    Checks.that(
        Words.isVisible(text), "write a name outside ASCII as browsers send it: \"xn--...\"");
    Matcher matcher = FORM.matcher(text);
    Checks.that(matcher.matches(), "not an origin, " + SPELLING);
    Checks.that(
        matcher.group(3).isEmpty(),
        "an origin ends with its host or port, without a slash or path");
    String authority = matcher.group(2);
    Checks.that(authority.indexOf('@') < 0, "no user or password in an origin");
    Checks.that(
        text.equals(text.toLowerCase(Locale.ROOT)), "write it in lower case, as browsers send it");
    checkAuthority(matcher.group(1), authority);
    return text;
  }

  private static void checkAuthority(String scheme, String authority) {
    int port = HostPort.parse(authority, OptionalInt.of(defaultPort(scheme))).port();
    boolean written = authority.matches(".*:[0-9]+");
    Checks.that(
        !written || port != defaultPort(scheme),
        "leave the port " + port + " out, browsers don't send it with " + scheme);
    Checks.that(
        !written || authority.endsWith(":" + port), "write the port without zeros before it");
  }

  /// Schemes that aren't the web's have none, and a port of 0 stands nowhere.
  private static int defaultPort(String scheme) {
    return switch (scheme) {
      case "http" -> 80;
      case "https" -> 443;
      default -> 0;
    };
  }
}
