package llmhop.route;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;

/// What servers may take the path of a request for: they undo escapes once, twice or not at all,
/// before or after they resolve `..`, ignore case, or what stands behind a `;`. Who closes a path
/// has to close it in every reading; who opens one must be sure that there is a single one, which
/// [#isPlain] says.
final class Readings {
  /// Nobody means a path of more segments; the work on one is bounded by it.
  static final int MOST_SEGMENTS = 64;

  /// How often escapes are undone; servers do it once, some twice.
  private static final int MOST_DECODINGS = 4;

  private Readings() {}

  /// Whether every server reads this path as it stands: no escapes, no empty or dot segments, no
  /// parameters, no slash or dot at the end of anything. Case is the server's to tell apart, so it
  /// is compared too where a path is opened.
  static boolean isPlain(String path) {
    if (path.equals("/")) {
      return true;
    }
    char before = '.';
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      boolean ends = c == '/' && (before == '/' || (before == '.' && i > 0));
      if (ends || (i == 0 && c != '/') || !isPlain(c)) {
        return false;
      }
      before = c;
    }
    return before != '/' && before != '.';
  }

  private static boolean isPlain(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || "/-._~:@!$&'()*+,=".indexOf(c) >= 0;
  }

  /// What is looked for in readings.
  interface Sought {
    /// Whether it is this path.
    ///
    /// @param place where a reading stands, in lower case
    /// @param ends whether a reading may end there; else more segments follow
    boolean covers(CharSequence place, boolean ends);
  }

  /// Whether a server could see a path that is sought in a raw one. Each path that a reading stands
  /// on while it goes through the segments is asked about, so that what follows can't lead away
  /// again (`/pause/../x`). A path of too many segments always is one of them.
  static boolean any(String rawPath, Sought sought) {
    if (isPlain(rawPath)) {
      return isTooLong(rawPath) || walk(rawPath, true, new StringBuilder(), sought);
    }
    Set<String> readings = new LinkedHashSet<>();
    readings.add(rawPath);
    readings.add(withoutAuthority(rawPath));
    for (int decodings = 0; !readings.isEmpty(); decodings++) {
      Set<String> decoded = new LinkedHashSet<>();
      for (String reading : readings) {
        var resolved = new StringBuilder();
        var dropped = new StringBuilder();
        if (isTooLong(reading)
            || walk(reading, true, resolved, sought)
            || walk(reading, false, dropped, sought)) {
          return true;
        }
        if (reading.indexOf('%') >= 0 && decodings < MOST_DECODINGS) {
          decoded.add(decoded(reading));
          decoded.add(decoded(resolved.toString()));
          decoded.add(decoded(dropped.toString()));
        }
      }
      readings = decoded;
    }
    return false;
  }

  /// What begins with two slashes is a host and a path to those who read it as a reference of RFC
  /// 3986, section 4.2.
  private static String withoutAuthority(String rawPath) {
    String path = rawPath.replace('\\', '/');
    if (!path.startsWith("//")) {
      return rawPath;
    }
    int end = path.indexOf('/', 2);
    return end < 0 ? "/" : rawPath.substring(end);
  }

  private static boolean isTooLong(String path) {
    int segments = 0;
    for (int i = 0; i < path.length(); i++) {
      segments += path.charAt(i) == '/' || path.charAt(i) == '\\' ? 1 : 0;
    }
    return segments > MOST_SEGMENTS;
  }

  /// The path as the most lenient server would see it: decoded until nothing is left to decode, in
  /// lower case, each segment without what some servers cut off, no empty segments, dot segments or
  /// trailing slash. Never sent anywhere.
  static String normal(String rawPath) {
    var path = new StringBuilder();
    walk(fullyDecoded(rawPath), true, path, (place, ends) -> false);
    return path.isEmpty() ? "/" : path.toString();
  }

  /// Whether a segment leads elsewhere, `.` or `..`, in any spelling.
  static boolean hasDotSegments(String rawPath) {
    for (String segment : fullyDecoded(rawPath).replace('\\', '/').split("/")) {
      if (segment.equals(".") || segment.equals("..")) {
        return true;
      }
    }
    return false;
  }

  /// Goes through the segments, and stops at a path that is asked for.
  ///
  /// @param resolves whether `..` leads up; if not, it is left out
  /// @param at where it stands
  private static boolean walk(String path, boolean resolves, StringBuilder at, Sought sought) {
    for (String segment : path.toLowerCase(Locale.ROOT).replace('\\', '/').split("/")) {
      String kept = withoutTail(segment);
      if (kept.equals("..") && resolves) {
        at.setLength(Math.max(0, at.lastIndexOf("/")));
      }
      String name = withoutDots(kept);
      boolean isCut = kept.length() < segment.length();
      if (!name.isEmpty()) {
        at.append('/').append(name);
      }
      if (!at.isEmpty() && (isCut || !name.isEmpty()) && sought.covers(at, isCut)) {
        return true;
      }
    }
    return sought.covers(at.isEmpty() ? "/" : at, true);
  }

  /// Without parameters behind `;`, what follows a NUL, a decoded query or fragment, and blanks at
  /// the end: one server or another ignores each of them.
  private static String withoutTail(String segment) {
    int end = 0;
    while (end < segment.length() && ";?#\0".indexOf(segment.charAt(end)) < 0) {
      end++;
    }
    while (end > 0 && segment.charAt(end - 1) <= ' ') {
      end--;
    }
    return segment.substring(0, end);
  }

  private static String withoutDots(String segment) {
    int end = segment.length();
    while (end > 0 && (segment.charAt(end - 1) == '.' || segment.charAt(end - 1) <= ' ')) {
      end--;
    }
    return segment.substring(0, end);
  }

  private static String fullyDecoded(String rawPath) {
    String path = rawPath;
    for (int i = 0; i < MOST_DECODINGS && path.indexOf('%') >= 0; i++) path = decoded(path);
    return path;
  }

  /// Percent-decoding that leaves what it can't decode, into a character per octet.
  private static String decoded(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    int length = 0;
    for (int i = 0; i < bytes.length; i++) {
      int octet = bytes[i] == '%' ? Target.hexPair(text, i + 1) : -1;
      bytes[length++] = octet < 0 ? bytes[i] : (byte) octet;
      i += octet < 0 ? 0 : 2;
    }
    return new String(Arrays.copyOf(bytes, length), StandardCharsets.ISO_8859_1);
  }
}
