package llmhop.backend;

import java.nio.charset.StandardCharsets;

/// 64-bit hashes that are the same in every process and on every machine: FNV-1a over bytes, and
/// the last step of MurmurHash3 to mix. Not for secrets.
///
/// @see <a href="https://datatracker.ietf.org/doc/html/draft-eastlake-fnv">FNV</a>
public final class Hash64 {
  private static final long BASIS = 0xcbf29ce484222325L;
  private static final long PRIME = 0x100000001b3L;

  private Hash64() {}

  /// The hash of these bytes.
  public static long of(byte[] bytes, int from, int to) {
    long hash = BASIS;
    for (int i = from; i < to; i++) {
      hash = (hash ^ (bytes[i] & 0xff)) * PRIME;
    }
    return mix(hash);
  }

  /// The hash of a text's UTF-8.
  public static long of(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return of(bytes, 0, bytes.length);
  }

  /// Spreads each bit of a number over all bits of another.
  public static long mix(long bits) {
    long mixed = bits;
    mixed = (mixed ^ mixed >>> 33) * 0xff51afd7ed558ccdL;
    mixed = (mixed ^ mixed >>> 33) * 0xc4ceb9fe1a85ec53L;
    return mixed ^ mixed >>> 33;
  }
}
