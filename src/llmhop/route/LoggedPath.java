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
    int query = target.indexOf('?');
    int end = query < 0 ? target.length() : query;
    if (start < 0 || start >= end || target.charAt(start) != '/') {
      return target.equals("*") ? target : NONE;
    }
    return masked(target.substring(start, end));
  }

  /// Returns a path with `-` in place of what its segments say before an `@`, where that can be a
  /// user name or password: behind `//`, or with a colon in it.
  static String masked(String path) {
    if (path.indexOf('@') < 0 && path.indexOf("%40") < 0) {
      return path;
    }
    var out = new StringBuilder(path.length());
    int start = 0;
    while (start <= path.length()) {
      int slash = path.indexOf('/', start);
      int end = slash < 0 ? path.length() : slash;
      String segment = path.substring(start, end);
      int at = Math.max(segment.lastIndexOf('@'), segment.lastIndexOf("%40"));
      boolean behindTwo = start > 1 && path.charAt(start - 2) == '/';
      boolean secret = at > 0 && (behindTwo || hasColon(segment, at));
      out.append(secret ? NONE + segment.substring(at) : segment);
      out.append(slash < 0 ? "" : "/");
      start = end + 1;
    }
    return out.toString();
  }

  /// Whether a colon, plain or percent-encoded, stands before this place.
  private static boolean hasColon(String segment, int at) {
    String before = segment.substring(0, at);
    return before.indexOf(':') >= 0 || before.contains("%3A") || before.contains("%3a");
  }
}
