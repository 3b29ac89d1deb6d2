package llmhop.backend;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class Hash64Test {
  /// Of another implementation: Python's integers.
  @Test
  void theHashIsTheSameInEveryProcess() {
    assertEquals(0xefd01f60ba992926L, hash(""));
    assertEquals(0x82a2a958a9bece5bL, hash("a"));
    assertEquals(0x85944171f73967e8L, Hash64.add(Hash64.START, "foobar".getBytes(US_ASCII), 0, 6));
    assertEquals(0x2c22194922d1672bL, hash("foobar"));
  }

  @Test
  void piecesHashAsTheWhole() {
    byte[] text = "xThe quick brown fox".getBytes(US_ASCII);
    for (int cut = 1; cut <= text.length; cut++) {
      long state = Hash64.add(Hash64.add(Hash64.START, text, 1, cut), text, cut, text.length);
      assertEquals(Hash64.of(text, 1, text.length), Hash64.end(state));
    }
  }

  @Test
  void aChangedBitChangesHalfOfTheBitsWhereverItIs() {
    byte[] text = "user-1234567890".getBytes(US_ASCII);
    long hash = Hash64.of(text, 0, text.length);
    for (int bit = 0; bit < 8 * text.length; bit++) {
      byte[] other = text.clone();
      other[bit / 8] ^= (byte) (1 << bit % 8);
      int changed = Long.bitCount(hash ^ Hash64.of(other, 0, other.length));
      assertTrue(changed > 12 && changed < 52, bit + ": " + changed);
    }
  }

  @Test
  void manySimilarTextsFallIntoAllBucketsByLowAndHighBits() {
    int[] low = new int[16];
    int[] high = new int[16];
    Set<Long> all = new HashSet<>();
    for (int i = 0; i < 16_000; i++) {
      long hash = hash("session-" + i);
      all.add(hash);
      low[(int) (hash & 15)]++;
      high[(int) (hash >>> 60)]++;
    }
    assertEquals(16_000, all.size());
    for (int bucket = 0; bucket < 16; bucket++) {
      assertTrue(low[bucket] > 850 && low[bucket] < 1150, "low " + low[bucket]);
      assertTrue(high[bucket] > 850 && high[bucket] < 1150, "high " + high[bucket]);
    }
  }

  private static long hash(String text) {
    byte[] bytes = text.getBytes(US_ASCII);
    return Hash64.of(bytes, 0, bytes.length);
  }
}
