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
    return replaced(text, longest, '!');
  }

  /// The same for a sentence, in one line: blanks stay.
  static String line(String text, int longest) {
    return replaced(text, longest, ' ');
  }

  private static String replaced(String text, int longest, char lowest) {
    StringBuilder out = new StringBuilder(Math.min(text.length(), longest));
    for (int i = 0; i < text.length() && i < longest; i++) {
      char c = text.charAt(i);
      out.append(c >= lowest && c < 0x7f ? c : '?');
    }
    return out.toString();
  }
}
