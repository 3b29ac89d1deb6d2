package llmhop.route;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// A request's target (RFC 9112 section 3.2), split but never decoded: what goes to a backend is
/// what came.
///
/// @param path the raw path, beginning with `/`; for `/route/{model}/rest` it is `/rest`
/// @param query the raw query with its `?`, or nothing
/// @param routed the model named by a `/route/{model}` prefix, decoded
public record Target(String path, String query, Optional<String> routed) {
  private static final String ROUTE = "/route/";

  /// The server as a whole, as `OPTIONS` asks for it (RFC 9112 section 3.2.4).
  static final Target SERVER = new Target("*", "", Optional.empty());

  /// Splits the target of a request: [#SERVER] for `OPTIONS *` and for `OPTIONS` of an absolute
  /// target without path and query.
  ///
  /// @throws Refusal when it is in neither form or its escapes are broken
  static Target of(String method, String raw) {
    boolean server = method.equals("OPTIONS") && !raw.startsWith("/") && isServer(raw);
    return server ? SERVER : parse(raw);
  }

  private static boolean isServer(String raw) {
    int scheme = raw.indexOf("://");
    return raw.equals("*")
        || (scheme > 0 && raw.indexOf('/', scheme + 3) < 0 && raw.indexOf('?', scheme) < 0);
  }

  /// Splits a target in origin-form or absolute-form.
  ///
  /// @throws Refusal when it is in neither form or its escapes are broken
  public static Target parse(String raw) {
    String origin = originForm(raw);
    int mark = origin.indexOf('?');
    String path = mark < 0 ? origin : origin.substring(0, mark);
    String query = mark < 0 ? "" : origin.substring(mark);
    if (path.isEmpty() || path.charAt(0) != '/' || !isVisible(origin)) {
      throw Refusal.badRequest("The request target must be a path of visible ASCII without '#'.");
    }
    if (decode(path).isEmpty()) {
      throw Refusal.badRequest("The path holds an escape that is not percent-encoded UTF-8.");
    }
    return path.startsWith(ROUTE) ? routed(path, query) : new Target(path, query, Optional.empty());
  }

  private static String originForm(String raw) {
    int scheme = raw.indexOf("://");
    if (raw.startsWith("/") || scheme < 0) {
      return raw;
    }
    int path = raw.indexOf('/', scheme + 3);
    int query = raw.indexOf('?', scheme + 3);
    if (path < 0 || (query >= 0 && query < path)) {
      return "/" + (query < 0 ? "" : raw.substring(query));
    }
    return raw.substring(path);
  }

