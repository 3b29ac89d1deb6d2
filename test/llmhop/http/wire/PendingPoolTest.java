package llmhop.http.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class PendingPoolTest {
  private static final int SIZE = PendingPool.SIZE;
  private static final int SMALL = PendingPool.SMALL;

  private static ByteBuffer bytes(int count) {
    return ByteBuffer.wrap("x".repeat(count).getBytes(java.nio.charset.StandardCharsets.US_ASCII));
  }

  @Test
  void whatIsKeptIsACopyOfTheRest() {
    var pool = new PendingPool(SIZE);
    ByteBuffer from = ByteBuffer.wrap(new byte[] {1, 2, 3, 4, 5}).position(2);
    ByteBuffer kept = pool.keep(from);
    assertEquals(0, from.remaining());
    from.put(2, (byte) 9);
    assertEquals(ByteBuffer.wrap(new byte[] {3, 4, 5}), kept);
    assertEquals(3, pool.held());
  }

  @Test
  void toTheLimitAWholeBufferMayBeReadAndBeyondItOnlyALittle() {
    var pool = new PendingPool(2L * SIZE + SIZE - 1);
    assertEquals(SIZE, pool.room());
    ByteBuffer first = pool.keep(bytes(SIZE));
    assertEquals(SIZE, pool.room());
    ByteBuffer second = pool.keep(bytes(1));
    assertEquals(SMALL, pool.room());
    ByteBuffer third = pool.keep(bytes(SMALL));
    assertEquals(SMALL, third.capacity());
    assertEquals(SMALL, pool.room());
    assertEquals(SIZE + 1 + SMALL, pool.held());
    pool.give(third);
    assertEquals(SMALL, pool.room());
    pool.give(second);
    assertEquals(SIZE, pool.room());
    pool.give(first);
    assertEquals(0, pool.held());
  }

  @Test
  void aPoolOfNothingKeepsLittleForEach() {
    var pool = new PendingPool(SIZE - 1);
    assertEquals(SMALL, pool.room());
    ByteBuffer kept = pool.keep(bytes(5));
    assertEquals(5, kept.capacity());
    pool.give(kept);
    assertEquals(0, pool.held());
    assertEquals(SMALL, pool.room());
  }

  @Test
  void whatHasGoneIsNotHeldAndWhatIsDroppedNeither() {
    var pool = new PendingPool(SIZE);
    ByteBuffer kept = pool.keep(bytes(100));
    kept.position(60);
    pool.gone(60);
    assertEquals(40, pool.held());
    pool.give(kept);
    assertEquals(0, pool.held());
  }

  @Test
  void buffersAreUsedAgain() {
    var pool = new PendingPool(2L * SIZE);
    ByteBuffer first = pool.keep(bytes(100));
    pool.give(first);
    ByteBuffer again = pool.keep(bytes(7));
    assertSame(first, again);
    assertEquals(bytes(7), again);
  }

  @Test
  void onlySomeFreeOnesAreKept() {
    int many = 100;
    var pool = new PendingPool(1L * many * SIZE);
    List<ByteBuffer> kept = new ArrayList<>();
    for (int i = 0; i < many; i++) {
      kept.add(pool.keep(bytes(1)));
    }
    kept.forEach(pool::give);
    Map<ByteBuffer, Boolean> known = new IdentityHashMap<>();
    kept.forEach(buffer -> known.put(buffer, true));
    int reused = 0;
    for (int i = 0; i < many; i++) {
      reused += known.containsKey(pool.keep(bytes(1))) ? 1 : 0;
    }
    assertEquals(64, reused);
    assertEquals(many, pool.held());
  }
}
