package llmhop.route;

import java.util.Arrays;

/// How a text begins: keeps its first bytes, up to a limit. Takes no more memory than twice what is
/// there, and none at first.
final class Clip {
  private static final byte[] EMPTY = {};
  private static final int FEW = 64;

  /// Keeps nothing. Shared by all requests.
  static final Clip NONE = new Clip(0);

  private final int limit;
  private byte[] bytes = EMPTY;
  private int length;

  Clip(int limit) {
    this.limit = limit;
  }

  /// Adds as much as fits.
  void add(byte[] more, int from, int to) {
    int count = Math.min(to - from, limit - length);
    if (count > bytes.length - length) {
      int doubled = Math.min(limit, Math.max(FEW, 2 * bytes.length));
      bytes = Arrays.copyOf(bytes, Math.max(doubled, length + count));
    }
    System.arraycopy(more, from, bytes, length, count);
    length += count;
  }

  /// Adds what another one keeps.
  void add(Clip other) {
    add(other.bytes, 0, other.length);
  }

  /// Forgets all but the first bytes.
  void cut(int kept) {
    length = kept;
  }

  int length() {
    return length;
  }

  boolean full() {
    return length == limit;
  }

  boolean is(byte[] whole) {
    return Arrays.equals(bytes, 0, length, whole, 0, whole.length);
  }

  byte[] copy() {
    return Arrays.copyOf(bytes, length);
  }
}
