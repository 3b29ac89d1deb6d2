package llmhop.http.wire;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Compares the name of a form's part with a wanted one, in every reading that is in use.
///
/// Parsers of `Content-Disposition` differ in where a parameter begins:
/// - cpp-httplib (llama.cpp, whisper.cpp) splits at each `;`, within quotes too; the first `name`
///   counts, and of its value what follows the last `=`: `parse_disposition_params` in
///   [httplib.h](https://github.com/yhirose/cpp-httplib).
/// - Python's `email` (python-multipart, so vLLM and SGLang) counts quotes and takes each `\"` for
///   none, and joins `name*0=`, `name*=` (RFC 2231); the last `name` counts:
///   [Lib/email/message.py](https://github.com/python/cpython).
/// - aiohttp splits at each `;` and takes slashes and backslashes off the front of a value:
///   [aiohttp/multipart.py](https://github.com/aio-libs/aiohttp).
/// - formidable and multiparty look for `\bname=`, Rack for `; name=`, anywhere in the line.
///
/// They differ in what is a name, too: PHP, Rack, qs and LocalAI's Fiber read `model[]` and
/// `model[x]` as `model`; browsers write `%22` for quotes, which some servers undo; `email` undoes
/// `<model>` and RFC 2047. So each `name=` in the head counts, wherever it stands, but for one
/// within a longer word such as `filename=`.
final class PartName {
  /// The longest value at a further `name=` that is looked at, in characters: `model` with each
  /// letter percent-encoded four times has 45.
  private static final int MAX_VALUE = 128;

  /// The most `name=` of a head, so that its length bounds the work on it: real heads have one,
  /// some have another in their `Content-Type`.
  static final int MAX_NAMES = 16;

  /// The percent-encodings that are undone; no server undoes more than two.
  private static final int MAX_DECODINGS = 4;

  private static final Pattern NAME =
      Pattern.compile(
          "name[\\s\"'\\\\]*+\\*?[0-9]*+\\*?[\\s\"'\\\\]*+=+", Pattern.CASE_INSENSITIVE);

  /// How a part's name compares to a wanted one.
  enum Match {
    /// Any reader takes it for the wanted one.
    SAME,
    /// Any reader takes it for the wanted one, but for the case of its letters.
    OTHER_CASE,
    /// Some readers take it for the wanted one.
    PERHAPS,
    /// No reader takes it for the wanted one.
    OTHER
  }

  private PartName() {}

  /// Compares a part's name.
  ///
  /// @param head the lines of the part's head
  /// @param parameters those of its `Content-Disposition`, with a `name`
  /// @param wanted the wanted name, in lower-case ASCII
  static Match match(String head, Map<String, String> parameters, String wanted) {
    String name = parameters.get("name");
    Match match = match(name, wanted);
    int named = 0;
    boolean again = false;
    Matcher found = NAME.matcher(head);
    while (named <= MAX_NAMES && found.find()) {
      if (!isWithinWord(head, found.start())) {
        named++;
        // The first may be the real one, which has been compared.
        again |= reads(head, found.end(), wanted) && !(named == 1 && match != Match.OTHER);
      }
    }
    boolean elsewhere =
        (named > 1 && match != Match.OTHER)
            || ((named > 1 || name.indexOf('=') >= 0) && isNamedBehindLastEquals(head, wanted));
    return again || elsewhere || named > MAX_NAMES || isNamedBefore(parameters, wanted)
        ? Match.PERHAPS
        : match;
  }

  /// Compares one name.
  static Match match(String name, String wanted) {
    if (name.equals(wanted)) {
      return Match.SAME;
    }
    if (name.equalsIgnoreCase(wanted)) {
      return Match.OTHER_CASE;
    }
    // RFC 2047, which mail parsers undo.
    boolean encoded = name.contains("=?") && name.contains("?=");
    return encoded || reduced(name).equalsIgnoreCase(wanted) ? Match.PERHAPS : Match.OTHER;
  }

