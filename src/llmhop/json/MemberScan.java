package llmhop.json;

import java.util.Objects;
import java.util.Optional;

/// Checks JSON text as it arrives, segment by segment, and finds one string member of the outermost
/// object. One pass, nothing built, the same result for every split. Not for use by several
/// threads.
///
/// The whole text is held to RFC 8259 in UTF-8, strictly: no raw controls in strings, no NaN, no
/// overlong or surrogate octets, nothing after the object; a byte order mark is skipped, and lone
/// surrogates spelled as escapes pass. Parsers differ on which of two equal names counts, and on
/// whether `Model` counts as `model`; so a second name that is equal but for ASCII case is refused,
/// and so is one that comes only in another case. Only the outermost object is looked at so.
///
/// `StringScan` checks the contents of strings, `NumberScan` numbers. `Inside` goes ahead, fast,
/// over what is certainly right inside of the outermost object's values, where nobody listens. The
/// rest is here:
///
/// ```
/// START --open--> FIRST_NAME --name--> NAME_TEXT --endText--> COLON --colon--> VALUE
///
/// VALUE --value--> TEXT    --endText-->  AFTER_VALUE
///             +--> NUMBER  --endValue--> AFTER_VALUE
///             +--> WORD    --endWord-->  AFTER_VALUE
///             +--> FIRST_NAME or FIRST_ITEM, by open; FIRST_ITEM is VALUE, or close
///
/// AFTER_VALUE --afterValue--> NAME  after a comma in an object, and from there as FIRST_NAME
///                        +--> VALUE after a comma in an array
///                        +--> AFTER_VALUE, or END after the outermost object, by close
///
/// START --start--> MARK --endWord--> START, for a byte order mark
/// ```
public final class MemberScan {

  private final Nesting nesting;
  private final Inside inside;
  private final Sought sought;
  private final StringScan string = new StringScan();
  private final NumberScan number = new NumberScan();
  private final WordScan word = new WordScan();
  private final ScanListener listener;

  /// Whether the listener hears what comes next.
  private boolean heard;

  private Place place = Place.START;

  /// How many bytes came before this segment, and the place of the segment's array in the stream.
  private long fed;

  private long base;

  /// Where the string that is being read began.
  private long textStart;

  private ScanException failure;

  /// Makes a scan of one text.
  ///
  /// @param name the member's name: ASCII letters
  /// @param maxDepth how many objects and arrays may be open at once, the outermost one included
  /// @param maxValueBytes the longest value, in bytes between the quotes as they were sent
  public MemberScan(String name, int maxDepth, int maxValueBytes) {
    this(name, RefusedNames.NONE, maxDepth, maxValueBytes, ScanListener.NONE);
  }

  /// Makes a scan of one text that another listens to, which refuses some members of the outermost
  /// object, in any case of letters.
  ///
  /// @param name the member's name: ASCII letters
  /// @param refused the names of members to refuse
  /// @param maxDepth how many objects and arrays may be open at once, the outermost one included
  /// @param maxValueBytes the longest value, in bytes between the quotes as they were sent
  /// @param listener hears what it wants to while it is read
  public MemberScan(
      String name, RefusedNames refused, int maxDepth, int maxValueBytes, ScanListener listener) {
    if (maxDepth < 1) {
      throw new IllegalArgumentException("depth " + maxDepth);
    }
    nesting = new Nesting(maxDepth);
    inside = new Inside(nesting);
    sought = new Sought(name, refused, maxValueBytes);
    this.listener = listener;
    heard = listener.wants();
  }