  private static boolean isVisible(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) <= ' ' || text.charAt(i) >= 0x7f || text.charAt(i) == '#') {
        return false;
      }
    }
    return true;
  }

  private static Target routed(String path, String query) {
    int end = path.indexOf('/', ROUTE.length());
    String name = path.substring(ROUTE.length(), end < 0 ? path.length() : end);
    String rest = end < 0 ? "/" : path.substring(end);
    String model =
        decode(name)
            .filter(text -> !text.isEmpty())
            .orElseThrow(
                () ->
                    Refusal.invalidRequest(
                        "The path must be /route/{model}/..., with the model's name in UTF-8"
                            + " percent-encoding ('/' as %2F)."));
    return new Target(rest, query, Optional.of(model));
  }

  /// The value of a query parameter, decoded.
  ///
  /// @throws Refusal when it stands there several times in several ways, another case of letters
  ///   among them, or isn't UTF-8, or when another reader may find it elsewhere: behind a `;`,
  ///   which separates pairs for some, or in `model[]` or `=model`
  public Optional<String> parameter(String name) {
    Optional<String> found = Optional.empty();
    if (query.length() < 2) {
      return found;
    }
    for (String pair : query.substring(1).split("&")) {
      int equals = pair.indexOf('=', 1);
      String key = decode(equals < 0 ? pair : pair.substring(0, equals), true).orElse("");
      if (key.equalsIgnoreCase(name)) {
        Optional<String> value = decode(equals < 0 ? "" : pair.substring(equals + 1), true);
        if (value.isEmpty()) {
          throw Refusal.invalidRequest("The query's '" + name + "' is not UTF-8.");
        }
        if (!key.equals(name) || (found.isPresent() && !found.equals(value))) {
          throw Refusal.duplicateModel("The query names '" + name + "' in several ways.");
        }
        found = value;
      } else if (isHidden(name, key) || isBehindSemicolon(name, pair)) {
        throw Refusal.duplicateModel("The query can be read as another '" + name + "'.");
      }
    }
    return found.filter(value -> !value.isEmpty());
  }

  /// Whether some reader takes the key for this name: PHP, Rack and qs read `model[]` so, older
  /// versions of cpp-httplib `=model=`.
  private static boolean isHidden(String name, String key) {
    int start = 0;
    while (start < key.length() && (key.charAt(start) <= ' ' || isOpening(key.charAt(start)))) {
      start++;
    }
    int bracket = key.indexOf('[', start);
    String bare = key.substring(start, bracket < 0 ? key.length() : bracket);
    return bare.replace("]", "").trim().equalsIgnoreCase(name);
  }

  private static boolean isOpening(char c) {
    return c == '=' || c == '[';
  }

  private static boolean isBehindSemicolon(String name, String pair) {
    if (pair.indexOf(';') < 0) {
      return false;
    }
    for (String piece : pair.split(";")) {
      int equals = piece.indexOf('=', 1);
      String key = equals < 0 ? piece : piece.substring(0, equals);
      if (decode(key, true).filter(text -> isHidden(name, text)).isPresent()) {
        return true;
      }
    }
    return false;
  }

  /// Whether the path is this one or lies below it.
  public boolean isUnder(String folder) {
    return path.startsWith(folder)
        && (path.length() == folder.length() || path.charAt(folder.length()) == '/');
  }

  /// Whether a request of this method only reads.
  static boolean isRead(String method) {
    return method.equals("GET") || method.equals("HEAD");
  }

  /// Whether the path holds a segment that leads elsewhere, `.` or `..`, in any spelling.
  boolean hasDotSegments() {
    return Readings.hasDotSegments(path);
  }

  /// The octet of two hex digits; -1 where there are none.
  static int hexPair(String text, int at) {
    int high = at + 1 < text.length() ? Character.digit(text.charAt(at), 16) : -1;
    int low = at + 1 < text.length() ? Character.digit(text.charAt(at + 1), 16) : -1;
    return high < 0 || low < 0 ? -1 : high << 4 | low;
  }

  /// A part of a path, percent-decoded; empty when an escape is broken or the bytes aren't UTF-8.
  public static Optional<String> decode(String raw) {
    return decode(raw, false);
  }

  /// Percent-decoding into UTF-8, in queries with `+` for a blank.
  private static Optional<String> decode(String raw, boolean plusIsBlank) {
    if (raw.indexOf('%') < 0 && raw.indexOf('+') < 0) {
      return Optional.of(raw);
    }
    byte[] bytes = new byte[raw.length()];
    int length = 0;
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c == '%') {
        int octet = hexPair(raw, i + 1);
        if (octet < 0) {
          return Optional.empty();
        }
        bytes[length++] = (byte) octet;
        i += 2;
      } else {
        bytes[length++] = (byte) (c == '+' && plusIsBlank ? ' ' : c);
      }
    }
    // An exception for each bad name of a long query would cost milliseconds.
    var text = CharBuffer.allocate(length);
    var octets = ByteBuffer.wrap(bytes, 0, length);
    boolean bad = StandardCharsets.UTF_8.newDecoder().decode(octets, text, true).isError();
    return bad ? Optional.empty() : Optional.of(text.flip().toString());
  }
}
