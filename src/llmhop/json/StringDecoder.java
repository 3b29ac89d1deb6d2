package llmhop.json;

/// Decodes the contents of strings to UTF-8 while they arrive, in any split. It takes what a
/// [ScanListener] hears: contents that were found right.
///
/// Two escapes that are a surrogate pair become one character of four bytes. A lone surrogate
/// becomes the three bytes that its number would have, which are not UTF-8: no other string has
/// them. Not for use by several threads.
///
/// ```
/// TEXT --escape--> ESCAPE --letter--> TEXT
///                         +--> HEX --digit, four times--> TEXT
/// ```
public final class StringDecoder {

  /// Takes what was decoded.
  @FunctionalInterface
  public interface Output {
    /// More of the text.
    ///
    /// @param utf8 holds it, for the time of this call
    /// @param from where it begins
    /// @param to where it ends
    void decoded(byte[] utf8, int from, int to);
  }

  private static final int LONGEST_CHARACTER = 4;
  private static final int NO_SURROGATE = 0;

  private enum State {
    TEXT,
    ESCAPE,
    HEX
  }

  private final Output output;
  private final byte[] character = new byte[LONGEST_CHARACTER];

  private State state = State.TEXT;

  /// The digits so far of an escape, and how many are to come.
  private int unit;

  private int left;

  /// A first half of a pair whose second half may follow.
  private int high = NO_SURROGATE;

  /// Makes a decoder of one string after another.
  ///
  /// @param output takes what was decoded
  public StringDecoder(Output output) {
    this.output = output;
  }

  /// Makes ready for the next string, whether or not the last one was heard to its end.
  public void begin() {
    state = State.TEXT;
    high = NO_SURROGATE;
  }

  /// More of the contents.
  ///
  /// @param raw holds them
  /// @param from where they begin
  /// @param to where they end
  public void text(byte[] raw, int from, int to) {
    int at = from;
    while (at < to) {
      if (state == State.TEXT && raw[at] != '\\') {
        at = plain(raw, at, to);
        continue;
      }
      byte octet = raw[at];
      switch (state) {
        case TEXT -> state = State.ESCAPE;
        case ESCAPE -> letter(octet);
        case HEX -> digit(octet);
      }
      at++;
    }
  }

  /// The string is over.
  public void end() {
    flush();
  }

  private int plain(byte[] raw, int from, int to) {
    int at = from + 1;
    while (at < to && raw[at] != '\\') {
      at++;
    }
    flush();
    output.decoded(raw, from, at);
    return at;
  }

  private void letter(byte octet) {
    if (octet == 'u') {
      state = State.HEX;
      unit = 0;
      left = 4;
      return;
    }
    state = State.TEXT;
    flush();
    put(
        switch (octet) {
          case 'b' -> '\b';
          case 'f' -> '\f';
          case 'n' -> '\n';
          case 'r' -> '\r';
          case 't' -> '\t';
          default -> octet;
        });
  }

  private void digit(byte octet) {
    unit = unit << 4 | Octets.hex(octet);
    if (--left == 0) {
      state = State.TEXT;
      unit((char) unit);
    }
  }

  private void unit(char unit) {
    if (high != NO_SURROGATE && Character.isLowSurrogate(unit)) {
      int whole = Character.toCodePoint((char) high, unit);
      high = NO_SURROGATE;
      put(whole);
      return;
    }
    flush();
    if (Character.isHighSurrogate(unit)) {
      high = unit;
    } else {
      put(unit);
    }
  }

  /// A first half stayed alone.
  private void flush() {
    if (high != NO_SURROGATE) {
      int alone = high;
      high = NO_SURROGATE;
      put(alone);
    }
  }

  /// RFC 3629, 3.
  private void put(int codePoint) {
    int length = codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
    int rest = codePoint;
    for (int i = length - 1; i > 0; i--) {
      character[i] = (byte) (0x80 | rest & 0x3f);
      rest >>>= 6;
    }
    // The lead of n bytes begins with n ones and a zero.
    character[0] = (byte) (length == 1 ? rest : 0xf00 >>> length | rest);
    output.decoded(character, 0, length);
  }
}