  /// Checks the next segment. It may be of any length, and is not kept.
  ///
  /// @param bytes holds the segment
  /// @param offset where it begins
  /// @param length its length in bytes
  /// @throws ScanException when the text can't become right any more; and then again whenever this
  ///   or [#finish] is called
  public void feed(byte[] bytes, int offset, int length) throws ScanException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    if (failure != null) {
      throw failure;
    }
    base = fed - offset;
    int end = offset + length;
    int at = offset;
    while (at < end) {
      byte octet = bytes[at];
      if (octet <= ' ' && place.betweenTokens && Octets.isBlank(octet)) {
        at = blanks(bytes, at + 1, end);
        continue;
      }
      if (!heard && end - at > Inside.MARGIN && nesting.depth() > 1 && Inside.begins(place)) {
        int past = inside(bytes, at, end);
        if (past > at) {
          at = past;
          continue;
        }
      }
      at =
          switch (place) {
            case START -> start(octet, at);
            case MARK, WORD -> word(bytes, at, end);
            case FIRST_NAME -> octet == '}' ? close(at) : name(octet, at);
            case NAME -> name(octet, at);
            case COLON -> colon(octet, at);
            case FIRST_ITEM -> octet == ']' ? close(at) : value(octet, at);
            case VALUE -> value(octet, at);
            case NAME_TEXT, TEXT -> text(bytes, at, end);
            case NUMBER -> number(bytes, at, end);
            case AFTER_VALUE -> afterValue(octet, at);
            case END -> throw unexpected("nothing more", octet, at);
          };
    }
    fed += length;
  }

  /// Says that the text is over.
  ///
  /// @throws ScanException when it isn't complete, or has the member in another case only
  public void finish() throws ScanException {
    if (failure != null) {
      throw failure;
    }
    if (place != Place.END) {
      String problem = place == Place.START ? "the text is empty" : "the text ends too early";
      throw fail(ScanException.Kind.NOT_JSON, problem, fed);
    }
    if (sought.inOtherCase()) {
      String problem = "the name is spelled in another case";
      throw fail(ScanException.Kind.OTHER_CASE, problem, sought.foundAt());
    }
  }

  /// How much has been checked.
  ///
  /// @return the bytes of all segments that were fed and not refused
  public long offset() {
    return fed;
  }

  /// The member's value, escapes decoded; a lone surrogate stays one. Final after [#finish].
  ///
  /// @return empty when there is no such member, or when it is null
  public Optional<String> value() {
    return sought.value();
  }

  /// Where the value begins in the stream, for putting another in its place.
  ///
  /// @return the offset of its opening quote in bytes; -1 when there is no value
  public long valueStart() {
    return sought.valueStart();
  }

  /// Where the value ends in the stream.
  ///
  /// @return the offset just past its closing quote in bytes; -1 when there is no value
  public long valueEnd() {
    return sought.valueEnd();
  }

  private int inside(byte[] bytes, int at, int end) {
    int past = inside.run(bytes, at, end, place);
    place = inside.stopped();
    if (place == Place.TEXT || place == Place.NAME_TEXT) {
      string.reset();
    }
    return past;
  }

  private static int blanks(byte[] bytes, int from, int end) {
    int at = from;
    while (at < end && Octets.isBlank(bytes[at])) {
      at++;
    }
    return at;
  }

  private int start(byte octet, int at) throws ScanException {
    if (octet == '{') {
      return open(true, at);
    }
    if (octet == WordScan.BYTE_ORDER_MARK[0] && base + at == 0) {
      return beginWord(WordScan.BYTE_ORDER_MARK, Place.MARK, at);
    }
    if (Octets.beginsValue(octet)) {
      throw fail(ScanException.Kind.NOT_AN_OBJECT, "expected an object", base + at);
    }
    throw unexpected("an object", octet, at);
  }

  private int name(byte octet, int at) throws ScanException {
    if (octet != '"') {
      throw unexpected("a name in double quotes", octet, at);
    }
    if (nesting.depth() == 1) {
      sought.beginName();
      heard = true;
    }
    if (heard) {
      listener.name(nesting.depth());
    }
    return beginText(Place.NAME_TEXT, at);
  }

  private int colon(byte octet, int at) throws ScanException {
    if (octet != ':') {
      throw unexpected("a colon", octet, at);
    }
    place = Place.VALUE;
    return at + 1;
  }

  private int value(byte octet, int at) throws ScanException {
    if (octet == '"') {
      sought.beginValue();
      if (heard) {
        listener.string(nesting.depth());
        heard = listener.wants();
      }
      return beginText(Place.TEXT, at);
    }
    if (sought.valueIsNext() && octet != 'n' && Octets.beginsValue(octet)) {
      throw fail(ScanException.Kind.NOT_A_STRING, "the value must be a string", base + at);
    }
    return switch (octet) {
      case '{' -> open(true, at);
      case '[' -> open(false, at);
      case 't' -> beginWord(WordScan.TRUE, Place.WORD, at);
      case 'f' -> beginWord(WordScan.FALSE, Place.WORD, at);
      case 'n' -> beginWord(WordScan.NULL, Place.WORD, at);
      default -> {
        if (!Octets.beginsNumber(octet)) {
          throw unexpected("a value", octet, at);
        }
        number.reset();
        place = Place.NUMBER;
        // Its first octet is judged with the others.
        yield at;
      }
    };
  }

  private int afterValue(byte octet, int at) throws ScanException {
    boolean inObject = nesting.inObject();
    if (octet == ',') {
      place = inObject ? Place.NAME : Place.VALUE;
      return at + 1;
    }
    if (octet == (inObject ? '}' : ']')) {
      return close(at);
    }
    throw unexpected(inObject ? "a comma or }" : "a comma or ]", octet, at);
  }

  private int open(boolean object, int at) throws ScanException {
    if (nesting.full()) {
      String problem = "too many objects and arrays within each other";
      throw fail(ScanException.Kind.TOO_DEEP, problem, base + at);
    }
    if (heard) {
      listener.open(nesting.depth(), object);
      heard = listener.wants();
    }
    nesting.push(object);
    place = object ? Place.FIRST_NAME : Place.FIRST_ITEM;
    return at + 1;
  }

  private int close(int at) {
    nesting.pop();
    if (heard) {
      listener.close(nesting.depth());
      heard = listener.wants();
    }
    place = nesting.depth() == 0 ? Place.END : Place.AFTER_VALUE;
    return at + 1;
  }

  private int beginText(Place text, int at) {
    string.reset();
    textStart = base + at;
    place = text;
    return at + 1;
  }

  /// The contents of a string and its closing quote.
  private int text(byte[] bytes, int at, int end) throws ScanException {
    int past = string.scan(bytes, at, sought.reach(at, end));
    if (string.broken()) {
      throw fail(ScanException.Kind.NOT_JSON, string.problem(bytes[past]), base + past);
    }
    int last = string.closed() ? past - 1 : past;
    if (!sought.keep(bytes, at, last)) {
      throw fail(ScanException.Kind.TOO_LONG, "the value is too long", base + past - 1);
    }
    if (heard) {
      tell(bytes, at, last);
    }
    if (string.closed()) {
      endText(past);
    }
    return past;
  }

  private void tell(byte[] bytes, int from, int to) {
    if (from < to) {
      listener.text(bytes, from, to);
      heard = place == Place.NAME_TEXT || listener.wants();
    }
    if (heard && string.closed()) {
      listener.end();
      heard = listener.wants();
    }
  }

  private void endText(int past) throws ScanException {
    if (place == Place.TEXT) {
      sought.endString(textStart, base + past);
      endValue();
    } else if (sought.endName(textStart)) {
      place = Place.COLON;
    } else if (sought.isRefused()) {
      throw fail(ScanException.Kind.REFUSED, "the name must not stand there", textStart);
    } else {
      throw fail(ScanException.Kind.DUPLICATE, "the name stands again", textStart);
    }
  }

  private void endValue() {
    sought.endValue();
    place = Place.AFTER_VALUE;
  }

  private int number(byte[] bytes, int at, int end) throws ScanException {
    int past = number.scan(bytes, at, end);
    if (past < end) {
      if (!number.whole()) {
        throw unexpected("a digit", bytes[past], past);
      }
      endValue();
    }
    return past;
  }

  /// The first octet of a word is judged with the others.
  private int beginWord(byte[] expected, Place reading, int at) {
    word.begin(expected);
    place = reading;
    return at;
  }

  private int word(byte[] bytes, int at, int end) throws ScanException {
    int past = word.scan(bytes, at, end);
    if (word.whole()) {
      endWord();
    } else if (past < end) {
      throw unexpected(Octets.shown(word.next()), bytes[past], past);
    }
    return past;
  }

  private void endWord() {
    if (place == Place.MARK) {
      place = Place.START;
    } else {
      endValue();
    }
  }

  private ScanException unexpected(String expected, byte octet, int at) {
    String problem = "expected " + expected + " but found " + Octets.shown(octet);
    return fail(ScanException.Kind.NOT_JSON, problem, base + at);
  }

  /// @param at where in the stream
  private ScanException fail(ScanException.Kind kind, String problem, long at) {
    failure = new ScanException(kind, problem, at);
    return failure;
  }
}
