package llmhop.http.wire;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// The head of a part of a form (RFC 7578 section 4.2).
final class PartHead {
  private static final Set<String> PLAIN_CODINGS = Set.of("7bit", "8bit", "binary");

  private final String text;
  private final Map<String, String> fields;
  private final Map<String, String> parameters;

  private PartHead(String text, Map<String, String> fields, Map<String, String> parameters) {
    this.text = text;
    this.fields = fields;
    this.parameters = parameters;
  }

  /// Reads the head's lines, with the empty one at the end.
  ///
  /// @throws MalformedException when the head has no single `form-data` name, or the part changes
  ///   how other parts are read
  static PartHead parse(String text) throws MalformedException {
    Map<String, String> fields = new HashMap<>();
    String[] lines = text.split("\r\n", -1);
    for (int i = 0; i < lines.length - 2; i++) {
      String line = lines[i];
      int colon = line.indexOf(':');
      String field = colon < 0 ? "" : line.substring(0, colon);
      if (!Grammar.isToken(field) || !Grammar.isFieldValue(line)) {
        throw new MalformedException("a line in the head of a part is not a field");
      }
      String value = line.substring(colon + 1).strip();
      if (fields.put(field.toLowerCase(Locale.ROOT), value) != null) {
        throw new MalformedException("a field stands twice in the head of a part");
      }
    }
    String disposition = fields.getOrDefault("content-disposition", "");
    Map<String, String> parameters = FieldParameters.parse(disposition);
    boolean extended = parameters.keySet().stream().anyMatch(key -> key.startsWith("name*"));
    boolean form = FieldParameters.type(disposition).equalsIgnoreCase("form-data");
    if (!form || !parameters.containsKey("name") || extended) {
      throw new MalformedException("a part's Content-Disposition is not form-data; name=…");
    }
    var head = new PartHead(text, fields, parameters);
    // RFC 7578 section 4.6: a part of this name changes how all others are read.
    if (PartName.match(head.name(), "_charset_") != PartName.Match.OTHER) {
      throw new MalformedException("a part's name is one that changes how others are read");
    }
    // RFC 7578 section 4.3: parts within a part are obsolete; some readers look into them.
    String type = fields.getOrDefault("content-type", "").toLowerCase(Locale.ROOT);
    if (type.startsWith("multipart/")) {
      throw new MalformedException("a part of the form is a multipart body");
    }
    return head;
  }

  /// Compares the part's name with a wanted one, in every reading that is in use.
  PartName.Match match(String wanted) {
    return PartName.match(text, parameters, wanted);
  }

  /// Returns the part's name as it stands there, backslashes and percents not undone.
  String name() {
    return parameters.get("name");
  }

  /// Whether the part is a plain value in UTF-8: no file, no transfer encoding, no other charset.
  boolean isPlain() throws MalformedException {
    String coding = fields.getOrDefault("content-transfer-encoding", "binary");
    return parameters.keySet().stream().noneMatch(key -> key.startsWith("filename"))
        && ContentType.parse(fields.getOrDefault("content-type", "")).isUtf8()
        && PLAIN_CODINGS.contains(coding.toLowerCase(Locale.ROOT));
  }

  /// The head's text out of its bytes: names compare as ASCII, the rest isn't looked at.
  static String text(byte[] head) {
    return new String(head, StandardCharsets.ISO_8859_1);
  }
}
