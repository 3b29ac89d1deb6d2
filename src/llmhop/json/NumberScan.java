package llmhop.json;

/// Checks a number by the grammar of RFC 8259, 6, in any split.
///
/// ```
/// START --'-'--> MINUS     START, MINUS --0--> ZERO     START, MINUS --1-9--> INTEGER
///
/// ZERO, INTEGER           --'.'--> POINT --digit--> FRACTION
/// ZERO, INTEGER, FRACTION --e----> POWER --digit--> EXPONENT
///                                    +--sign--> SIGN --digit--> EXPONENT
/// ```
///
/// ZERO, INTEGER, FRACTION and EXPONENT are whole; the last three take more digits.
final class NumberScan {

  private enum State {
    START,
    MINUS,
    ZERO,
    INTEGER,
    POINT,
    FRACTION,
    POWER,
    SIGN,
    EXPONENT,
    /// Never kept: the octet doesn't belong to the number.
    NONE
  }

  private State state = State.START;

  /// Makes ready for the next number.
  void reset() {
    state = State.START;
  }

  /// Takes what belongs to the number.
  ///
  /// @return the index of the first octet that doesn't, or `end`
  int scan(byte[] bytes, int from, int end) {
    State now = state;
    int at = from;
    while (at < end) {
      State next = next(now, bytes[at]);
      if (next == State.NONE) {
        break;
      }
      now = next;
      at = takesDigits(now) ? digits(bytes, at + 1, end) : at + 1;
    }
    state = now;
    return at;
  }

  private static boolean takesDigits(State state) {
    return state == State.INTEGER || state == State.FRACTION || state == State.EXPONENT;
  }

  private static int digits(byte[] bytes, int from, int end) {
    int at = from;
    while (at < end && isDigit(bytes[at])) {
      at++;
    }
    return at;
  }

  private static boolean isDigit(int octet) {
    return octet >= '0' && octet <= '9';
  }

  /// Whether what was taken is a number.
  boolean whole() {
    return switch (state) {
      case ZERO, INTEGER, FRACTION, EXPONENT -> true;
      case START, MINUS, POINT, POWER, SIGN, NONE -> false;
    };
  }

  private static State next(State state, int octet) {
    if (isDigit(octet)) {
      return switch (state) {
        case START, MINUS -> octet == '0' ? State.ZERO : State.INTEGER;
        case INTEGER -> State.INTEGER;
        case POINT, FRACTION -> State.FRACTION;
        case POWER, SIGN, EXPONENT -> State.EXPONENT;
        case ZERO, NONE -> State.NONE;
      };
    }
    return switch (octet) {
      case '-' ->
          state == State.START ? State.MINUS : state == State.POWER ? State.SIGN : State.NONE;
      case '+' -> state == State.POWER ? State.SIGN : State.NONE;
      case '.' -> state == State.ZERO || state == State.INTEGER ? State.POINT : State.NONE;
      case 'e', 'E' ->
          state == State.ZERO || state == State.INTEGER || state == State.FRACTION
              ? State.POWER
              : State.NONE;
      default -> State.NONE;
    };
  }
}
