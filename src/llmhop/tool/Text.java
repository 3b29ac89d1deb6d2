package llmhop.tool;

/// What may be shown of text that a caller sent.
final class Text {
  private Text() {}

  /// At most so many characters, of which none is half a surrogate pair.
  static String cut(String text, int longest) {
    if (text.length() <= longest) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(longest - 1)) ? longest - 1 : longest;
    return text.substring(0, end) + "…";
  }

  /// One word of a log line: visible ASCII stays, anything else becomes `?`.
  static String printable(String text, int longest) {
    StringBuilder out = new StringBuilder(Math.min(text.length(), longest));
    for (int i = 0; i < text.length() && i < longest; i++) {
      char c = text.charAt(i);
      out.append(c > ' ' && c < 0x7f ? c : '?');
    }
    return out.toString();
  }
}
