package llmhop.http.front;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import llmhop.http.wire.BufferCheck;
import llmhop.http.wire.HeapBudget;
import llmhop.http.wire.InletMemory;
import llmhop.http.wire.Pump;
import llmhop.http.wire.SegmentPool;

/// The server: listeners, their connections, and the sweep over them. One virtual thread for each
/// connection, one platform thread for each listener, and the pump.
///
/// ```
///   (new) --listen, start--> serving --stopAccepting--> stopping --(last one)--> empty
///   any --close--> closed
/// ```
public final class Server implements AutoCloseable {
  /// What an answer is put together in, in bytes: most heads with a short body.
  private static final int OUTLET = 8 * 1024;

  private static final int OUTLETS_KEPT = 512;
  private static final int SEGMENTS_KEPT = 8;

  /// Bytes that slow readers of streams may hold together, beyond 2 KiB each.
  private static final long PENDING_BYTES = 64L * 1024 * 1024;

  private static final long SECOND_NANOS = 1_000_000_000L;

  /// The part of the heap's budget that heads over 4 KiB, and what is read ahead, may take.
  private static final double INLETS_PART = 0.125;

  private final Limits limits;
  private final Refusals refusals;
  private final CallerRules rules;
  private final Consumer<Throwable> faults;
  private final Pump pump;
  private final SegmentPool outlets =
      new SegmentPool(OUTLET, OUTLETS_KEPT, BufferCheck.of("outlets"));
  private final SegmentPool segments =
      new SegmentPool(SegmentPool.SEGMENT, SEGMENTS_KEPT, BufferCheck.of("linger"));
  private final List<UnixListener> files = new ArrayList<>();
  private final InletMemory inlets;
  private final SlowReaders readers;
  private final List<Listener> listeners = new ArrayList<>();
  private final ConnectionLimiter limiter;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition empty = lock.newCondition();
  private volatile HttpHandler handler = HttpExchange::close;
  private volatile Runnable ticker = () -> {};
  private volatile boolean stopping;
  private volatile long stoppedAt;
  private final LongSupplier nanos;
  private long lastSecond;

  /// A server that listens nowhere yet.
  ///
  /// @param refusals how its own refusals look
  /// @param faults is told of what should never happen
  public Server(Limits limits, Refusals refusals, Consumer<Throwable> faults) {
    this(limits, refusals, CallerRules.NONE, HeapBudget.ofProcess(), faults);
  }

  /// The same, with callers and requests that are treated in another way when it is full.
  ///
  /// @param heap the budget that all memory of connections is a part of
  public Server(
      Limits limits,
      Refusals refusals,
      CallerRules rules,
      HeapBudget heap,
      Consumer<Throwable> faults) {
    this(limits, refusals, rules, heap, faults, System::nanoTime);
  }

  /// The same with another clock for all deadlines of callers.
  ///
  /// @param nanos the clock, as of [System#nanoTime]
  Server(
      Limits limits,
      Refusals refusals,
      CallerRules rules,
      HeapBudget heap,
      Consumer<Throwable> faults,
      LongSupplier nanos) {
    this.limits = limits;
    this.refusals = refusals;
    this.rules = rules;
    this.faults = faults;
    this.nanos = nanos;
    this.lastSecond = nanos.getAsLong();
    this.limiter = new ConnectionLimiter(limits.connections(), heap, refusals, nanos);
    this.inlets = new InletMemory(heap.part(INLETS_PART), heap);
    this.readers = new SlowReaders(heap, refusals);
    this.pump = new Pump(this::sweep, Math.min(readers.max(), PENDING_BYTES), nanos);
    heap.registerPool(outlets::idleBytes, outlets::clear);
    heap.registerPool(segments::idleBytes, segments::clear);
  }

  /// Who answers requests; before [#start].
  public void handler(HttpHandler next) {
    handler = next;
  }

  /// Runs this too about every second, on the pump's thread: it must not block.
  public void everySecond(Runnable action) {
    Runnable before = ticker;
    ticker =
        () -> {
          before.run();
          action.run();
        };
  }

  /// Takes connections from here, once started. It is closed with the server.
  ///
  /// @param tls makes the engine of each connection, where TLS is spoken
  public void listen(ServerSocketChannel channel, Optional<TlsEngines> tls) throws IOException {
    listeners.add(new Listener(this, channel, channel.getLocalAddress(), tls));
  }

  /// Takes connections from a Unix socket, once started. Its file is removed with it.
  public void listen(UnixListener unix) {
    files.add(unix);
    var address = UnixDomainSocketAddress.of(unix.path());
    listeners.add(new Listener(this, unix.channel(), address, Optional.empty()));
  }

  /// Where it listens.
  public List<SocketAddress> addresses() {
    List<SocketAddress> addresses = new ArrayList<>();
    listeners.forEach(listener -> addresses.add(listener.address()));
    return addresses;
  }

