package llmhop.http.front;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import llmhop.http.wire.HeapBudget;

/// Limits how many connections are open, and how much of the heap they take. Beyond the limit an
/// [Evictor] ends a connection that does nothing, and its slot goes to the newcomer at once. Where
/// no slot can be freed, the newcomer may get one of a few reserved slots, in which only health
/// checks are served. Shared by all listeners.
final class ConnectionLimiter {
  /// The heap that an open connection without a request takes, in bytes: its thread, its buffer of
  /// 4 KiB and the JDK's objects of a socket. Measured with 1,000 of them.
  private static final int CONNECTION_BYTES = 11 * 1024;

  /// Bytes that TLS adds to a connection: the JDK's engine with its keys and buffers. Measured.
  private static final int TLS_BYTES = 33 * 1024;

  /// The part of the heap's budget that connections may take, so that requests find room.
  static final double HEAP_PART = 0.5;

  private final int max;
  private final HeapBudget heap;
  private final AtomicLong bytes = new AtomicLong();
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private final AtomicInteger open = new AtomicInteger();
  private final Set<Connection> reserve = ConcurrentHashMap.newKeySet();
  private final AtomicInteger reserved = new AtomicInteger();
  private final Evictor evictor;
  private final LongSupplier nanos;

  /// @param heap the budget that the connections' memory is a part of
  /// @param refusals takes note of each connection that is ended
  /// @param nanos the clock, as of [System#nanoTime]
  ConnectionLimiter(int max, HeapBudget heap, Refusals refusals, LongSupplier nanos) {
    this.nanos = nanos;
    this.max = max;
    this.heap = heap;
    heap.register(bytes::get);
    this.evictor = new Evictor(max, connections, refusals);
  }

  /// The heap that a connection takes without a request, in bytes.
  static long ownBytes(boolean tls) {
    return (long) CONNECTION_BYTES + (tls ? TLS_BYTES : 0);
  }

  /// All connections that are not over, those without a slot too.
  Set<Connection> connections() {
    return connections;
  }

  /// Connections that have a slot, without the reserved ones.
  int open() {
    return open.get();
  }

  /// Returns whether no connection is left.
  boolean isEmpty() {
    return connections.isEmpty();
  }

  /// Gives a new connection a slot: a free one, else that of another connection, else a reserved
  /// one.
  ///
  /// @return false when there is none; the connection is to be closed
  boolean admit(Connection connection) {
    boolean admitted = open.incrementAndGet() <= max && hasMemoryFor(connection);
    if (!admitted) {
      // A connection that is ended gives its count away with its slot.
      open.decrementAndGet();
      admitted = makeRoom(connection.slot().key());
    }
    if (!admitted) {
      return reserve(connection);
    }
    connection.slot().take(open, false);
    add(connection);
    return true;
  }

  private boolean hasMemoryFor(Connection connection) {
    long more = connection.ownBytes();
    return bytes.get() + more <= heap.part(HEAP_PART) && heap.hasRoomFor(more);
  }

  private void add(Connection connection) {
    bytes.addAndGet(connection.ownBytes());
    connections.add(connection);
  }

  private boolean reserve(Connection connection) {
    boolean admitted = reserved.incrementAndGet() <= Limits.RESERVED;
    if (!admitted) {
      reserved.decrementAndGet();
      admitted = Evictor.endReserved(reserve, nanos.getAsLong());
    }
    if (admitted) {
      connection.slot().take(reserved, true);
      reserve.add(connection);
      add(connection);
    }
    return admitted;
  }

  /// Ends a connection that does nothing, in favour of one more of this address. Its slot is free
  /// at once, its memory and its descriptor a moment later. Cheap, however often it is asked for.
  ///
  /// @param newcomer the key of the address that wants the slot
  /// @return false when no connection may be ended for it
  boolean makeRoom(Object newcomer) {
    return evictor.makeRoom(newcomer, nanos.getAsLong());
  }

  /// The connection is over.
  void ended(Connection connection) {
    connection.slot().giveBack();
    reserve.remove(connection);
    if (connections.remove(connection)) {
      bytes.addAndGet(-connection.ownBytes());
    }
  }
}
