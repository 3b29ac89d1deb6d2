package llmhop.http.wire;

import java.nio.charset.StandardCharsets;

/// Reads field lines out of a head's bytes, as strictly as RFC 9112 section 5 says: names are
/// tokens up to the colon, no folded lines, no control characters.
public final class FieldLines {
  private FieldLines() {}

  /// Where a line ends that begins at `from`: the offset of its CR; -1 when its end hasn't come.
  /// Nothing but CR LF ends a line (RFC 9112 section 2.2 lets a recipient take a bare LF; parsers
  /// that disagree there are how requests are smuggled).
  ///
  /// @param scanned where to look on, when the bytes before it have been looked at
  /// @throws MalformedException for a bare line feed
  public static int lineEnd(byte[] bytes, int from, int scanned, int to) throws MalformedException {
    for (int i = scanned; i < to; i++) {
      if (bytes[i] == '\n') {
        if (i == from || bytes[i - 1] != '\r') {
          throw new MalformedException("a line ends with a bare line feed");
        }
        return i - 1;
      }
    }
    return -1;
  }

  /// Adds the field of one line, which ends before `to`.
  public static void add(byte[] bytes, int from, int to, Fields fields) throws MalformedException {
    int colon = from;
    while (colon < to && Grammar.isTokenCharacter(bytes[colon] & 0xff)) {
      colon++;
    }
    if (colon == from || colon == to || bytes[colon] != ':') {
      throw new MalformedException("a field's name is not a token");
    }
    int start = colon + 1;
    int end = to;
    while (start < end && isBlank(bytes[start])) {
      start++;
    }
    while (end > start && isBlank(bytes[end - 1])) {
      end--;
    }
    for (int i = start; i < end; i++) {
      if (!Grammar.isFieldCharacter(bytes[i] & 0xff)) {
        throw new MalformedException("a field's value holds control characters");
      }
    }
    String value = new String(bytes, start, end - start, StandardCharsets.ISO_8859_1);
    fields.add(KnownNames.name(bytes, from, colon), value);
  }

  /// RFC 9110 section 5.6.3: `OWS` is blanks and tabs.
  private static boolean isBlank(byte octet) {
    return octet == ' ' || octet == '\t';
  }
}
