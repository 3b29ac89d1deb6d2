package llmhop.config;

/// A pattern in which `*` stands for any run of characters, also an empty one, and nothing else is
/// special.
///
/// @param pattern the pattern as the operator wrote it
public record Glob(String pattern) {
  /// Whether the whole text matches. The text before the first star and the text behind the last
  /// one have a single place each, and what stands between two stars is taken where it comes first,
  /// so that a hostile text costs one search per star.
  ///
  /// @param text what to compare
  /// @return true when the pattern stands for the text
  public boolean matches(CharSequence text) {
    int first = pattern.indexOf('*');
    if (first < 0) {
      return pattern.contentEquals(text);
    }
    int last = pattern.lastIndexOf('*');
    int end = text.length() - (pattern.length() - last - 1);
    if (end < first
        || !stands(0, first, text, 0)
        || !stands(last + 1, pattern.length(), text, end)) {
      return false;
    }
    if (first == last) {
      return true;
    }
    String whole = text.toString();
    int at = first;
    for (int begin = first + 1; begin <= last; begin = pattern.indexOf('*', begin) + 1) {
      String piece = pattern.substring(begin, pattern.indexOf('*', begin));
      int found = whole.indexOf(piece, at, end);
      if (found < 0) {
        return false;
      }
      at = found + piece.length();
    }
    return true;
  }

  /// Whether a part of the pattern stands at an index of the text, which is long enough for it.
  private boolean stands(int begin, int end, CharSequence text, int at) {
    for (int i = begin; i < end; i++) {
      if (pattern.charAt(i) != text.charAt(at + i - begin)) {
        return false;
      }
    }
    return true;
  }
}
