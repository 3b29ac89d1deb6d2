package llmhop.kit;

import java.nio.charset.StandardCharsets;

/// One chunk of a chunked body, as it came (RFC 9112, section 7.1).
///
/// @param sizeLine the line before the data, with its extensions and as many zeros as there were
/// @param data what it held; never empty
public record Chunk(String sizeLine, byte[] data) {
  /// The data as text.
  ///
  /// @return the data, read as UTF-8
  public String text() {
    return new String(data, StandardCharsets.UTF_8);
  }

  /// The data and its size, for failure texts.
  @Override
  public String toString() {
    return sizeLine + ":" + text();
  }
}
