package llmhop;

import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import llmhop.admin.HealthFirst;
import llmhop.admin.Pages;
import llmhop.backend.Census;
import llmhop.backend.Surroundings;
import llmhop.config.Config;
import llmhop.config.EnvironmentProxy;
import llmhop.config.Listen;
import llmhop.config.LogFormat;
import llmhop.http.upstream.Resolver;
import llmhop.http.upstream.UpstreamMemory;
import llmhop.http.wire.BufferCheck;
import llmhop.http.wire.HeapBudget;
import llmhop.http.wire.SegmentPool;
import llmhop.observe.AccessLog;
import llmhop.observe.EndedBodies;
import llmhop.observe.Observer;
import llmhop.route.Admission;
import llmhop.route.BufferBudget;
import llmhop.route.Doorway;
import llmhop.route.Lifecycle;
import llmhop.route.PassingTime;
import llmhop.route.Router;
import llmhop.route.RouterSetup;

/// Wires the parts of a router together and runs it; the only place that does.
public final class Assembly implements AutoCloseable {
  /// How long requests that were cut off may take to say so in the log.
  private static final long LAST_WORDS_NANOS = 1_000_000_000L;

  /// How long callers whose answer is complete may take to close their connections.
  private static final Duration GOODBYES = Duration.ofMillis(500);

  /// Safe for concurrent use.
  private static final RandomGenerator RANDOM = () -> ThreadLocalRandom.current().nextLong();

  /// All platform threads: whoever asks may be a virtual one, whose own group is empty.
  private static final ThreadGroup THREADS = outermost(Thread.currentThread().getThreadGroup());

  private final Lifecycle lifecycle = new Lifecycle();
  private final Outputs outputs;
  private final InstantSource clock;
  private final Generations generations;
  private final HeapBudget heap;
  private final BufferBudget budget;
  private final SegmentPool segments;
  private final Admission admission;
  private final Observer observer;
  private final Door door;
  private volatile boolean stale;

  private Assembly(
      Config config,
      EnvironmentProxy environment,
      Outputs outputs,
      LongSupplier nanos,
      InstantSource clock)
      throws IOException {
    this.outputs = outputs;
    this.clock = clock;
    this.heap = HeapBudget.ofProcess();
    this.budget =
        new BufferBudget(
            config.maxBufferedBytes(), config.maxBufferedShare(), heap, System::nanoTime);
    this.segments = SegmentPool.ofBytes(config.maxBufferedBytes() / 4, BufferCheck.of("bodies"));
    heap.registerPool(segments::idleBytes, segments::clear);
    heap.register(() -> (long) lifecycle.inFlight() * BufferBudget.REQUEST_BYTES);
    this.admission = new Admission(config.maxConcurrentRequests());
    var log = new Log(outputs.err());
    this.generations =
        new Generations(Generation.first(config, environment, around(log, nanos, heap), clock));
    this.observer =
        config.log() == LogFormat.OFF
            ? new EndedBodies(nanos, log::say)
            : AccessLog.of(config.log(), outputs.accessLog());
    var doorway = new Doorway(observer, clock, RANDOM);
    var rules = new HealthFirst(() -> generations.current().config().trustedProxies());
    this.door = Door.of(config, doorway, rules, heap, log);
  }

  /// Starts a router.
  ///
  /// @param config what the operator wrote
  /// @param listen where to listen, which the command line may say otherwise than the config
  /// @param environment the proxy towards `https` backends that the environment asks for
  /// @param out where the access log goes
  /// @param err where our own faults are told
  /// @throws IOException when it can't listen, or a certificate can't be used
  public static Assembly start(
      Config config,
      List<Listen> listen,
      EnvironmentProxy environment,
      PrintStream out,
      PrintStream err)
      throws IOException {
    return start(config, listen, environment, out, err, System::nanoTime);
  }

  /// The same with a time of its own for what its requests wait for.
  public static Assembly start(
      Config config,
      List<Listen> listen,
      EnvironmentProxy environment,
      PrintStream out,
      PrintStream err,
      PassingTime time)
      throws IOException {
    return start(config, listen, environment, out, err, time, InstantSource.system());
  }

  /// The same with a time of day of its own, too.
  ///
  /// @param time the time that passes
  /// @param clock the time of day
  public static Assembly start(
      Config config,
      List<Listen> listen,
      EnvironmentProxy environment,
      PrintStream out,
      PrintStream err,
      PassingTime time,
      InstantSource clock)
      throws IOException {
    Outputs outputs = Outputs.direct(out, err);
    return start(config, door -> door.listen(listen), environment, outputs, time, clock);
  }

  /// Makes a door ready for callers.
  interface Listening {
    /// Binds it.
    void at(Door door) throws IOException;
  }

  static Assembly start(
      Config config,
      Listening listening,
      EnvironmentProxy environment,
      Outputs outputs,
      PassingTime time,
      InstantSource clock)
      throws IOException {
    var assembly = new Assembly(config, environment, outputs, time, clock);
    try {
      listening.at(assembly.door);
      assembly.generations.start();
      assembly.door.open(assembly.router(config, time));
      return assembly;
    } catch (IOException | RuntimeException e) {
      assembly.close();
      throw e;
    }
  }

  private static Surroundings around(Log log, LongSupplier nanos, HeapBudget heap) {
    return new Surroundings(
        nanos,
        bound -> ThreadLocalRandom.current().nextLong(bound),
        Resolver.SYSTEM,
        log::say,
        new UpstreamMemory(heap));
  }

