package llmhop.route;

import java.util.Locale;

/// The paths that servers may take the path of a request for: servers undo escapes once, twice or
/// not at all, ignore case, merge slashes, or drop what stands behind a `;`. A rule that closes a
/// path applies to every reading; a rule that opens a path needs a path with a single reading,
/// which [#isPlain] tells.
///
/// The work on one path is bounded: a path takes at most five walks over its text, and a path
/// beyond the limits below is not walked at all.
final class Readings {
  /// Most segments of a path. The longest path of an engine has seven; 64 leaves room for ids with
  /// slashes in them.
  static final int MOST_SEGMENTS = 64;

  /// Longest path that is not plain, in characters. A name of 128 characters takes at most 1,536
  /// when each of its characters has four escaped octets; the rest is room for the path around it.
  static final int MAX_UNUSUAL_LENGTH = 2_048;

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
  /// on while it goes through the segments is asked about, so that what follows cannot lead away
  /// again (`/pause/x`). A path that is not steady ([PathSpelling]), too long or of too many
  /// segments counts as every path. A plain path has one reading and may have any length.
  static boolean any(String rawPath, Sought sought) {
    if (isPlain(rawPath)) {
      return isCrowded(rawPath) || walk(rawPath, new StringBuilder(), sought);
    }
    if (rawPath.length() > MAX_UNUSUAL_LENGTH || !PathSpelling.isSteady(rawPath)) {
      return true;
    }
    String reading = rawPath;
    for (int decodings = 0; ; decodings++) {
      if (isCrowded(reading) || walk(reading, new StringBuilder(), sought)) {
        return true;
      }
      if (decodings == PathSpelling.MAX_DECODINGS || reading.indexOf('%') < 0) {
        return false;
      }
      reading = PathSpelling.decoded(reading);
    }
  }

  private static boolean isCrowded(String path) {
    int segments = 0;
    for (int i = 0; i < path.length(); i++) {
      segments += path.charAt(i) == '/' ? 1 : 0;
    }
    return segments > MOST_SEGMENTS;
  }

  /// The path as the most lenient server would see it: decoded until nothing is left to decode, in
  /// lower case, each segment without what some servers cut off, no empty segments, dot segments or
  /// trailing slash. Never sent anywhere. Linear in the path's length.
  static String normal(String rawPath) {
    var path = new StringBuilder();
    walk(fullyDecoded(rawPath), path, (place, ends) -> false);
    return path.isEmpty() ? "/" : path.toString();
  }

  /// Whether a segment leads elsewhere, `.` or `..`, in any spelling. Linear in the path's length.
  static boolean hasDotSegments(String rawPath) {
    for (String segment : fullyDecoded(rawPath).replace('\\', '/').split("/")) {
      if (segment.equals(".") || segment.equals("..")) {
        return true;
      }
    }
    return false;
  }

  private static String fullyDecoded(String rawPath) {
    String path = rawPath;
    for (int i = 0; i < PathSpelling.MAX_DECODINGS && path.indexOf('%') >= 0; i++) {
      path = PathSpelling.decoded(path);
    }
    return path;
  }

  /// Goes through the segments, and stops at a path that is asked for.
  ///
  /// @param at where it stands
  private static boolean walk(String path, StringBuilder at, Sought sought) {
    for (String segment : path.toLowerCase(Locale.ROOT).replace('\\', '/').split("/")) {
      String kept = withoutTail(segment);
      if (kept.equals("..")) {
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
}