  /// Begins to take connections.
  public void start() {
    pump.start();
    listeners.forEach(Listener::start);
  }

  // ---- connections

  /// Takes a connection, or closes it when there are too many.
  void accepted(SocketChannel channel, Listener listener) {
    Connection connection;
    try {
      connection = new Connection(this, channel, listener);
    } catch (IOException e) {
      Listener.close(channel);
      return;
    }
    if (!limiter.admit(connection)) {
      connection.kill();
      return;
    }
    try {
      Thread.ofVirtual().name("caller").start(() -> live(connection));
    } catch (RuntimeException | Error e) {
      connection.kill();
      ended(connection);
      throw e;
    }
    if (stopping) {
      connection.endIfIdle();
    }
  }

  private void live(Connection connection) {
    try {
      connection.run();
    } finally {
      ended(connection);
    }
  }

  private void ended(Connection connection) {
    limiter.ended(connection);
    if (stopping && limiter.isEmpty()) {
      lock.lock();
      try {
        empty.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /// Ends a connection that does nothing, in favour of one more of an address, for want of places
  /// or of memory. Cheap, however often it is asked for.
  ///
  /// @param newcomer what [RawExchange#addressKey] returns for the address
  /// @return false when no connection may be ended for it
  public boolean makeRoom(Object newcomer) {
    return limiter.makeRoom(newcomer);
  }

  void handle(HttpExchange exchange) throws IOException {
    handler.handle(exchange);
  }

  void failed(Throwable fault) {
    faults.accept(fault);
  }

  // ---- for connections

  Limits limits() {
    return limits;
  }

  Refusals refusals() {
    return refusals;
  }

  CallerRules rules() {
    return rules;
  }

  Pump pump() {
    return pump;
  }

  SegmentPool outlets() {
    return outlets;
  }

  InletMemory inlets() {
    return inlets;
  }

  SegmentPool segments() {
    return segments;
  }

  boolean isStopping() {
    return stopping;
  }

  /// How long ago it was told to stop, in nanoseconds; 0 when it wasn't.
  long hasStoppedFor(long now) {
    return stopping ? now - stoppedAt : 0;
  }

  void awake() {
    pump.awake();
  }

  private boolean sweep() {
    long now = nanos.getAsLong();
    boolean busy = false;
    for (Connection connection : limiter.connections()) {
      busy |= sweep(connection, now);
    }
    readers.end(limiter.connections(), now);
    if (now - lastSecond >= SECOND_NANOS) {
      lastSecond = now;
      ticker.run();
    }
    return busy;
  }

  /// A connection that can't be looked at, for want of memory, must not keep the others from it.
  private boolean sweep(Connection connection, long now) {
    try {
      boolean busy = connection.sweep(now);
      readers.look(connection, now);
      return busy;
    } catch (RuntimeException | Error e) {
      return true;
    }
  }

  /// How many connections a heap with this budget allows.
  public static long connectionsOf(HeapBudget heap, boolean tls) {
    return heap.part(ConnectionLimiter.HEAP_PART) / ConnectionLimiter.ownBytes(tls);
  }

  // ---- gauges

  /// Connections that are open.
  public int connections() {
    return limiter.open();
  }

  /// What it holds right now.
  public SequencedMap<String, Long> gauges() {
    SequencedMap<String, Long> gauges = new LinkedHashMap<>();
    gauges.put("connections", (long) limiter.open());
    gauges.put("streams", (long) pump.flows());
    gauges.put("pendingBytes", pump.pendingBytes());
    gauges.put("unreadBytes", readers.held());
    gauges.put("readAheadBytes", inlets.taken());
    return gauges;
  }

  // ---- the end

  /// Takes no more connections, ends those that wait for a request, and closes each other one after
  /// its answer.
  public synchronized void stopAccepting() {
    if (!stopping) {
      stoppedAt = nanos.getAsLong();
      stopping = true;
      files.forEach(this::remove);
    }
    listeners.forEach(Listener::close);
    limiter.connections().forEach(Connection::endIfIdle);
  }

  /// Before its channel is closed: as long as that is open nobody else takes the file's place.
  private void remove(UnixListener unix) {
    try {
      unix.remove();
    } catch (IOException e) {
      failed(e);
    }
  }

  /// Waits until all connections are closed.
  ///
  /// @return whether that came true in time
  public boolean drain(long nanos) throws InterruptedException {
    long left = nanos;
    lock.lock();
    try {
      while (!limiter.isEmpty()) {
        if (left <= 0) {
          return false;
        }
        left = empty.awaitNanos(left);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /// Ends everything at once.
  @Override
  public void close() {
    stopAccepting();
    limiter.connections().forEach(connection -> connection.kill(InputEnd.STOPPING));
    pump.close();
  }
}
