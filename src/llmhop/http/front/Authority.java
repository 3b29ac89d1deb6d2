package llmhop.http.front;

/// The grammar of `Host` (RFC 9110 section 7.2, RFC 3986 section 3.2.2).
final class Authority {
  private static final boolean[] NAME = new boolean[128];

  static {
    for (char c = '0'; c <= 'z'; c++) {
      NAME[c] = Character.isLetterOrDigit(c);
    }
    // Of what RFC 3986 allows in names: no comma, semicolon or quote, which no real name has.
    for (char c : "-._~%!$&()*+=".toCharArray()) {
      NAME[c] = true;
    }
  }

  private Authority() {}

  /// `uri-host [ ":" port ]`; may be empty, as where a target has no authority.
  static boolean isValid(String text) {
    int end = text.startsWith("[") ? literalEnd(text) : nameEnd(text);
    return end >= 0 && isPort(text, end);
  }

  private static int nameEnd(String text) {
    int at = 0;
    while (at < text.length() && text.charAt(at) < 128 && NAME[text.charAt(at)]) {
      at++;
    }
    return at;
  }

  private static int literalEnd(String text) {
    int at = 1;
    while (at < text.length() && (isHex(text.charAt(at)) || text.charAt(at) == '.')) {
      at++;
    }
    return at > 1 && at < text.length() && text.charAt(at) == ']' ? at + 1 : -1;
  }

  private static boolean isHex(char c) {
    return c == ':' || Character.digit(c, 16) >= 0 && c < 128;
  }

  private static boolean isPort(String text, int from) {
    if (from == text.length()) {
      return true;
    }
    if (text.charAt(from) != ':' || text.length() - from > 6) {
      return false;
    }
    for (int i = from + 1; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    return true;
  }
}
