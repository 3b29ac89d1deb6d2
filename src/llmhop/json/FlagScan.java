package llmhop.json;

import java.nio.charset.StandardCharsets;

/// Looks whether a member of the outermost object is `true`, in a text that a [MemberScan] has
/// found right; of one that isn't an object nothing is. Where the member stands several times the
/// last one counts, as for most parsers. Used for one text, by one thread.
public final class FlagScan {
  private final byte[] name;
  private final Capture capture = new Capture();
  private int depth;
  private boolean over;
  private boolean inText;
  private boolean escaped;

  /// Whether a string in the outermost object would be a name.
  private boolean nameIsNext;

  private boolean valueIsNext;
  private boolean sought;
  private boolean found;

  /// Makes a scan of one text.
  ///
  /// @param name the member's name: ASCII letters, in this case
  public FlagScan(String name) {
    this.name = name.getBytes(StandardCharsets.US_ASCII);
  }

  /// Looks at the next segment. It may be of any length, and is not kept.
  ///
  /// @param bytes holds the segment
  /// @param offset where it begins
  /// @param length its length in bytes
  public void feed(byte[] bytes, int offset, int length) {
    int end = offset + length;
    int at = offset;
    while (at < end && !over) {
      at = inText ? text(bytes, at, end) : token(bytes[at], at);
    }
  }

  /// Whether the member is `true`; final when all has been fed.
  public boolean isTrue() {
    return found;
  }

  /// What is left of a string, as far as it is there.
  private int text(byte[] bytes, int from, int end) {
    int at = from;
    while (at < end && (escaped || bytes[at] != '"')) {
      escaped = !escaped && bytes[at] == '\\';
      at++;
    }
    if (!capture.add(bytes, from, at)) {
      // A name this long is another one.
      capture.stop();
    }
    if (at == end) {
      return at;
    }
    inText = false;
    if (nameIsNext) {
      sought = capture.on() && capture.match(name) == RawString.Match.EXACT;
    }
    capture.stop();
    return at + 1;
  }

  private int token(byte octet, int at) {
    if (Octets.isBlank(octet)) {
      return at + 1;
    }
    if (depth == 0) {
      open(octet);
      return at + 1;
    }
    if (valueIsNext) {
      valueIsNext = false;
      // In a text that is right no other value begins so.
      found = sought ? octet == 't' : found;
    }
    switch (octet) {
      case '"' -> beginText();
      case '{', '[' -> depth++;
      case '}', ']' -> over = --depth == 0;
      case ':' -> expect(false);
      case ',' -> expect(true);
      default -> {}
    }
    return at + 1;
  }

  private void open(byte octet) {
    if (octet == '{') {
      depth = 1;
      nameIsNext = true;
    } else if (octet >= 0) {
      // A byte order mark may stand there, and nothing else.
      over = true;
    }
  }

  private void beginText() {
    inText = true;
    escaped = false;
    if (depth == 1 && nameIsNext) {
      capture.begin(RawString.LONGEST_SPELLING * name.length);
    }
  }

  private void expect(boolean aName) {
    if (depth == 1) {
      nameIsNext = aName;
      valueIsNext = !aName;
    }
  }
}
