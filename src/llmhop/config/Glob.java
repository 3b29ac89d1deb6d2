package llmhop.config;

/// A pattern in which `*` stands for any run of characters, also an empty one, and nothing else is
/// special.
///
/// @param pattern the pattern as the operator wrote it
public record Glob(String pattern) {
  /// Whether the whole text matches. Linear space and at worst quadratic time: on a mismatch only
  /// the last star is taken up again, so a hostile text can't make it explode.
  ///
  /// @param text what to compare
  /// @return true when the pattern stands for the text
  public boolean matches(CharSequence text) {
    int p = 0;
    int t = 0;
    int star = -1;
    int resume = 0;
    while (t < text.length()) {
      if (p < pattern.length() && pattern.charAt(p) == '*') {
        star = p++;
        resume = t;
      } else if (p < pattern.length() && pattern.charAt(p) == text.charAt(t)) {
        p++;
        t++;
      } else if (star >= 0) {
        p = star + 1;
        t = ++resume;
      } else {
        return false;
      }
    }
    while (p < pattern.length() && pattern.charAt(p) == '*') {
      p++;
    }
    return p == pattern.length();
  }
}
