package llmhop.json;

/// Goes fast over what lies ahead inside of the outermost object's values, where no member is
/// looked for and nothing must be kept.
///
/// It refuses nothing: it passes over what is certainly right, token by token, and stops before
/// everything else, be it wrong, rare or close to the end of the segment. `MemberScan` goes on from
/// there, octet by octet, and knows what is to blame.
///
/// ```
/// NAME --name--> VALUE --value--> AFTER_VALUE --afterValue--> NAME or VALUE
///                  +--open--> NAME, VALUE or AFTER_VALUE
/// ```
///
/// Where it is, is kept in no field, and its methods are small: the compiler makes one loop of
/// them. With a field it was measurably slower.
final class Inside {

  /// So many octets from where it stands can be looked at without asking where the segment ends:
  /// more than a quote, a colon, a blank and a word.
  static final int MARGIN = 32;

  private final Nesting nesting;
  private final NumberScan number = new NumberScan();

  private Place stopped = Place.VALUE;

  Inside(Nesting nesting) {
    this.nesting = nesting;
  }

  /// Whether [#run] can begin where this is expected.
  static boolean begins(Place place) {
    return place == Place.NAME || place == Place.VALUE || place == Place.AFTER_VALUE;
  }

  /// Goes on until it must stop, or the outermost object is the innermost one again.
  ///
  /// @param begin what is expected at `from`, one that [#begins]
  /// @return where it stopped; [#stopped] is what is expected there
  int run(byte[] bytes, int from, int end, Place begin) {
    int at = begin == Place.AFTER_VALUE ? afterValue(bytes, from, end) : from;
    if (at >= 0 && begin != Place.VALUE && nesting.inObject()) {
      at = name(bytes, at, end);
    }
    while (at >= 0) {
      at = toNextValue(bytes, at, end);
    }
    return ~at;
  }

  /// A value, all that follows it, and the name of the next.
  private int toNextValue(byte[] bytes, int from, int end) {
    if (from > end - MARGIN) {
      return stop(Place.VALUE, from);
    }
    int octet = bytes[from];
    int at;
    if (octet == '{' || octet == '[') {
      at = open(bytes, from, end);
      // In ASCII the closing bracket is two further: it was there at once, or else its items are.
      if (at >= 0 && bytes[at - 1] != octet + 2) {
        return octet == '{' ? name(bytes, at, end) : at;
      }
    } else {
      at = value(bytes, from, end);
    }
    if (at >= 0) {
      at = afterValue(bytes, at, end);
    }
    return at >= 0 && nesting.inObject() ? name(bytes, at, end) : at;
  }

  /// What is expected where [#run] stopped. In a string that are its contents, from a whole
  /// character on.
  Place stopped() {
    return stopped;
  }

  /// Says so by a negative number to `run`.
  private int stop(Place expected, int at) {
    stopped = expected;
    return ~at;
  }

  /// A name and the colon.
  private int name(byte[] bytes, int from, int end) {
    int limit = end - MARGIN;
    if (from > limit || bytes[from] != '"') {
      return stop(Place.NAME, from);
    }
    int at = StringScan.run(bytes, from + 1, end);
    if (at > limit || bytes[at] != '"') {
      return stop(Place.NAME_TEXT, at);
    }
    at = blanks(bytes, at + 1, limit);
    if (at > limit || bytes[at] != ':') {
      return stop(Place.COLON, at);
    }
    return blanks(bytes, at + 1, limit);
  }

  /// A value but an object or an array.
  private int value(byte[] bytes, int from, int end) {
    if (bytes[from] != '"') {
      int past = scalar(bytes, from, end);
      return past == from ? stop(Place.VALUE, from) : past;
    }
    int at = StringScan.run(bytes, from + 1, end);
    return at > end - MARGIN || bytes[at] != '"' ? stop(Place.TEXT, at) : at + 1;
  }

  /// An opening bracket, and the closing one when nothing is between them.
  private int open(byte[] bytes, int from, int end) {
    int limit = end - MARGIN;
    if (nesting.full()) {
      return stop(Place.VALUE, from);
    }
    boolean object = bytes[from] == '{';
    int at = blanks(bytes, from + 1, limit);
    if (at > limit) {
      nesting.push(object);
      return stop(object ? Place.FIRST_NAME : Place.FIRST_ITEM, at);
    }
    if (bytes[at] == (object ? '}' : ']')) {
      return at + 1;
    }
    nesting.push(object);
    return at;
  }

  /// Closing brackets and the comma.
  private int afterValue(byte[] bytes, int from, int end) {
    int limit = end - MARGIN;
    int at = blanks(bytes, from, limit);
    while (at <= limit && bytes[at] != ',') {
      if (bytes[at] != (nesting.inObject() ? '}' : ']')) {
        return stop(Place.AFTER_VALUE, at);
      }
      nesting.pop();
      at++;
      if (nesting.depth() == 1) {
        return stop(Place.AFTER_VALUE, at);
      }
      at = blanks(bytes, at, limit);
    }
    return at > limit ? stop(Place.AFTER_VALUE, at) : blanks(bytes, at + 1, limit);
  }

  /// The end of a number or a word; its beginning when that isn't certain.
  private int scalar(byte[] bytes, int at, int end) {
    int octet = bytes[at];
    if (octet == 't' || octet == 'f' || octet == 'n') {
      return word(bytes, at);
    }
    number.reset();
    int past = number.scan(bytes, at, end);
    return past <= end - MARGIN && number.whole() ? past : at;
  }

  private static int word(byte[] bytes, int at) {
    int four = (int) EightOctets.load(bytes, at);
    if (four == ('t' | 'r' << 8 | 'u' << 16 | 'e' << 24)
        || four == ('n' | 'u' << 8 | 'l' << 16 | 'l' << 24)) {
      return at + 4;
    }
    boolean no = four == ('f' | 'a' << 8 | 'l' << 16 | 's' << 24) && bytes[at + 4] == 'e';
    return no ? at + 5 : at;
  }

  /// Most tokens have no blank before them, or one: steps that the processor can guess.
  private static int blanks(byte[] bytes, int from, int limit) {
    if (bytes[from] > ' ') {
      return from;
    }
    if (bytes[from] == ' ' && bytes[from + 1] > ' ') {
      return from + 1;
    }
    return manyBlanks(bytes, from, limit);
  }

  private static int manyBlanks(byte[] bytes, int from, int limit) {
    int at = bytes[from] == '\n' ? from + 1 : from;
    while (at <= limit) {
      int spaces = EightOctets.spaces(EightOctets.load(bytes, at));
      at += spaces;
      if (spaces < Long.BYTES) {
        if (!Octets.isBlank(bytes[at])) {
          return at;
        }
        at++;
      }
    }
    return at;
  }
}
