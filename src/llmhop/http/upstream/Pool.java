package llmhop.http.upstream;

import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/// Idle connections to one backend, the last used first: what isn't needed grows old and goes.
/// Shared by all requests.
final class Pool {
  /// The most idle connections: as many as there are busy callers on a busy router, since those
  /// over it would be made anew for each request. Each costs a descriptor and 16 KiB for seconds.
  static final int MOST = 1024;

  /// Sweeps are no more frequent than this.
  private static final long SHORTEST_SLEEP_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final ArrayDeque<Connection> idle = new ArrayDeque<>();
  private final LongSupplier nanos;
  // These are guarded by idle.
  private Optional<Set<InetAddress>> addresses = Optional.empty();
  private Optional<ScheduledFuture<?>> sweep = Optional.empty();
  private long sweepDue;
  private boolean closed;

  Pool(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /// A connection that is still good: not too old, open, and nothing has come on it.
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

  /// Keeps a connection for so many nanoseconds, or closes it where there is no room or its address
  /// is no longer wanted.
  void give(Connection connection, long keepNanos) {
    long until = nanos.getAsLong() + keepNanos;
    connection.idleUntil(until);
    synchronized (idle) {
      if (!closed && keepNanos > 0 && idle.size() < MOST && !hasLeft(connection)) {
        idle.addLast(connection);
        sweepAt(until);
        return;
      }
    }
    connection.close();
  }

  private boolean hasLeft(Connection connection) {
    return addresses.isPresent()
        && connection.address().isPresent()
        && !addresses.get().contains(connection.address().get());
  }

  private void sweepAt(long due) {
    if (sweep.isEmpty() || due - sweepDue < 0) {
      sweep.ifPresent(later -> later.cancel(false));
      sweepDue = due;
      long sleep = Math.max(due - nanos.getAsLong(), SHORTEST_SLEEP_NANOS);
      sweep = Optional.of(Timer.SHARED.schedule(this::sweep, sleep, TimeUnit.NANOSECONDS));
    }
  }

  /// Closes what is too old, also while there is no traffic.
  void sweep() {
    long now = nanos.getAsLong();
    closeIf(connection -> connection.idleUntil() - now <= 0);
    synchronized (idle) {
      sweep.ifPresent(last -> last.cancel(false));
      sweep = Optional.empty();
      idle.stream().mapToLong(c -> c.idleUntil() - now).min().ifPresent(d -> sweepAt(now + d));
    }
  }

  /// Lets go of connections to addresses that the name no longer has; of busy ones when they come
  /// back.
  void retain(Collection<InetAddress> current) {
    synchronized (idle) {
      addresses = Optional.of(Set.copyOf(current));
    }
    closeIf(this::hasLeft);
  }

  private void closeIf(Predicate<Connection> condition) {
    List<Connection> gone = new ArrayList<>();
    synchronized (idle) {
      idle.removeIf(connection -> condition.test(connection) && gone.add(connection));
    }
    gone.forEach(Connection::close);
  }

  /// The one that would be used next, without using it.
  Optional<Connection> next() {
    synchronized (idle) {
      return Optional.ofNullable(idle.peekLast());
    }
  }

  int size() {
    synchronized (idle) {
      return idle.size();
    }
  }

  void close() {
    synchronized (idle) {
      closed = true;
    }
    closeIf(connection -> true);
  }
}
