package llmhop.route;

/// What a parser of the WHATWG URL Standard makes of a path that it resolves as a reference against
/// `http://host/`: its steps, written from the standard, for texts of octets.
///
/// @see <a href="https://url.spec.whatwg.org/#concept-basic-url-parser">basic URL parser</a>
final class UrlReference {
  private UrlReference() {}

  /// Whether the parser keeps host and path and finds neither query nor fragment; what it only
  /// percent-encodes is kept.
  static boolean keeps(String path) {
    String input = stripped(path);
    if (!input.startsWith("/") && !input.startsWith("\\")) {
      throw new IllegalArgumentException("no path: " + path);
    }
    if (input.length() > 1 && "/\\".indexOf(input.charAt(1)) >= 0) {
      return false; // relative slash state: an authority follows
    }
    return pathState(input.substring(1)).equals(encoded(path));
  }

  /// Whether the parser keeps the path raw and after each of this many percent-decodings.
  static boolean keeps(String path, int decodings) {
    return keeps(path) && (decodings == 0 || keeps(decoded(path), decodings - 1));
  }

  private static String stripped(String text) {
    int begin = 0;
    int end = text.length();
    while (begin < end && text.charAt(begin) <= 0x20) begin++;
    while (begin < end && text.charAt(end - 1) <= 0x20) end--;
    return text.substring(begin, end).replaceAll("[\t\n\r]", "");
  }

  /// The path and what comes behind it, from the first segment on.
  private static String pathState(String text) {
    var segments = new java.util.ArrayDeque<String>();
    var buffer = new StringBuilder();
    for (int i = 0; ; i++) {
      char c = i < text.length() ? text.charAt(i) : '?';
      boolean slash = c == '/' || c == '\\';
      if (!slash && c != '?' && c != '#') {
        buffer.append(encoded(String.valueOf(c)));
        continue;
      }
      String segment = buffer.toString().toLowerCase(java.util.Locale.ROOT).replace("%2e", ".");
      if (segment.equals("..")) {
        segments.pollLast();
        if (!slash) segments.add("");
      } else if (segment.equals(".")) {
        if (!slash) segments.add("");
      } else {
        segments.add(buffer.toString());
      }
      buffer.setLength(0);
      if (!slash) {
        return "/" + String.join("/", segments) + text.substring(Math.min(i, text.length()));
      }
    }
  }

  /// The path percent-encode set.
  private static String encoded(String text) {
    var encoded = new StringBuilder();
    for (char c : text.toCharArray()) {
      boolean kept = c > 0x20 && c < 0x7f && "\"#<>?`{}^".indexOf(c) < 0;
      encoded.append(kept ? String.valueOf(c) : "%%%02X".formatted((int) c));
    }
    return encoded.toString();
  }

  private static String decoded(String text) {
    var decoded = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      if (text.substring(i).matches("(?s)%[0-9A-Fa-f]{2}.*")) {
        decoded.append((char) Integer.parseInt(text.substring(i + 1, i + 3), 16));
        i += 2;
      } else {
        decoded.append(text.charAt(i));
      }
    }
    return decoded.toString();
  }
}
