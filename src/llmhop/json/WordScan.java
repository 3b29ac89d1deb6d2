package llmhop.json;

/// Checks that fixed octets follow, in any split.
final class WordScan {

  static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};
  static final byte[] TRUE = {'t', 'r', 'u', 'e'};
  static final byte[] FALSE = {'f', 'a', 'l', 's', 'e'};
  static final byte[] NULL = {'n', 'u', 'l', 'l'};

  private byte[] word = NULL;
  private int length;

  /// Makes ready for a word.
  void begin(byte[] expected) {
    word = expected;
    length = 0;
  }

  /// Takes what belongs to the word.
  ///
  /// @return the index of the first octet that doesn't, or `end`
  int scan(byte[] bytes, int from, int end) {
    int at = from;
    while (at < end && length < word.length && bytes[at] == word[length]) {
      at++;
      length++;
    }
    return at;
  }

  /// Whether all of it was taken.
  boolean whole() {
    return length == word.length;
  }

  /// What must come next while it isn't whole.
  byte next() {
    return word[length];
  }
}