  /// Whether a piece between semicolons is `name=…=wanted`, where `=` may stand several times and
  /// at the ends.
  private static boolean isNamedBehindLastEquals(String head, String wanted) {
    for (String piece : head.split(";")) {
      int from = 0;
      int to = piece.length();
      while (from < to && isEqualsOrBlank(piece.charAt(from))) {
        from++;
      }
      while (to > from && isEqualsOrBlank(piece.charAt(to - 1))) {
        to--;
      }
      int first = piece.indexOf('=', from);
      if (first >= 0
          && first < to
          && reduced(piece.substring(from, first)).equals("name")
          && match(piece.substring(piece.lastIndexOf('=', to - 1) + 1, to), wanted)
              != Match.OTHER) {
        return true;
      }
    }
    return false;
  }

  private static boolean isEqualsOrBlank(char c) {
    return c == '=' || c <= ' ';
  }

  /// Whether a `filename` before the name reads as the wanted one, to a reader that takes the first
  /// text `name=`.
  private static boolean isNamedBefore(Map<String, String> parameters, String wanted) {
    for (Map.Entry<String, String> each : parameters.entrySet()) {
      if (each.getKey().equals("name")) {
        return false;
      }
      if (each.getKey().contains("name") && match(each.getValue(), wanted) != Match.OTHER) {
        return true;
      }
    }
    return false;
  }

  private static boolean isWithinWord(String head, int at) {
    return at > 0 && (Character.isLetterOrDigit(head.charAt(at - 1)) || head.charAt(at - 1) == '_');
  }

  /// Whether the value that begins here reads as the wanted name.
  private static boolean reads(String head, int from, String wanted) {
    int start = from;
    boolean quoted = false;
    while (start < head.length() && isPadding(head.charAt(start))) {
      quoted |= head.charAt(start) == '"' || head.charAt(start) == '\'';
      start++;
    }
    int most = Math.min(head.length(), start + MAX_VALUE);
    int end = start;
    String ends = quoted ? "\";,\r\n" : " \t\r\n()<>@,;:\\\"/[]?={}";
    while (end < most && ends.indexOf(head.charAt(end)) < 0) {
      end++;
    }
    String value = head.substring(start, end);
    // RFC 8187: charset'language'value.
    String extended = value.substring(value.lastIndexOf('\'', value.length() - 2) + 1);
    return match(value, wanted) != Match.OTHER || match(extended, wanted) != Match.OTHER;
  }

  /// Returns a name as the laxest reader has it: percents and backslashes undone, padding and
  /// brackets taken off.
  static String reduced(String name) {
    String text = name;
    for (int i = 0; i < MAX_DECODINGS && text.indexOf('%') >= 0; i++) {
      text = decoded(text);
    }
    text = text.replace("\\", "");
    int start = 0;
    while (start < text.length() && (isPadding(text.charAt(start)) || text.charAt(start) == ']')) {
      start++;
    }
    int bracket = text.indexOf('[', start);
    int end = bracket < 0 ? text.length() : bracket;
    while (end > start
        && (isPadding(text.charAt(end - 1)) || "].".indexOf(text.charAt(end - 1)) >= 0)) {
      end--;
    }
    return text.substring(start, end).toLowerCase(Locale.ROOT);
  }

  private static String decoded(String text) {
    var out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      int high = text.charAt(i) == '%' && i + 2 < text.length() ? hex(text, i + 1) : -1;
      int low = high < 0 ? -1 : hex(text, i + 2);
      out.append(low < 0 ? text.charAt(i) : (char) (high << 4 | low));
      i += low < 0 ? 0 : 2;
    }
    return out.toString();
  }

  private static int hex(String text, int at) {
    return Grammar.hexDigit(text.charAt(at));
  }

  /// A character that some reader takes off a name's ends.
  private static boolean isPadding(char c) {
    return c <= ' ' || c == 0x7f || "\"'<>/\\[".indexOf(c) >= 0;
  }
}
