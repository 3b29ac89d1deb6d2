package llmhop.http.front;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import llmhop.http.wire.HeapBudget;

/// Bounds the memory that is held for callers that do not read their answers: all of them together
/// may hold a part of the heap's budget. Beyond it the slowest are ended, those first whose address
/// holds more than a quarter of that. Used by the sweep, on the pump's thread: a request pays
/// nothing for it.
final class SlowReaders {
  /// Bytes held for a caller whose answer a thread writes, beside those of the connection and the
  /// request: a buffer of 16 KiB. Measured: 31 KB with all of it, 24 KB of HTTP/1.0.
  static final int WRITER_BYTES = 16 * 1024;

  /// The same over TLS, with a part of a record. Measured: 65 KB with all of it.
  static final int TLS_WRITER_BYTES = 24 * 1024;

  /// The part of the heap's budget that all slow readers may hold together.
  static final double HEAP_PART = 0.125;

  /// The age from which a caller that takes nothing counts: two looks of the sweep.
  private static final long COUNTED_NANOS = 50_000_000L;

  /// The age from which such a caller may be ended: a slow line has its bursts.
  private static final long ENDED_NANOS = 500_000_000L;

  /// An address that holds over one part in so many of the memory loses its slowest first.
  private static final int LARGE_SHARE = 4;

  private final long max;
  private final Refusals refusals;
  private long sum;
  private volatile long held;

  SlowReaders(HeapBudget heap, Refusals refusals) {
    this.max = heap.part(HEAP_PART);
    this.refusals = refusals;
    heap.register(this::held);
  }

  /// How much is held for all slow readers, in bytes, as of the last sweep.
  long held() {
    return held;
  }

  /// How much slow readers may hold together, in bytes.
  long max() {
    return max;
  }

  /// Counts a connection in this sweep.
  void look(Connection connection, long now) {
    sum += connection.flow().unreadBytes(now, COUNTED_NANOS);
  }

  /// The sweep has seen all connections.
  void end(Collection<Connection> connections, long now) {
    held = sum;
    sum = 0;
    if (held > max) {
      endSlowest(connections, now);
    }
  }

  private record Reader(Connection connection, Object key, long bytes, long age) {}

  private void endSlowest(Collection<Connection> connections, long now) {
    List<Reader> readers = new ArrayList<>();
    Map<Object, Long> byKey = new HashMap<>();
    for (Connection connection : connections) {
      long bytes = connection.flow().unreadBytes(now, COUNTED_NANOS);
      if (bytes > 0) {
        Object key = connection.slot().key();
        readers.add(new Reader(connection, key, bytes, connection.flow().unreadFor(now)));
        byKey.merge(key, bytes, Long::sum);
      }
    }
    readers.sort(
        Comparator.comparing((Reader reader) -> byKey.get(reader.key()) > max / LARGE_SHARE)
            .thenComparingLong(Reader::age)
            .reversed());
    long over = held - max;
    for (Reader reader : readers) {
      if (over > 0 && reader.age() >= ENDED_NANOS) {
        over -= reader.bytes();
        reader.connection().kill(InputEnd.UNREAD);
        refusals.evicted(EvictionRule.UNREAD, reader.connection().slot().remote());
      }
    }
  }
}