  private Router router(Config config, PassingTime time) {
    var setup =
        new RouterSetup(
            budget,
            segments,
            admission,
            config.instance().orElseGet(Assembly::anyName),
            observer,
            clock,
            time,
            RANDOM,
            outputs.err());
    var pages = new Pages(lifecycle, this::gauges, this::stale, clock.instant());
    return new Router(generations.snapshot(), pages, lifecycle, setup);
  }

  private static ThreadGroup outermost(ThreadGroup group) {
    return group.getParent() == null ? group : outermost(group.getParent());
  }

  /// A name that no other router has.
  private static String anyName() {
    return "llmhop-" + Long.toHexString(RANDOM.nextLong());
  }

  /// Puts another config into use while requests run: those go on by the one that they began with.
  ///
  /// @return what has changed
  /// @throws IOException when a certificate can't be used; then all stays as it was
  public synchronized Changes reload(Config config) throws IOException {
    return generations.reload(
        config,
        () -> {
          admission.maxConcurrent(config.maxConcurrentRequests());
          budget.maxShare(config.maxBufferedShare());
          stale = false;
        });
  }

  /// Whether this config would change nothing.
  ///
  /// @throws IOException when a certificate can't be used
  boolean isOf(Config config) throws IOException {
    return generations.current().isOf(config);
  }

  /// The config that is in use.
  Config config() {
    return generations.current().config();
  }

  /// Whether an older config is in use, since the file can't be used as it is now.
  boolean stale() {
    return stale;
  }

  /// Says at `/health` whether that is so.
  void stale(boolean now) {
    stale = now;
  }

  /// Where it listens, with the ports that it really got.
  public List<String> addresses() {
    List<String> texts = new ArrayList<>();
    door.addresses().forEach(address -> texts.add(Door.text(address)));
    return texts;
  }

  /// Whether anyone who reaches one of its ports can use the models.
  boolean isOpenToOthers() {
    if (!config().authTokens().isEmpty()) {
      return false;
    }
    for (SocketAddress address : door.addresses()) {
      if (address instanceof InetSocketAddress port && !port.getAddress().isLoopbackAddress()) {
        return true;
      }
    }
    return false;
  }

  /// The first port that it listens on.
  public int port() {
    return door.addresses().stream()
        .filter(InetSocketAddress.class::isInstance)
        .mapToInt(address -> ((InetSocketAddress) address).getPort())
        .findFirst()
        .orElseThrow();
  }

  /// Requests in hand.
  public int inFlight() {
    return lifecycle.inFlight();
  }

  /// Requests in the hands of backends.
  public int atBackends() {
    return Census.of(generations.fleets()).inFlight();
  }

  /// Reports what this process's heap allows, and where the config asks for more.
  HeapReport heapReport() {
    return new HeapReport(heap, Runtime.getRuntime().maxMemory(), config());
  }

  /// What the process holds right now.
  public SequencedMap<String, Long> gauges() {
    SequencedMap<String, Long> gauges = new LinkedHashMap<>();
    Census backends = Census.of(generations.fleets());
    gauges.putAll(door.gauges());
    gauges.put("inFlight", (long) admission.admitted());
    gauges.put("requests", (long) lifecycle.inFlight());
    gauges.put("bufferedBytes", budget.held());
    gauges.put("heldBytes", heap.held());
    gauges.put("waitingForMemory", (long) budget.waiting());
    gauges.put("pooledSegments", (long) segments.idle());
    gauges.put("backendConnections", (long) backends.open());
    gauges.put("idleBackendConnections", (long) backends.idle());
    gauges.put("atBackends", (long) backends.inFlight());
    gauges.put("queued", (long) generations.queued());
    gauges.put("tokenRequests", (long) generations.ledger().inHand());
    gauges.put("waitingForBackend", (long) backends.waiting());
    gauges.put("olderConfigs", (long) generations.retired());
    gauges.put("lostLogLines", observer.lost());
    gauges.put("lostMessages", outputs.lostMessages().getAsLong());
    gauges.put("threads", (long) THREADS.activeCount());
    if (BufferCheck.isOn()) {
      gauges.put("bufferFaults", BufferCheck.faults());
    }
    return gauges;
  }

  /// Writes what the access log and the messages for operators still hold back, for a bounded time.
  void flushLog() {
    observer.close();
    outputs.flush().run();
  }

  /// Leaves: says so at `/ready`, keeps accepting for a while, then finishes what runs.
  ///
  /// @param delay how long new requests are still accepted
  /// @param drain how long running requests may take after that
  /// @return how many had to be cut off
  public int stop(Duration delay, Duration drain) throws InterruptedException {
    lifecycle.leave();
    TimeUnit.NANOSECONDS.sleep(delay.toNanos());
    lifecycle.drain();
    door.stopAccepting();
    lifecycle.awaitEmpty(drain.toNanos());
    int left = lifecycle.inFlight();
    if (left == 0) {
      door.drain(GOODBYES);
    }
    close();
    return left;
  }

  /// Ends everything at once; what is cut off gets its line in the log all the same.
  @Override
  public void close() {
    door.stopAccepting();
    lifecycle.cut();
    generations.close();
    try {
      lifecycle.awaitEmpty(LAST_WORDS_NANOS);
      door.close();
      // A request whose body was still read counts as none in hand, and is logged when it ends.
      door.drain(GOODBYES);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      door.close();
    }
    observer.close();
    if (BufferCheck.isOn()) {
      // Writes into given-back buffers that no check has found yet are told now.
      BufferCheck.faults();
    }
  }
}
