package llmhop.backend;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import llmhop.config.Endpoint;
import llmhop.config.Header;
import llmhop.http.upstream.Upstream;
import llmhop.json.Json;

/// One place that answers for a model: where it is, what is set on requests to it, the connections
/// to it, and how it is: what it has in hand, whether it is well. Shared by all requests.
public final class Backend implements AutoCloseable {
  /// A weight of 1 in the finer unit of [#share].
  static final long WHOLE = 1000;

  private static final int UNLIMITED = Integer.MAX_VALUE;

  /// What one that came back begins with, of its whole share: a tenth.
  private static final long LEAST_WARM = 10;

  private final String label;
  private final Endpoint endpoint;
  private final long identity;
  private final List<Header> headers;
  private final boolean hosted;
  private final Upstream upstream;
  private final long slowStartNanos;
  private final Health health;
  private final AtomicInteger inFlight = new AtomicInteger();
  private final int most;
  private final Runnable room;
  private final LongSupplier nanos;
  private final AtomicInteger progress = new AtomicInteger();
  private volatile boolean leaving;
  private volatile Optional<Long> returnedAt = Optional.empty();
  private volatile EngineLoad load = EngineLoad.UNKNOWN;
  private volatile Map<String, Json.Obj> listed = Map.of();
  // Guarded by the fleet's lock.
  private long credit;

  /// A backend that is up.
  ///
  /// @param label what callers and logs see of it; no address
  /// @param endpoint where it is
  /// @param address what tells it from others on all routers alike: its URL, or that with the one
  ///   address of many that it has
  /// @param headers set on each request, last
  /// @param hosted whether someone else runs it, who is told nothing about our callers
  /// @param upstream the connections to it
  /// @param watch what it tells of itself, and by which clock
  public Backend(
      String label,
      Endpoint endpoint,
      String address,
      List<Header> headers,
      boolean hosted,
      Upstream upstream,
      Watch watch) {
    this.label = label;
    this.endpoint = endpoint;
    this.identity = Hash64.of(address);
    this.headers = List.copyOf(headers);
    this.hosted = hosted;
    this.upstream = upstream;
    this.slowStartNanos = watch.slowStart().toNanos();
    this.nanos = watch.nanos();
    this.most = endpoint.maxConcurrent().orElse(UNLIMITED);
    this.room = watch.changed();
    this.health =
        new Health(
            label,
            watch.longestCoolDownNanos(),
            nanos,
            watch.news(),
            this::warmUp,
            watch.changed());
  }

  /// What callers and logs see of it.
  public String label() {
    return label;
  }

  /// Its share among the model's backends, as the config says it.
  public int weight() {
    return endpoint.weight();
  }

  /// What tells it from others, the same on all routers.
  long identity() {
    return identity;
  }

  /// What is set on each request to it.
  public List<Header> headers() {
    return headers;
  }

  /// Whether someone else runs it.
  public boolean hosted() {
    return hosted;
  }

  /// The connections to it.
  public Upstream upstream() {
    return upstream;
  }

  /// The path for a request's path, see [Endpoint#path(String)].
  public String path(String requested) {
    return endpoint.path(requested);
  }

  // How it is.

  Health health() {
    return health;
  }

  /// How it is, as a word for operators: `up`, `down`, `trial`, `unwell` or `leaving`.
  public String state() {
    return leaving ? "leaving" : health.word();
  }

  /// Requests that are in its hands now.
  public int inFlight() {
    return inFlight.get();
  }

  /// Whether it may have one more request in its hands.
  boolean hasRoom() {
    return inFlight.get() < most;
  }

  /// One more request, if that isn't one too many.
  boolean begin() {
    if (most == UNLIMITED) {
      inFlight.incrementAndGet();
      return true;
    }
    // Never more than that, not even for a moment: somebody might turn away for it.
    int before = inFlight.get();
    while (before < most && !inFlight.compareAndSet(before, before + 1)) {
      before = inFlight.get();
    }
    return before < most;
  }

  void ended() {
    if (inFlight.decrementAndGet() == 0 && leaving) {
      upstream.close();
    }
    if (most != UNLIMITED) {
      room.run();
    }
  }

  /// How busy it is: what we have in flight there, or what its engine has, where that is known and
  /// more.
  long busy(long now) {
    return load.busy(inFlight.get(), now);
  }

  /// Its engine has told its load.
  void told(EngineLoad now) {
    load = now;
  }

  /// Its share of the requests right now, in thousandths of a weight of 1: less than the whole
  /// while it warms up.
  long share(long now) {
    long whole = WHOLE * endpoint.weight();
    Optional<Long> since = slowStartNanos == 0 ? Optional.empty() : returnedAt;
    if (since.isEmpty()) {
      return whole;
    }
    long warm = Math.min(now - since.get(), slowStartNanos);
    long least = whole / LEAST_WARM;
    return least + (long) ((double) (whole - least) * warm / slowStartNanos);
  }

  /// It is there again, or for the first time beside others: its caches are cold.
  void warmUp() {
    if (slowStartNanos > 0) {
      returnedAt = Optional.of(nanos.getAsLong());
    }
  }

  /// Something of an answer has come from it. What two threads count at the same time may count
  /// once: that it changes is all that matters.
  void progressed() {
    progress.lazySet(progress.get() + 1);
  }

  /// A number that changes when something of an answer has come from it.
  int progress() {
    return progress.get();
  }

  /// It says that it serves these.
  void lists(Map<String, Json.Obj> models) {
    listed = models;
  }

  /// What it says of the models that it serves, by name; empty before it was asked.
  public Map<String, Json.Obj> listed() {
    return listed;
  }

  long credit() {
    return credit;
  }

  void credit(long more) {
    credit += more;
  }

  /// It gets no more requests; once those in its hands are done its connections are closed.
  void leave() {
    leaving = true;
    if (inFlight.get() == 0) {
      upstream.close();
    }
  }

  @Override
  public void close() {
    upstream.close();
  }
}
