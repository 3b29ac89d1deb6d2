package llmhop.http.upstream;

import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import llmhop.http.upstream.UpstreamException.Exhausted;
import llmhop.http.upstream.UpstreamException.Lost;
import llmhop.http.upstream.UpstreamException.Unreachable;
import llmhop.http.wire.Depletion;
import llmhop.http.wire.Transport;

/// One backend and the connections to it. Shared by all requests.
///
/// A request is sent a second time in one case only: the backend closed a kept connection while the
/// request was written, or within 100 ms of its last byte. No byte of an answer came, no large part
/// of the body was read, and the body can be written again. The second time the request goes to the
/// same address on a new connection, and there is no third time.
///
/// A request of which no byte was written, since the connection ended while the first bytes of its
/// caller were awaited, goes on a new connection to any address of the backend, once.
public final class Upstream implements AutoCloseable {
  /// A backend that announces when it closes is left this much time before.
  private static final long MARGIN_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long LONGEST_KEPT_SECONDS = 600;

  private final Origin origin;
  private final Settings settings;
  private final Duration keepAlive;
  private final Optional<Names> names;
  private final LongSupplier nanos;
  private final UpstreamMemory memory;
  private final Dialer dialer;
  private final Pool pool;
  private final Set<Connection> open = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /// A backend to which no connection has been made yet.
  ///
  /// @param nanos the clock for idle times and the end of kept connections, as of [System#nanoTime]
  public Upstream(Origin origin, Settings settings, LongSupplier nanos) {
    this(origin, settings, nanos, UpstreamMemory.unlimited());
  }

  /// The same within a limit on memory.
  ///
  /// @param memory what all backends take from
  public Upstream(Origin origin, Settings settings, LongSupplier nanos, UpstreamMemory memory) {
    this.memory = memory;
    this.origin = origin;
    this.settings = settings;
    this.keepAlive = settings.keepAlive();
    this.nanos = nanos;
    this.pool = new Pool(nanos);
    String host = settings.proxy().map(ConnectProxy::host).orElse(origin.host());
    this.names =
        origin.kind() == Origin.Kind.UNIX
            ? Optional.empty()
            : Optional.of(new Names(host, settings.resolver(), nanos, pool::retain));
    this.dialer = new Dialer(origin, settings, names);
  }

  /// Where it is.
  public Origin origin() {
    return origin;
  }

  /// Whether one of this origin and these settings would be another one like this.
  public boolean isLike(Origin other, Settings others) {
    return origin.equals(other) && settings.equals(others);
  }

  /// What its connections take from.
  public UpstreamMemory memory() {
    return memory;
  }

  /// Idle connections.
  public int idle() {
    return pool.size();
  }

  /// Connections that are open, idle ones too.
  public int open() {
    return open.size();
  }

  /// A request that has not been sent yet, and can be cancelled from now on.
  public Call call(Request request, Timing timing) {
    return new Call(this, request, timing);
  }

  LongSupplier nanos() {
    return nanos;
  }

  Pool pool() {
    return pool;
  }

  /// Sends a request and waits for the head of the answer. Whoever calls closes the reply.
  public Reply send(Request request, Timing timing) throws UpstreamException {
    return call(request, timing).send();
  }

  Reply send(Call call) throws UpstreamException {
    Optional<Connection> kept = pool.take();
    if (kept.isPresent()) {
      names.ifPresent(Names::lookUpAgain);
    }
    Connection first = kept.isPresent() ? kept.get() : dial(call, Optional.empty());
    Optional<Reply> reply = Turn.run(this, call, first, false);
    if (reply.isPresent()) {
      return reply.get();
    }
    Connection second = call.isUntouched() ? dial(call, Optional.empty()) : dialAgain(call, first);
    return Turn.run(this, call, second, true).orElseThrow();
  }

  private Connection dial(Call call, Optional<InetAddress> only) throws UpstreamException {
    boolean secured = origin.kind() == Origin.Kind.HTTPS;
    if (secured && !memory.takeSecured()) {
      var why = new IOException("the heap has no room for another connection with TLS");
      throw new Exhausted(Depletion.MEMORY, false, why);
    }
    Optional<Connection> opened = Optional.empty();
    try {
      Dialer.Dialed dialed = dialer.dial(call, only);
      call.request().connected();
      opened = Optional.of(opened(dialed.transport(), dialed.address()));
      return opened.get();
    } finally {
      if (secured && opened.isEmpty()) {
        memory.giveSecured();
      }
    }
  }

  /// A kept connection has died with the request in its hands. The new one leads to the same
  /// address: another address of the name may be another server.
  ///
  /// @throws Lost when there is none to be had, which is no longer "nothing was sent"
  private Connection dialAgain(Call call, Connection dead) throws UpstreamException {
    try {
      return dial(call, dead.address());
    } catch (Unreachable e) {
      throw new Lost("a kept connection died, and then: " + e.getMessage(), e);
    } catch (Exhausted e) {
      throw new Exhausted(e.depletion(), true, e);
    }
  }

  Connection opened(Transport transport, Optional<InetAddress> address) {
    var connection = new Connection(transport, address, memory.heads(), this::closed);
    open.add(connection);
    if (closed) {
      connection.close();
    }
    return connection;
  }

  private void closed(Connection connection) {
    if (open.remove(connection) && origin.kind() == Origin.Kind.HTTPS) {
      memory.giveSecured();
    }
  }

  /// Keeps a connection for the next request, as long as both sides want.
  void keep(Connection connection, OptionalLong announcedSeconds) {
    long keep = keepAlive.toNanos();
    if (announcedSeconds.isPresent()) {
      long seconds = Math.min(announcedSeconds.getAsLong(), LONGEST_KEPT_SECONDS);
      long announced = TimeUnit.SECONDS.toNanos(seconds) - MARGIN_NANOS;
      // The backend knows better than our default, but not better than the operator.
      boolean chosen = !keepAlive.equals(Settings.keepAlive(origin.kind()));
      keep = chosen ? Math.min(keep, announced) : announced;
    }
    pool.give(connection, keep);
  }

  /// Keeps no more connections: idle ones are closed now, busy ones after their request. Requests
  /// may still be sent.
  public void retire() {
    pool.close();
  }

  /// Closes all connections, those with requests on them too, and keeps no more.
  @Override
  public void close() {
    closed = true;
    pool.close();
    open.forEach(Connection::close);
  }
}
