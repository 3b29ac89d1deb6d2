package llmhop.json;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// The member that is looked for: keeps the strings that may be its name or its value, and what was
/// found.
final class Sought {

  private final byte[] name;
  private final RefusedNames refused;
  private final int maxNameBytes;
  private final int maxValueBytes;
  private final Capture capture = new Capture();

  private RawString.Match found = RawString.Match.NONE;
  private long foundAt;
  private boolean valueIsNext;
  private boolean isRefused;

  private Optional<String> value = Optional.empty();
  private long valueStart = -1;
  private long valueEnd = -1;

  /// @param name ASCII letters
  /// @param refused names that must not stand there
  Sought(String name, RefusedNames refused, int maxValueBytes) {
    if (!isLetters(name) || maxValueBytes < 0) {
      throw new IllegalArgumentException(name + ", " + maxValueBytes);
    }
    this.name = name.getBytes(StandardCharsets.US_ASCII);
    this.refused = refused;
    this.maxNameBytes = RawString.LONGEST_SPELLING * Math.max(name.length(), refused.maxLength());
    this.maxValueBytes = maxValueBytes;
  }

  private static boolean isLetters(String name) {
    for (int i = 0; i < name.length(); i++) {
      int lower = name.charAt(i) | 0x20;
      if (lower < 'a' || lower > 'z') return false;
    }
    return !name.isEmpty();
  }

  /// A name of the outermost object begins.
  void beginName() {
    capture.begin(maxNameBytes);
  }

  /// A string begins that is a value.
  void beginValue() {
    if (valueIsNext) {
      capture.begin(maxValueBytes);
    }
  }

  /// How far a string may be read at once.
  int reach(int from, int end) {
    return capture.reach(from, end);
  }

  /// Takes note of what was read of a string.
  ///
  /// @return false when it is the value, and too long
  boolean keep(byte[] bytes, int from, int to) {
    if (capture.add(bytes, from, to)) {
      return true;
    }
    // A name this long is another one.
    capture.stop();
    return !valueIsNext;
  }

  /// A name is over.
  ///
  /// @param at where it began in the stream
  /// @return false when it is there again, or [#isRefused]
  boolean endName(long at) {
    if (!capture.on()) {
      return true;
    }
    capture.stop();
    RawString.Match match = capture.match(name);
    if (match == RawString.Match.NONE) {
      isRefused = refused.matches(capture);
      return !isRefused;
    }
    if (found != RawString.Match.NONE) {
      return false;
    }
    found = match;
    foundAt = at;
    valueIsNext = match == RawString.Match.EXACT;
    return true;
  }

  /// Whether the last name is one that must not stand there.
  boolean isRefused() {
    return isRefused;
  }

  /// Whether the value that comes next, or is being read, is the member's.
  boolean valueIsNext() {
    return valueIsNext;
  }

  /// A string is over that is a value.
  ///
  /// @param start where its opening quote stands in the stream
  /// @param end just past its closing quote
  void endString(long start, long end) {
    if (valueIsNext) {
      value = Optional.of(capture.decode());
      valueStart = start;
      valueEnd = end;
      capture.stop();
    }
  }

  /// A value of any kind is over.
  void endValue() {
    valueIsNext = false;
  }

  boolean inOtherCase() {
    return found == RawString.Match.OTHER_CASE;
  }

  long foundAt() {
    return foundAt;
  }

  Optional<String> value() {
    return value;
  }

  long valueStart() {
    return valueStart;
  }

  long valueEnd() {
    return valueEnd;
  }
}
