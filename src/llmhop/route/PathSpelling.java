package llmhop.route;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/// Tells paths that every URL parser leaves as they are from paths that a parser changes.
///
/// Servers and the proxies before them resolve the path of a request as a reference, and some undo
/// percent-encoding first. A path is *steady* when a parser of the WHATWG URL Standard that
/// resolves the path against `http://host/` yields the same path, raw and after each of up to four
/// percent-decodings. A parser changes a path by its dot segments, by `\`, which is a slash to it,
/// by a leading `//`, which begins a host, by `?` and `#`, and by tabs, line breaks and blanks at
/// the end, which it strips. A character that the parser only percent-encodes, such as a blank
/// within a name, changes nothing.
///
/// A steady path holds none of what other servers change either: no NUL, at which a C string ends;
/// no octets that are not UTF-8, which a lenient decoder takes for a dot or a slash; no dot segment
/// with a parameter or a blank behind the dots; no escaped slash in a parameter, which is cut off
/// with the parameter or begins a new segment. All checks take time linear in the path's length.
///
/// @see <a href="https://url.spec.whatwg.org/#concept-basic-url-parser">URL Standard: basic URL
///   parser</a>
final class PathSpelling {
  /// How often escapes are undone: servers do it once, a proxy before them once more, and twice as
  /// many levels leave room for both.
  static final int MAX_DECODINGS = 4;

  private PathSpelling() {}

  /// Whether no server reads another path in this one.
  ///
  /// @param rawPath a path as it came, beginning with `/`
  static boolean isSteady(String rawPath) {
    String path = rawPath;
    for (int decodings = 0; !isChanged(path); decodings++) {
      if (decodings == MAX_DECODINGS || path.indexOf('%') < 0) {
        return true;
      }
      path = decoded(path);
    }
    return false;
  }

  private static boolean isChanged(String path) {
    int length = path.length();
    if (length == 0 || path.charAt(length - 1) <= ' ' || path.startsWith("//")) {
      return true;
    }
    boolean ascii = true;
    int segment = 0;
    for (int i = 0; i < length; i++) {
      char c = path.charAt(i);
      if (c == '\\' || c == '?' || c == '#' || c == '\t' || c == '\n' || c == '\r' || c == 0) {
        return true;
      }
      ascii &= c < 0x80;
      if (c == '/') {
        if (isOdd(path, segment, i)) {
          return true;
        }
        segment = i + 1;
      }
    }
    return isOdd(path, segment, length) || !(ascii || isUtf8(path));
  }

  /// Whether a segment is a dot segment, with something behind the dots that a server drops or
  /// without, or holds an escaped slash in its parameters.
  private static boolean isOdd(String path, int begin, int end) {
    int at = begin;
    int dots = 0;
    while (at < end && dotEnd(path, at) > 0) {
      at = dotEnd(path, at);
      dots++;
    }
    if (dots == 1 || dots == 2) {
      while (at < end && path.charAt(at) <= ' ') {
        at++;
      }
      if (at == end || path.charAt(at) == ';') {
        return true;
      }
    }
    int parameters = path.indexOf(';', begin, end);
    return parameters >= 0 && hidesSlash(path, parameters, end);
  }

  /// The index behind a dot or its escape, `%2e`; 0 where none begins.
  private static int dotEnd(String path, int at) {
    if (path.charAt(at) == '.') {
      return at + 1;
    }
    return path.regionMatches(true, at, "%2e", 0, 3) ? at + 3 : 0;
  }

  private static boolean hidesSlash(String path, int begin, int end) {
    for (int i = begin; i < end; i++) {
      if (path.charAt(i) == '%'
          && (path.regionMatches(true, i, "%2f", 0, 3) || path.startsWith("%25", i))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isUtf8(String octets) {
    try {
      byte[] bytes = octets.getBytes(StandardCharsets.ISO_8859_1);
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  /// Percent-decoding that leaves what it cannot decode, into a character per octet.
  static String decoded(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    int length = 0;
    for (int i = 0; i < bytes.length; i++) {
      int octet = bytes[i] == '%' ? Target.hexPair(text, i + 1) : -1;
      bytes[length++] = octet < 0 ? bytes[i] : (byte) octet;
      i += octet < 0 ? 0 : 2;
    }
    return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
  }
}
