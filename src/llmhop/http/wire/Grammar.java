package llmhop.http.wire;

import java.util.OptionalLong;

/// The small rules of HTTP's grammar, each with its section.
public final class Grammar {
  private static final boolean[] TOKEN = new boolean[128];
  private static final boolean[] FIELD = new boolean[256];

  static {
    for (char c = '0'; c <= 'z'; c++) {
      TOKEN[c] = Character.isLetterOrDigit(c);
    }
    for (char c : "!#$%&'*+-.^_`|~".toCharArray()) {
      TOKEN[c] = true;
    }
    for (char c = ' '; c <= 0xff; c++) {
      FIELD[c] = c != 0x7f;
    }
    FIELD['\t'] = true;
  }

  private Grammar() {}

  /// RFC 9110 section 5.6.2: `token`.
  public static boolean isToken(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!isTokenCharacter(text.charAt(i))) {
        return false;
      }
    }
    return !text.isEmpty();
  }

  /// RFC 9110 section 5.6.2: `tchar`.
  public static boolean isTokenCharacter(int c) {
    return c < 128 && TOKEN[c];
  }

  /// RFC 9110 section 5.5: `field-value` as it may be sent: visible ASCII, blanks, tabs and the
  /// octets above (`obs-text`), nothing else.
  public static boolean isFieldValue(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!isFieldCharacter(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  /// RFC 9110 section 5.5: a character of a `field-value`, or white space in it.
  public static boolean isFieldCharacter(int c) {
    return c <= 0xff && FIELD[c];
  }

  /// A request's target (RFC 9112 section 3.2) as far as framing goes: no blanks, no controls, at
  /// least one character. Octets above ASCII are wrong there too, but harmless and in use.
  public static boolean isTarget(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c <= ' ' || c == 0x7f || c > 0xff) {
        return false;
      }
    }
    return !text.isEmpty();
  }

  /// RFC 5234 appendix B.1: the worth of a `HEXDIG` in either case; -1 when it is none.
  public static int hexDigit(int c) {
    if (c >= '0' && c <= '9') {
      return c - '0';
    }
    int lower = c | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  }

  /// RFC 9110 section 8.6: `Content-Length` is digits only; empty when it isn't, or too large for a
  /// `long`.
  public static OptionalLong contentLength(String text) {
    long length = 0;
    for (int i = 0; i < text.length(); i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9 || length > (Long.MAX_VALUE - digit) / 10) {
        return OptionalLong.empty();
      }
      length = length * 10 + digit;
    }
    return text.isEmpty() ? OptionalLong.empty() : OptionalLong.of(length);
  }
}
