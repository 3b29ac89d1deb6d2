package llmhop.http.wire;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The head of a part of a form (RFC 7578 section 4.2).
///
/// @param name the part's name as it stands there, backslashes and percents not undone
/// @param plain whether it is a plain value in UTF-8: no file, no transfer encoding, no other
///   charset
record PartHead(String name, boolean plain) {
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

  /// Reads the head's lines, with the empty one at the end.
  static PartHead parse(String head) throws MultipartException {
    Map<String, String> fields = new HashMap<>();
    String[] lines = head.split("\r\n", -1);
    for (int i = 0; i < lines.length - 2; i++) {
      String line = lines[i];
      int colon = line.indexOf(':');
      String field = colon < 0 ? "" : line.substring(0, colon);
      if (!Grammar.isToken(field) || !Grammar.isFieldValue(line)) {
        throw MultipartException.malformed("a line in the head of a part is not a field");
      }
      String value = line.substring(colon + 1).strip();
      if (fields.put(field.toLowerCase(Locale.ROOT), value) != null) {
        throw MultipartException.malformed("a field stands twice in the head of a part");
      }
    }
    String disposition = fields.getOrDefault("content-disposition", "");
    Map<String, String> parameters = FieldParameters.parse(disposition);
    String name = parameters.get("name");
    boolean extended = parameters.keySet().stream().anyMatch(key -> key.startsWith("name*"));
    boolean form = FieldParameters.type(disposition).equalsIgnoreCase("form-data");
    if (!form || name == null || extended) {
      throw MultipartException.malformed("a part's Content-Disposition is not form-data; name=…");
    }
    // RFC 7578 section 4.6: a part of this name changes how all others are read.
    if (name.equalsIgnoreCase("_charset_")) {
      throw MultipartException.malformed("a part's name is one that changes how others are read");
    }
    return new PartHead(name, !isFile(parameters) && isPlain(fields));
  }

  private static boolean isFile(Map<String, String> parameters) {
    return parameters.keySet().stream().anyMatch(key -> key.startsWith("filename"));
  }

  private static boolean isPlain(Map<String, String> fields) throws MultipartException {
    String type = fields.getOrDefault("content-type", "");
    String charset = FieldParameters.parse(type).getOrDefault("charset", "utf-8");
    String encoding = fields.getOrDefault("content-transfer-encoding", "binary");
    return Set.of("utf-8", "us-ascii").contains(charset.toLowerCase(Locale.ROOT))
        && Set.of("7bit", "8bit", "binary").contains(encoding.toLowerCase(Locale.ROOT))
        && !FieldParameters.type(type).toLowerCase(Locale.ROOT).startsWith("multipart/");
  }

  /// Compares the name under all readings that are in use: with and without backslashes undone (RFC
  /// 9110 section 5.6.4), percents undone (browsers write `%22`), outer blanks trimmed.
  Match match(String wanted) {
    Set<String> readings =
        Stream.of(name, unescaped(name))
            .flatMap(text -> Stream.of(text, unpercented(text)))
            .flatMap(text -> Stream.of(text, text.strip()))
            .collect(Collectors.toSet());
    if (name.startsWith("=?")) {
      return Match.PERHAPS; // RFC 2047, which mail parsers undo
    }
    if (readings.stream().noneMatch(wanted::equalsIgnoreCase)) {
      return Match.OTHER;
    }
    if (readings.size() > 1) {
      return Match.PERHAPS;
    }
    return name.equals(wanted) ? Match.SAME : Match.OTHER_CASE;
  }

  private static String unescaped(String text) {
    return text.replaceAll("\\\\(.)", "$1");
  }

  private static String unpercented(String text) {
    var out = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      boolean coded =
          text.charAt(i) == '%'
              && i + 2 < text.length()
              && HexFormat.isHexDigit(text.charAt(i + 1))
              && HexFormat.isHexDigit(text.charAt(i + 2));
      if (coded) {
        out.append((char) HexFormat.fromHexDigits(text, i + 1, i + 3));
        i += 2;
      } else {
        out.append(text.charAt(i));
      }
    }
    return out.toString();
  }

  /// The head's text out of its bytes: names compare as ASCII, the rest isn't looked at.
  static String text(byte[] head) {
    return new String(head, StandardCharsets.ISO_8859_1);
  }
}
