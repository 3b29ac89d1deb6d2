package llmhop.http.upstream;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import llmhop.http.upstream.Turn.DeadConnection;
import llmhop.http.upstream.UpstreamException.BadReply;
import llmhop.http.upstream.UpstreamException.Unreachable;

/// One backend and the connections to it. Shared by all requests.
///
/// A request is sent a second time in one case only: it went out on a kept connection that turned
/// out to be dead before a byte of answer came (the backend closed it while we wrote), and its body
/// can be written again.
public final class Upstream implements AutoCloseable {
  /// How often the addresses of a name are looked up while connections are kept.
  private static final long LOOK_UP_NANOS = TimeUnit.SECONDS.toNanos(30);

  /// A backend that announces when it closes is left this much time before.
  private static final long MARGIN_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long LONGEST_KEPT_SECONDS = 600;

  private final Origin origin;
  private final Settings settings;
  private final Dialer dialer;
  private final Pool pool;
  private final LongSupplier nanos;
  private final Set<Connection> open = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean lookingUp = new AtomicBoolean();
  private volatile long lookedUp;
  private volatile boolean closed;

  /// A backend to which no connection has been made yet.
  ///
  /// @param nanos the clock for idle times, as of [System#nanoTime]
  public Upstream(Origin origin, Settings settings, LongSupplier nanos) {
    this.origin = origin;
    this.settings = settings;
    this.dialer = new Dialer(origin, settings);
    this.pool = new Pool(nanos);
    this.nanos = nanos;
  }

  /// Where it is.
  public Origin origin() {
    return origin;
  }

  /// Idle connections.
  public int idle() {
    return pool.size();
  }

  /// Connections that are open, idle ones too.
  public int open() {
    return open.size();
  }

  /// Sends a request and waits for the head of the answer. Whoever calls closes the reply.
  public Reply send(Request request, Timing timing) throws UpstreamException {
    Optional<Connection> kept = pool.take();
    if (kept.isEmpty()) {
      return sendAnew(request, timing);
    }
    lookUpAgain();
    try {
      return Turn.run(this, kept.get(), request, timing);
    } catch (DeadConnection dead) {
      return sendAgain(request, timing, dead);
    }
  }

  private Reply sendAnew(Request request, Timing timing) throws UpstreamException {
    try {
      return Turn.run(this, dial(), request, timing);
    } catch (DeadConnection e) {
      throw new IllegalStateException("a new connection is no kept one", e);
    }
  }

  /// Once more, on a new connection. Where there is none to be had, the backend went away with the
  /// request in its hands: that is no longer "nothing was sent".
  private Reply sendAgain(Request request, Timing timing, DeadConnection dead)
      throws UpstreamException {
    try {
      return sendAnew(request, timing);
    } catch (Unreachable e) {
      throw new BadReply("a kept connection died, and then: " + e.getMessage(), dead);
    }
  }

  private Connection dial() throws Unreachable {
    List<InetAddress> addresses = List.of();
    Optional<String> name = dialer.lookedUp();
    if (name.isPresent()) {
      addresses = resolve(name.get());
    }
    Dialer.Dialed dialed = dialer.dial(addresses);
    var connection = new Connection(dialed.transport(), dialed.address(), open::remove);
    open.add(connection);
    if (closed) {
      connection.close();
    }
    return connection;
  }

  private List<InetAddress> resolve(String name) throws Unreachable {
    try {
      List<InetAddress> addresses = dialer.resolve(name);
      lookedUp = nanos.getAsLong();
      pool.retain(addresses);
      return addresses;
    } catch (UnknownHostException e) {
      throw new Unreachable("the name " + name + " has no address", e);
    }
  }

  /// While kept connections serve, nobody dials; so the name is looked up beside the requests.
  private void lookUpAgain() {
    Optional<String> name = dialer.lookedUp();
    boolean due = nanos.getAsLong() - lookedUp > LOOK_UP_NANOS;
    if (due && name.isPresent() && lookingUp.compareAndSet(false, true)) {
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  resolve(name.get());
                } catch (Unreachable e) {
                  // The name's last good addresses stand; the next dial will tell.
                  lookedUp = nanos.getAsLong();
                } finally {
                  lookingUp.set(false);
                }
              });
    }
  }

  /// Keeps a connection for the next request, as long as both sides want.
  void keep(Connection connection, OptionalLong announcedSeconds) {
    long keep = settings.keepAlive().toNanos();
    if (announcedSeconds.isPresent()) {
      long seconds = Math.min(announcedSeconds.getAsLong(), LONGEST_KEPT_SECONDS);
      long announced = TimeUnit.SECONDS.toNanos(seconds) - MARGIN_NANOS;
      // The backend knows better than our default, but not better than the operator.
      boolean chosen = !settings.keepAlive().equals(Settings.keepAlive(origin.kind()));
      keep = chosen ? Math.min(keep, announced) : announced;
    }
    if (closed) {
      connection.close();
    } else {
      pool.give(connection, keep);
    }
  }

  /// Closes all connections, those with requests on them too, and keeps no more.
  @Override
  public void close() {
    closed = true;
    pool.close();
    open.forEach(Connection::close);
  }
}
