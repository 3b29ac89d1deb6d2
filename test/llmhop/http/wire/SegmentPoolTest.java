package llmhop.http.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;

final class SegmentPoolTest {
  @Test
  void theLastOneGivenIsTheNextOneTaken() {
    SegmentPool pool = SegmentPool.ofBytes(1 << 20);
    byte[] first = pool.take();
    byte[] second = pool.take();
    assertNotSame(first, second);
    assertEquals(SegmentPool.SEGMENT, first.length);
    pool.give(first);
    pool.give(second);
    assertEquals(2, pool.idle());
    assertSame(second, pool.take());
    assertSame(first, pool.take());
    assertEquals(0, pool.idle());
  }

  @Test
  void noMoreIsKeptThanTheLimit() {
    SegmentPool pool = SegmentPool.ofBytes(3L * SegmentPool.SEGMENT);
    for (int i = 0; i < 3; i++) {
      pool.give(new byte[SegmentPool.SEGMENT]);
    }
    assertEquals(3, pool.idle());
    pool.give(new byte[SegmentPool.SEGMENT]);
    assertEquals(3, pool.idle());
  }

  @Test
  void aPoolOfNothingGivesAllTheSame() {
    SegmentPool pool = SegmentPool.ofBytes(0);
    byte[] segment = pool.take();
    pool.give(segment);
    assertEquals(0, pool.idle());
    assertEquals(SegmentPool.SEGMENT, pool.take().length);
  }

  @Test
  void aPoolMayHaveSegmentsOfAnotherSizeAndKeepSoMany() {
    var pool = new SegmentPool(1000, 2);
    assertEquals(1000, pool.segment());
    byte[] first = pool.take();
    assertEquals(1000, first.length);
    pool.give(first);
    pool.give(new byte[1000]);
    pool.give(new byte[1000]);
    assertEquals(2, pool.idle());
    pool.take();
    assertSame(first, pool.take());
    assertEquals(0, pool.idle());
    assertEquals(SegmentPool.SEGMENT, SegmentPool.ofBytes(1).segment());
  }
}
