package llmhop.json;

/// Checks the contents of a string (RFC 8259, 7), and that they are UTF-8 (RFC 3629, 4), in any
/// split. It begins after the opening quote.
///
/// ```
/// TEXT --text--> closed, at a quote
///           +--> ESCAPE --escape--> TEXT, after one of "\/bfnrt
///           |                  +--> HEX --hex, four times--> TEXT
///           +--> CONTINUATION, by lead --continuation, one to three times--> TEXT
/// ```
///
/// Any other octet breaks it.
///
/// [#step] is this automaton, one octet at a time. [#run] goes ahead of it over all that lies whole
/// before it, sixteen octets at a time where it can; what `run` does not like it leaves to `step`,
/// which knows which octet is to blame.
final class StringScan {

  private enum State {
    TEXT,
    ESCAPE,
    HEX,
    CONTINUATION
  }

  private State state = State.TEXT;

  /// How many more octets the escape or the character needs.
  private int left;

  /// The bounds of the next continuation octet.
  private int lowest;

  private int highest;

  private boolean closed;
  private boolean broken;

  /// Makes ready for the next string.
  void reset() {
    state = State.TEXT;
    closed = false;
    broken = false;
  }

  /// Takes the contents and the closing quote.
  ///
  /// @return the index past the closing quote when it is [#closed], of the wrong octet when it is
  ///   [#broken], or else `end`
  int scan(byte[] bytes, int from, int end) {
    int at = from;
    while (true) {
      if (state == State.TEXT) {
        at = run(bytes, at, end);
      }
      if (at == end) {
        return at;
      }
      step(bytes[at]);
      if (broken) {
        return at;
      }
      at++;
      if (closed) {
        return at;
      }
    }
  }

  boolean closed() {
    return closed;
  }

  boolean broken() {
    return broken;
  }

  /// What is wrong with an octet at which the string broke.
  String problem(byte octet) {
    return switch (state) {
      case TEXT ->
          octet >= 0
              ? "a control character (0x%02x) in a string must be escaped".formatted(octet)
              : "byte 0x%02x in a string is not UTF-8".formatted(octet);
      case ESCAPE -> "no escape is spelled \\ and " + Octets.shown(octet);
      case HEX -> "\\u wants four hexadecimal digits but found " + Octets.shown(octet);
      case CONTINUATION -> "byte 0x%02x in a string is not UTF-8".formatted(octet);
    };
  }

  /// Goes over whole characters while sixteen octets lie ahead.
  ///
  /// @param end of the segment
  /// @return the index of the closing quote, or of a character that `step` must look at
  static int run(byte[] bytes, int from, int end) {
    if (from <= end - 2 * Long.BYTES) {
      // Most strings are short. This much is small enough to become a part of its callers.
      long first = EightOctets.special(EightOctets.load(bytes, from));
      long second = EightOctets.special(EightOctets.load(bytes, from + Long.BYTES));
      if ((first | second) != 0) {
        int at = from + EightOctets.before(first, second);
        if (bytes[at] == '"') {
          return at;
        }
      }
    }
    return longRun(bytes, from, end);
  }

  private static int longRun(byte[] bytes, int from, int end) {
    int last = end - 2 * Long.BYTES;
    int at = from;
    while (at <= last) {
      long first = EightOctets.special(EightOctets.load(bytes, at));
      long second = EightOctets.special(EightOctets.load(bytes, at + Long.BYTES));
      if ((first | second) == 0) {
        at += 2 * Long.BYTES;
        continue;
      }
      at += EightOctets.before(first, second);
      int octet = bytes[at];
      if (octet == '"' || at > last) {
        return at;
      }
      int past = octet == '\\' ? escapes(bytes, at, end) : characters(bytes, at, last);
      if (past == at) {
        return at;
      }
      at = past;
    }
    return at;
  }

  /// Goes over escapes and the plain octets between them, as long as there is an escape in each
  /// window. All marks of a window are found at once: a search after each escape would have to wait
  /// for the search before it.
  private static int escapes(byte[] bytes, int from, int end) {
    int at = from;
    // One octet more, since the window's last may be a backslash.
    while (at < end - EightOctets.WINDOW) {
      int past = at + EightOctets.WINDOW;
      long marks = EightOctets.specials(bytes, at);
      if (marks == 0) {
        return past;
      }
      while (marks != 0) {
        int mark = at + Long.numberOfTrailingZeros(marks);
        if (bytes[mark] != '\\' || !EightOctets.isShortEscape(bytes[mark + 1])) {
          return longEscapes(bytes, mark, end - Long.BYTES);
        }
        // What is escaped may be marked too.
        marks &= -4L << mark - at;
        past = Math.max(past, mark + 2);
      }
      at = past;
    }
    boolean isShort = at == from && EightOctets.isShortEscape(bytes[at + 1]);
    return isShort ? at + 2 : longEscapes(bytes, at, end - Long.BYTES);
  }

  /// Goes over escapes of six octets, which come in rows where other alphabets are spelled so.
  private static int longEscapes(byte[] bytes, int from, int last) {
    int at = from;
    while (at <= last && EightOctets.isLongEscape(EightOctets.load(bytes, at))) {
      at += RawString.LONGEST_SPELLING;
    }
    return at;
  }

  /// Goes over characters beyond ASCII.
  private static int characters(byte[] bytes, int from, int last) {
    int at = from;
    while (at <= last) {
      int length = EightOctets.character(EightOctets.load(bytes, at));
      if (length == 0) {
        break;
      }
      at += length;
    }
    return at;
  }

  private void step(byte octet) {
    switch (state) {
      case TEXT -> text(octet & 0xff);
      case ESCAPE -> escape(octet);
      case HEX -> hex(octet);
      case CONTINUATION -> continuation(octet & 0xff);
    }
  }

  private void text(int octet) {
    if (octet == '"') {
      closed = true;
    } else if (octet == '\\') {
      state = State.ESCAPE;
    } else if (octet < ' ') {
      broken = true;
    } else if (octet >= 0x80) {
      lead(octet);
    }
  }

  /// The bounds of the second octet keep out overlong forms, surrogates and what is over U+10FFFF.
  private void lead(int octet) {
    lowest = octet == 0xe0 ? 0xa0 : octet == 0xf0 ? 0x90 : 0x80;
    highest = octet == 0xed ? 0x9f : octet == 0xf4 ? 0x8f : 0xbf;
    left = octet < 0xe0 ? 1 : octet < 0xf0 ? 2 : 3;
    if (octet < 0xc2 || octet > 0xf4) {
      broken = true;
    } else {
      state = State.CONTINUATION;
    }
  }

  private void continuation(int octet) {
    if (octet < lowest || octet > highest) {
      broken = true;
    } else if (--left == 0) {
      state = State.TEXT;
    } else {
      lowest = 0x80;
      highest = 0xbf;
    }
  }

  private void escape(byte octet) {
    switch (octet) {
      case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> state = State.TEXT;
      case 'u' -> {
        state = State.HEX;
        left = 4;
      }
      default -> broken = true;
    }
  }

  private void hex(byte octet) {
    if (Octets.hex(octet) < 0) {
      broken = true;
    } else if (--left == 0) {
      state = State.TEXT;
    }
  }
}
