package llmhop.config;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/// Undoes percent-encoding (RFC 3986, 2.1).
final class Percent {
  private Percent() {}

  /// The text that was meant, bytes taken as UTF-8.
  ///
  /// @param otherwise what to say when a `%` stands without its two digits
  static String decoded(String text, String otherwise) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] != '%') {
        out.write(bytes[i]);
      } else {
        Checks.that(
            i + 2 < bytes.length
                && HexFormat.isHexDigit(bytes[i + 1])
                && HexFormat.isHexDigit(bytes[i + 2]),
            otherwise);
        out.write(HexFormat.fromHexDigit(bytes[++i]) << 4 | HexFormat.fromHexDigit(bytes[++i]));
      }
    }
    return out.toString(StandardCharsets.UTF_8);
  }
}
