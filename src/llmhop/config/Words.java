package llmhop.config;

import java.util.function.IntPredicate;
import llmhop.json.JsonWriter;

/// Pieces of messages, and what texts are made of.
final class Words {
  private static final int MAX_QUOTED = 80;

  private Words() {}

  /// A text from outside as it may stand in a message: quoted, escaped, and not too long.
  static String quoted(String text) {
    return JsonWriter.quote(text.length() <= MAX_QUOTED ? text : cut(text));
  }

  private static String cut(String text) {
    boolean splitsPair = Character.isHighSurrogate(text.charAt(MAX_QUOTED - 1));
    return text.substring(0, splitsPair ? MAX_QUOTED - 1 : MAX_QUOTED) + "...";
  }

  /// Whether each surrogate has its other half, so that the text can be sent as UTF-8.
  static boolean isWellFormed(String text) {
    return !some(text, c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
  }

  static boolean hasControl(String text) {
    return some(text, Character::isISOControl);
  }

  /// Whether all of it is visible ASCII.
  static boolean isVisible(String text) {
    return !some(text, c -> c <= ' ' || c >= 0x7f);
  }

  /// Whether some code point of the text is such a one; without a stream, for each text of a config
  /// comes by before the first request.
  private static boolean some(String text, IntPredicate such) {
    int codePoint;
    for (int i = 0; i < text.length(); i += Character.charCount(codePoint)) {
      codePoint = text.codePointAt(i);
      if (such.test(codePoint)) return true;
    }
    return false;
  }
}
