package llmhop.json;

/// Goes fast over what lies whole ahead inside of the outermost object's values, where no member is
/// looked for and nothing must be kept.
///
/// It decides nothing: it passes over what is certainly right, token by token, and stops before
/// everything else, be it wrong, rare or near the end of the segment. `MemberScan` goes on there,
/// one token at a time, and is the one that knows what is to blame.
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

  /// What is expected where [#run] stopped. In a text it is the next octet of its contents.
  Place stopped() {
    return stopped;
  }

  /// Goes on until it must stop, or the outermost object is the innermost one.
  ///
  /// @param place a name (not the first), a value (not the first item) or what follows a value
  /// @return where it stopped
  int run(byte[] bytes, int from, int end, Place place) {
    int limit = end - MARGIN;
    int at = from;
    boolean inObject = nesting.inObject();
    boolean over = place == Place.AFTER_VALUE;
    while (true) {
      if (!over) {
        if (inObject && place != Place.VALUE) {
          if (at > limit || bytes[at] != '"') {
            return stop(Place.NAME, at);
          }
          int quote = StringScan.run(bytes, at + 1, end);
          if (quote > limit || bytes[quote] != '"') {
            return stop(Place.NAME_TEXT, quote);
          }
          at = blanks(bytes, quote + 1, limit);
          if (at > limit || bytes[at] != ':') {
            return stop(Place.COLON, at);
          }
          at = blanks(bytes, at + 1, limit);
        }
        if (at > limit) {
          return stop(Place.VALUE, at);
        }
        int octet = bytes[at];
        if (octet == '"') {
          int quote = StringScan.run(bytes, at + 1, end);
          if (quote > limit || bytes[quote] != '"') {
            return stop(Place.TEXT, quote);
          }
          at = quote + 1;
        } else if (octet == '{' || octet == '[') {
          if (nesting.full()) {
            return stop(Place.VALUE, at);
          }
          boolean object = octet == '{';
          at = blanks(bytes, at + 1, limit);
          if (at > limit) {
            nesting.push(object);
            return stop(object ? Place.FIRST_NAME : Place.FIRST_ITEM, at);
          }
          // In ASCII each closing bracket is two further than the opening one.
          if (bytes[at] == octet + 2) {
            at++;
          } else {
            nesting.push(object);
            inObject = object;
            place = object ? Place.NAME : Place.VALUE;
            continue;
          }
        } else {
          int past = scalar(bytes, at, end);
          if (past == at) {
            return stop(Place.VALUE, at);
          }
          at = past;
        }
      }
      over = false;
      while (true) {
        at = blanks(bytes, at, limit);
        if (at > limit) {
          return stop(Place.AFTER_VALUE, at);
        }
        int octet = bytes[at];
        if (octet == ',') {
          break;
        }
        if (octet != (inObject ? '}' : ']')) {
          return stop(Place.AFTER_VALUE, at);
        }
        nesting.pop();
        at++;
        if (nesting.depth() == 1) {
          return stop(Place.AFTER_VALUE, at);
        }
        inObject = nesting.inObject();
      }
      at = blanks(bytes, at + 1, limit);
      place = inObject ? Place.NAME : Place.VALUE;
    }
  }

  private int stop(Place expected, int at) {
    stopped = expected;
    return at;
  }

  /// The end of a number or a word; its beginning when that isn't certain.
  private int scalar(byte[] bytes, int at, int end) {
    int octet = bytes[at];
    if (octet == 't' || octet == 'f' || octet == 'n') {
      return word(bytes, at);
    }
    number.reset();
    int past = number.scan(bytes, at, end);
    return past < end && number.whole() ? past : at;
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
