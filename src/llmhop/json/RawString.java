package llmhop.json;

import java.nio.charset.StandardCharsets;

/// The octets between the quotes of a string, after `StringScan` found them right: decodes them.
final class RawString {

  /// How a name compares to the one that is looked for.
  enum Match {
    NONE,
    /// Equal but for the case of ASCII letters.
    OTHER_CASE,
    EXACT
  }

  /// The longest spelling of one character in a string: a backslash, `u` and four digits.
  static final int LONGEST_SPELLING = 6;

  private RawString() {}

  /// The characters that the octets spell. A lone surrogate's escape becomes a lone `char`.
  static String decode(byte[] raw, int from, int to) {
    int at = backslash(raw, from, to);
    if (at == to) {
      return new String(raw, from, to - from, StandardCharsets.UTF_8);
    }
    StringBuilder text = new StringBuilder(to - from);
    int plain = from;
    while (at < to) {
      text.append(new String(raw, plain, at - plain, StandardCharsets.UTF_8));
      text.append((char) escaped(raw, at));
      plain = at + spelling(raw, at);
      at = backslash(raw, plain, to);
    }
    return text.append(new String(raw, plain, to - plain, StandardCharsets.UTF_8)).toString();
  }

  private static int backslash(byte[] raw, int from, int to) {
    int at = from;
    while (at < to && raw[at] != '\\') {
      at++;
    }
    return at;
  }

  /// Compares to a name of ASCII letters, without making a String.
  static Match match(byte[] raw, int length, byte[] name) {
    Match match = Match.EXACT;
    int at = 0;
    for (byte wanted : name) {
      if (at == length) {
        return Match.NONE;
      }
      int found = raw[at] == '\\' ? escaped(raw, at) : raw[at];
      if (found != wanted) {
        // Between ASCII letters this bit is the case; from no other character does it lead to one.
        if ((found ^ wanted) != 0x20) {
          return Match.NONE;
        }
        match = Match.OTHER_CASE;
      }
      at += spelling(raw, at);
    }
    return at == length ? match : Match.NONE;
  }

  /// How many octets spell the character here, when it is ASCII or an escape.
  private static int spelling(byte[] raw, int at) {
    if (raw[at] != '\\') {
      return 1;
    }
    return raw[at + 1] == 'u' ? LONGEST_SPELLING : 2;
  }

  /// The UTF-16 code unit that the escape here stands for.
  private static int escaped(byte[] raw, int at) {
    return switch (raw[at + 1]) {
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' ->
          Octets.hex(raw[at + 2]) << 12
              | Octets.hex(raw[at + 3]) << 8
              | Octets.hex(raw[at + 4]) << 4
              | Octets.hex(raw[at + 5]);
      default -> raw[at + 1];
    };
  }
}
