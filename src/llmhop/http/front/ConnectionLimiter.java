package llmhop.http.front;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// Limits how many connections are open. Beyond the limit an [Evictor] ends a connection that does
/// nothing, and its slot goes to the newcomer at once. Where no slot can be freed, the newcomer may
/// get one of a few reserved slots, in which only health checks are served. Shared by all
/// listeners.
final class ConnectionLimiter {
  private final int max;
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private final AtomicInteger open = new AtomicInteger();
  private final Set<Connection> reserve = ConcurrentHashMap.newKeySet();
  private final AtomicInteger reserved = new AtomicInteger();
  private final Evictor evictor;

  /// @param refusals takes note of each connection that is ended
  ConnectionLimiter(int max, Refusals refusals) {
    this.max = max;
    this.evictor = new Evictor(max, connections, refusals);
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
    boolean admitted = open.incrementAndGet() <= max;
    if (!admitted) {
      // A connection that is ended gives its count away with its slot.
      open.decrementAndGet();
      admitted = makeRoom(connection.slot().key());
    }
    if (!admitted) {
      return reserve(connection);
    }
    connection.slot().take(open, false);
    connections.add(connection);
    return true;
  }

  private boolean reserve(Connection connection) {
    boolean admitted = reserved.incrementAndGet() <= Limits.RESERVED;
    if (!admitted) {
      reserved.decrementAndGet();
      admitted = Evictor.endReserved(reserve);
    }
    if (admitted) {
      connection.slot().take(reserved, true);
      reserve.add(connection);
      connections.add(connection);
    }
    return admitted;
  }

  /// Ends a connection that does nothing, in favour of one more of this address. Its slot is free
  /// at once, its memory and its descriptor a moment later. Cheap, however often it is asked for.
  ///
  /// @param newcomer the key of the address that wants the slot
  /// @return false when no connection may be ended for it
  boolean makeRoom(Object newcomer) {
    return evictor.makeRoom(newcomer, System.nanoTime());
  }

  /// The connection is over.
  void ended(Connection connection) {
    connection.slot().giveBack();
    reserve.remove(connection);
    connections.remove(connection);
  }
}
