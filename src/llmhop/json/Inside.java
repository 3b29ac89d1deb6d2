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
/// Where it is, is kept in local variables, and its methods are small: the compiler makes one loop
/// of them. With fields instead it was measurably slower.
final class Inside {

  /// So many octets from where it stands can be looked at without asking where the segment ends:
  /// more than a quote, a colon, a blank and a word.
  static final int MARGIN = 32;

  private final Nesting nesting;
  private final NumberScan number = new NumberScan();

  private Place stopped = Place.VALUE;

  /// What is expected after the bracket that was passed over last.
  private Place opened = Place.VALUE;

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
    int limit = end - MARGIN;
    Place place = begin;
    int at = from;
    while (true) {
      if (place == Place.AFTER_VALUE) {
        at = afterValue(bytes, at, limit);
        if (at < 0) {
          return ~at;
        }
        place = nesting.inObject() ? Place.NAME : Place.VALUE;
      }
      if (place == Place.NAME) {
        at = name(bytes, at, end);
        if (at < 0) {
          return ~at;
        }
      }
      if (at > limit) {
        return ~stop(Place.VALUE, at);
      }
      boolean opens = bytes[at] == '{' || bytes[at] == '[';
      at = opens ? open(bytes, at, limit) : value(bytes, at, end);
      if (at < 0) {
        return ~at;
      }
      place = opens ? opened : Place.AFTER_VALUE;
    }
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
  private int open(byte[] bytes, int from, int limit) {
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
      opened = Place.AFTER_VALUE;
      return at + 1;
    }
    nesting.push(object);
    opened = object ? Place.NAME : Place.VALUE;
    return at;
  }

  /// Closing brackets and the comma.
  private int afterValue(byte[] bytes, int from, int limit) {
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

  private static int blanks(byte[] bytes, int from, int limit) {
    if (bytes[from] > ' ') {
      return from;
    }
    // One blank, or the end of a line: steps that the processor can guess.
    int at = from + 1;
    if (bytes[from] == ' ') {
      if (bytes[at] > ' ') {
        return at;
      }
    } else if (bytes[from] != '\n') {
      at = from;
    }
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
