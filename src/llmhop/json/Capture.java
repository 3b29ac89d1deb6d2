package llmhop.json;

import java.util.Arrays;

/// Keeps the raw contents of the one string that matters at the moment, up to a limit.
final class Capture {

  private static final int USUAL_LENGTH = 64;

  private byte[] octets = new byte[USUAL_LENGTH];
  private int length;
  private int limit;
  private boolean on;

  /// Begins with an empty string of at most so many octets.
  void begin(int limit) {
    this.limit = limit;
    length = 0;
    on = true;
  }

  void stop() {
    on = false;
  }

  boolean on() {
    return on;
  }

  /// How far to read at once: what still fits and one more, which may be the closing quote. So the
  /// limit is seen at the same octet in whatever pieces the string comes.
  int reach(int from, int end) {
    return on ? (int) Math.min(end, (long) from + limit - length + 1) : end;
  }

  /// Adds what was read, when it is on.
  ///
  /// @return false when it is over the limit
  boolean add(byte[] bytes, int from, int to) {
    if (!on) {
      return true;
    }
    int count = to - from;
    if (count > limit - length) {
      return false;
    }
    if (count > octets.length - length) {
      int doubled = (int) Math.min(limit, 2L * octets.length);
      octets = Arrays.copyOf(octets, Math.max(doubled, length + count));
    }
    System.arraycopy(bytes, from, octets, length, count);
    length += count;
    return true;
  }

  /// The first octet when it is ASCII; -1 when it isn't, or the string is empty.
  int first() {
    return length == 0 ? -1 : Math.max(octets[0], -1);
  }

  RawString.Match match(byte[] name) {
    return RawString.match(octets, length, name);
  }

  String decode() {
    return RawString.decode(octets, 0, length);
  }
}
