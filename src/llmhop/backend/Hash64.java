package llmhop.backend;

import java.nio.charset.StandardCharsets;

/// Hashes bytes to 64 bits that are the same in every process, so that several routers, and one
/// before and after a restart, choose alike: FNV-1a, mixed at the end by MurmurHash3's fmix64,
/// since FNV's high bits hardly know the last bytes. Collisions can be made on purpose.
public final class Hash64 {
  /// The state before any byte: FNV's offset basis.
  public static final long START = 0xcbf29ce484222325L;

  private static final long PRIME = 0x100000001b3L;

  private Hash64() {}

  /// The hash of these bytes.
  public static long of(byte[] bytes, int from, int to) {
    return end(add(START, bytes, from, to));
  }

  /// The hash of a text's UTF-8.
  public static long of(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return of(bytes, 0, bytes.length);
  }

  /// The state after these bytes, for a text that comes in pieces.
  public static long add(long state, byte[] bytes, int from, int to) {
    long hash = state;
    for (int at = from; at < to; at++) {
      hash = (hash ^ bytes[at] & 0xff) * PRIME;
    }
    return hash;
  }

  /// The hash of all bytes that led to a state: each bit of it depends on each of them.
  public static long end(long state) {
    long hash = (state ^ state >>> 33) * 0xff51afd7ed558ccdL;
    hash = (hash ^ hash >>> 33) * 0xc4ceb9fe1a85ec53L;
    return hash ^ hash >>> 33;
  }
}
