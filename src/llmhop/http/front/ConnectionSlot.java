package llmhop.http.front;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/// A connection's slot among those that may be open: its counter, its address, and the way in which
/// it is taken away for another connection. The connection's thread and the [Evictor] use it at the
/// same time.
final class ConnectionSlot {
  private final SocketAddress remote;
  private final Object key;
  private final Deadlines deadlines;
  private final Consumer<EvictionRule> end;

  /// Whether a byte has come.
  private volatile boolean begun;

  /// Whether no further request is read, since another connection has the slot.
  private volatile boolean evicted;

  private volatile boolean reserved;

  /// Counts the slot; null when the connection has none. Guarded by this.
  private AtomicInteger counter;

  /// @param end ends the connection by a rule
  ConnectionSlot(
      SocketAddress remote, CallerRules rules, Deadlines deadlines, Consumer<EvictionRule> end) {
    this.remote = remote;
    this.key = AddressKey.of(remote, rules);
    this.deadlines = deadlines;
    this.end = end;
  }

  /// The group of connections that this one belongs to: see [AddressKey].
  Object key() {
    return key;
  }

  /// The address of the caller as text.
  String remote() {
    return remote instanceof InetSocketAddress inet
        ? inet.getAddress().getHostAddress()
        : "a Unix socket";
  }

  /// Takes a slot that this counter counts.
  ///
  /// @param reserve whether it is a reserved one, in which only health checks are served
  synchronized void take(AtomicInteger by, boolean reserve) {
    counter = by;
    reserved = reserve;
  }

  /// Gives the slot back, unless another connection has it.
  synchronized void giveBack() {
    if (counter != null) {
      counter.decrementAndGet();
      counter = null;
    }
  }

  /// Gives the slot away: its counter counts the connection that takes it.
  ///
  /// @return false when there is none to give
  private synchronized boolean giveAway() {
    boolean had = counter != null;
    counter = null;
    return had;
  }

  boolean isReserved() {
    return reserved;
  }

  /// Whether no further request is read.
  boolean isEvicted() {
    return evicted;
  }

  /// The first byte has come. On the connection's thread.
  void begin() {
    if (!begun) {
      begun = true;
    }
  }

  /// The present activity of the connection.
  Doing doing() {
    return deadlines.seen();
  }

  /// How long it has done that, in nanoseconds.
  long age(long now) {
    return deadlines.age(now);
  }

  /// Whether it waits for a handshake, a head, or the end of a caller that it refused.
  boolean isWithoutRequest() {
    Doing now = doing();
    return now == Doing.FRESH || now == Doing.HEAD || now == Doing.IDLE || now == Doing.LINGERING;
  }

  /// Whether this rule may end the connection, however old its state is.
  boolean applies(EvictionRule rule) {
    Doing now = doing();
    return switch (rule) {
      case IDLE -> now == Doing.IDLE || now == Doing.LINGERING || (now == Doing.FRESH && !begun);
      case HEAD -> now == Doing.HEAD || (now == Doing.FRESH && begun);
      case BODY -> now == Doing.HANDLING && deadlines.isBodySlow();
      case ANSWER -> (now == Doing.HANDLING || now == Doing.WRITING) && deadlines.isUnread();
      case UNREAD -> false;
    };
  }

  /// Ends the connection in favour of another one, which has its slot at once.
  ///
  /// A request that comes at the same moment is served: `evicted` is written before the state is
  /// read here, and the connection's thread writes its state before it reads `evicted`, so that one
  /// of both sees the other. The input is only shut, which takes no byte away that has come.
  ///
  /// @return false when the rule does not apply any more
  boolean evict(EvictionRule rule) {
    evicted = true;
    if (!applies(rule) || !giveAway()) {
      evicted = false;
      return false;
    }
    end.accept(rule);
    return true;
  }

  /// Ends the connection in a reserved slot at once in favour of another one.
  ///
  /// @return false when it has a request, or no slot any more
  boolean endReserved() {
    if (!isWithoutRequest() || !giveAway()) {
      return false;
    }
    end.accept(EvictionRule.HEAD);
    return true;
  }
}
