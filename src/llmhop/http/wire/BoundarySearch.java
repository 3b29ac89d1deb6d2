package llmhop.http.wire;

import java.nio.charset.StandardCharsets;

/// Finds `--boundary` at the beginning of lines, in bytes that come in any split (Knuth, Morris and
/// Pratt). What ends a line is seen as widely as any reader does: CR LF, CR, LF, or the beginning
/// of a part.
final class BoundarySearch {
  private final String text;
  private final byte[] needle;
  private final int[] shorter;
  private int matched;
  private Before before = Before.TEXT;
  private byte beforeLast = '\r';
  private byte last = '\r';

  /// What stands before the `--boundary` that is being matched.
  private enum Before {
    CR_LF,
    ANOTHER_LINE_BREAK,
    TEXT
  }

  BoundarySearch(String text) {
    this.text = text;
    this.needle = text.getBytes(StandardCharsets.ISO_8859_1);
    this.shorter = shorter(needle);
  }

  /// For each matched length the next shorter one that also ends there.
  private static int[] shorter(byte[] needle) {
    int[] shorter = new int[needle.length + 1];
    int length = 0;
    for (int i = 1; i < needle.length; i++) {
      while (length > 0 && needle[i] != needle[length]) {
        length = shorter[length];
      }
      if (needle[i] == needle[length]) {
        length++;
      }
      shorter[i + 1] = length;
    }
    return shorter;
  }

  String text() {
    return text;
  }

  int length() {
    return needle.length;
  }

  /// Whether the one just found stands behind CR LF, so that no reader can overlook it.
  boolean isBehindCrLf() {
    return before == Before.CR_LF;
  }

  /// A part begins, which is like the beginning of a line to some readers.
  void reset() {
    matched = 0;
    beforeLast = '\r';
    last = '\r';
  }

  /// Looks on; the offset behind the first one found, or -1 when all has been looked at.
  int find(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to) {
      if (matched == 0) {
        at = skip(bytes, at, to);
        if (at == to) {
          break;
        }
        before = lineBreak(before(bytes, from, at, 2), before(bytes, from, at, 1));
      }
      step(bytes[at]);
      at++;
      if (matched == needle.length) {
        if (before != Before.TEXT) {
          return at;
        }
        matched = shorter[matched];
      }
    }
    byte secondLast = before(bytes, from, to, 2);
    last = before(bytes, from, to, 1);
    beforeLast = secondLast;
    return -1;
  }

  private static Before lineBreak(byte beforeLast, byte last) {
    if (beforeLast == '\r' && last == '\n') {
      return Before.CR_LF;
    }
    return last == '\r' || last == '\n' ? Before.ANOTHER_LINE_BREAK : Before.TEXT;
  }

  /// To the next dash, which every match begins with.
  private int skip(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to && bytes[at] != '-') {
      at++;
    }
    return at;
  }

  private void step(byte octet) {
    while (matched > 0 && octet != needle[matched]) {
      // A match that begins later begins within this one, which holds no line break.
      matched = shorter[matched];
      before = Before.TEXT;
    }
    if (octet == needle[matched]) {
      matched++;
    }
  }

  private byte before(byte[] bytes, int from, int at, int steps) {
    int index = at - steps;
    return index >= from ? bytes[index] : index == from - 1 ? last : beforeLast;
  }
}
