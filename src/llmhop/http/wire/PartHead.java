package llmhop.http.wire;

import java.util.Locale;
import java.util.Map;

/// The head of a part of a form (RFC 7578 section 4.2).
///
/// @param name the part's name, `\"` and `%22` undone
/// @param plain whether it is a plain value: no file, no transfer encoding
record PartHead(String name, boolean plain) {
  /// Reads the head's lines, with the empty one at the end.
  static PartHead parse(String head) throws MultipartException {
    String disposition = null;
    boolean encoded = false;
    String[] lines = head.split("\r\n", -1);
    for (int i = 0; i < lines.length - 2; i++) {
      String line = lines[i];
      int colon = line.indexOf(':');
      String field = colon < 0 ? "" : line.substring(0, colon);
      if (!Grammar.isToken(field) || line.indexOf('\r') >= 0 || line.indexOf('\n') >= 0) {
        throw MultipartException.malformed("a line in the head of a part is not a field");
      }
      switch (field.toLowerCase(Locale.ROOT)) {
        case "content-disposition" -> {
          if (disposition != null) {
            throw MultipartException.malformed("a part has two Content-Disposition fields");
          }
          disposition = line.substring(colon + 1).strip();
        }
        case "content-transfer-encoding" -> encoded = true;
        default -> {}
      }
    }
    if (disposition == null) {
      throw MultipartException.malformed("a part has no Content-Disposition");
    }
    return of(disposition, encoded);
  }

  private static PartHead of(String disposition, boolean encoded) throws MultipartException {
    int semicolon = disposition.indexOf(';');
    String type = semicolon < 0 ? disposition : disposition.substring(0, semicolon).strip();
    Map<String, String> parameters = FieldParameters.parse(disposition);
    String name = parameters.get("name");
    if (!type.equalsIgnoreCase("form-data") || name == null || parameters.containsKey("name*")) {
      throw MultipartException.malformed("a part's disposition is not form-data with a name");
    }
    // RFC 7578 section 4.6: a part of this name changes how all others are read.
    if (name.equals("_charset_") || name.chars().anyMatch(c -> c < ' ' || c == 0x7f)) {
      throw MultipartException.malformed("a part's name is one that changes how others are read");
    }
    boolean file = parameters.containsKey("filename") || parameters.containsKey("filename*");
    return new PartHead(name.replace("%22", "\""), !file && !encoded);
  }
}
