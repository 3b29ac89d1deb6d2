package llmhop.config;

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
    return text.codePoints()
        .noneMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
  }

  static boolean hasControl(String text) {
    return text.chars().anyMatch(Character::isISOControl);
  }

  /// Whether all of it is visible ASCII.
  static boolean isVisible(String text) {
    return text.chars().allMatch(c -> c > ' ' && c < 0x7f);
  }
}
