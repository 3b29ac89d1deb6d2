package llmhop.route;

/// The part of a request's target that logs and messages may show: its path, without a query and
/// without a user name or password in any form of the target (RFC 9110 section 4.2.4, RFC 3986
/// section 7.5).
final class LoggedPath {
  /// Stands for a target without a path, and for a user name or password.
  static final String NONE = "-";

  private LoggedPath() {}

  /// Returns the path of a raw target that may have been refused; [#NONE] where no path begins.
  ///
  /// @param target in any form, perhaps malformed
  static String ofTarget(String target) {
    int scheme = target.startsWith("/") ? -1 : target.indexOf("://");
    int start = scheme < 0 ? 0 : target.indexOf('/', scheme + 3);
    if (scheme >= 0 && atSign(target) > start) {
      // The password may hold a slash or a question mark.
      return NONE;
    }
    int query = target.indexOf('?');
    int end = query < 0 ? target.length() : query;
    if (start < 0 || start >= end || target.charAt(start) != '/') {
      return target.equals("*") ? target : NONE;
    }
    return masked(target.substring(start, end));
  }

  /// Returns a path with `-` in place of what it says before an `@`, where that can be a user name
  /// or password: behind `//`, or in a segment with a colon.
  static String masked(String path) {
    int last = atSign(path);
    if (last < 0) {
      return path;
    }
    int two = path.indexOf("//");
    if (two >= 0 && two < last) {
      return masked(path.substring(0, two)) + "//" + NONE + path.substring(last);
    }
    var out = new StringBuilder(path.length());
    int start = 0;
    while (start <= path.length()) {
      int slash = path.indexOf('/', start);
      int end = slash < 0 ? path.length() : slash;
      String segment = path.substring(start, end);
      int at = atSign(segment);
      out.append(at > 0 && hasColon(segment, at) ? NONE + segment.substring(at) : segment);
      out.append(slash < 0 ? "" : "/");
      start = end + 1;
    }
    return out.toString();
  }

  /// The index of the last `@`, plain or percent-encoded; -1 for none.
  private static int atSign(String text) {
    return Math.max(text.lastIndexOf('@'), text.lastIndexOf("%40"));
  }

  /// Whether a colon, plain or percent-encoded, stands before this place.
  private static boolean hasColon(String segment, int at) {
    String before = segment.substring(0, at);
    return before.indexOf(':') >= 0 || before.contains("%3A") || before.contains("%3a");
  }
}
