package llmhop.http.upstream;

import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// Idle connections to one backend, the last used first: what isn't needed grows old and goes.
/// Shared by all requests.
final class Pool {
  /// The most idle connections, more than any engine runs requests at once.
  static final int MOST = 256;

  private final ArrayDeque<Connection> idle = new ArrayDeque<>();
  private final LongSupplier nanos;
  private boolean sweeping;
  private boolean closed;

  Pool(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /// A connection that is still good.
  Optional<Connection> take() {
    while (true) {
      Connection connection;
      synchronized (idle) {
        connection = idle.pollLast();
      }
      if (connection == null) {
        return Optional.empty();
      }
      if (connection.idleUntil() - nanos.getAsLong() > 0 && connection.transport().isQuiet()) {
        return Optional.of(connection);
      }
      connection.close();
    }
  }

  /// Keeps a connection for so many nanoseconds, or closes it where there is no room.
  void give(Connection connection, long keepNanos) {
    connection.idleUntil(nanos.getAsLong() + keepNanos);
    synchronized (idle) {
      if (!closed && keepNanos > 0 && idle.size() < MOST) {
        idle.addLast(connection);
        sweepLater(keepNanos);
        return;
      }
    }
    connection.close();
  }

  private void sweepLater(long after) {
    if (!sweeping) {
      sweeping = true;
      long soon = Math.max(after, TimeUnit.MILLISECONDS.toNanos(10));
      Timer.SHARED.schedule(this::sweep, soon, TimeUnit.NANOSECONDS);
    }
  }

  /// Closes what is too old, also while there is no traffic.
  void sweep() {
    List<Connection> old = new ArrayList<>();
    synchronized (idle) {
      sweeping = false;
      long now = nanos.getAsLong();
      idle.removeIf(connection -> connection.idleUntil() - now <= 0 && old.add(connection));
      if (!idle.isEmpty()) {
        long next = idle.stream().mapToLong(Connection::idleUntil).min().getAsLong() - now;
        sweepLater(next);
      }
    }
    old.forEach(Connection::close);
  }

  /// Lets go of connections to addresses that the name no longer has.
  void retain(Collection<InetAddress> addresses) {
    List<Connection> left = new ArrayList<>();
    synchronized (idle) {
      idle.removeIf(
          connection ->
              connection.address().filter(address -> !addresses.contains(address)).isPresent()
                  && left.add(connection));
    }
    left.forEach(Connection::close);
  }

  int size() {
    synchronized (idle) {
      return idle.size();
    }
  }

  void close() {
    List<Connection> left;
    synchronized (idle) {
      closed = true;
      left = new ArrayList<>(idle);
      idle.clear();
    }
    left.forEach(Connection::close);
  }
}
