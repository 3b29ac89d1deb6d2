package llmhop.backend;

import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import llmhop.config.Endpoint;
import llmhop.config.Header;
import llmhop.http.upstream.Upstream;
import llmhop.json.Json;

/// One place that answers for a model: where it is, what is set on requests to it, the connections
/// to it, and how it is: what it has in hand, whether it is well. How it is, it may have taken over
/// from the backend of an older config. Shared by all requests.
public final class Backend implements AutoCloseable {
  /// A weight of 1 in the finer unit of [#share].
  static final long WHOLE = 1000;

  private static final int UNLIMITED = Integer.MAX_VALUE;

  /// What one that came back begins with, of its whole share: a tenth.
  private static final long LEAST_WARM = 10;

  private final String label;
  private final Endpoint endpoint;
  private final String address;
  private final long identity;
  private final List<Header> headers;
  private final boolean hosted;
  private final Upstream upstream;
  private final Watch watch;
  private final long slowStartNanos;
  private final int most;
  private final Site site;
  private volatile boolean leaving;
  // Guarded by the fleet's lock.
  private long credit;

  /// Makes backends.
  @FunctionalInterface
  public interface Maker {
    /// A backend at an endpoint.
    ///
    /// @param number which of the model's it is; 0 where there is but one
    /// @param address the one of the name's addresses that it has; empty where the name is one
    ///   backend
    /// @param before those whose place it may take
    Backend make(
        int number,
        Endpoint endpoint,
        Optional<InetAddress> address,
        Watch watch,
        Predecessors before);
  }

  /// A backend that is up, or how the one before it was.
  ///
  /// @param label what callers and logs see of it; no address
  /// @param endpoint where it is
  /// @param address what tells it from others on all routers alike: its URL, or that with the one
  ///   address of many that it has
  /// @param headers set on each request, last
  /// @param hosted whether someone else runs it, who is told nothing about our callers
  /// @param upstream the connections to it
  /// @param watch what it tells of itself, and by which clock
  /// @param before the backend that was at this address under the config before: what is known of
  ///   the place is taken over from it
  public Backend(
      String label,
      Endpoint endpoint,
      String address,
      List<Header> headers,
      boolean hosted,
      Upstream upstream,
      Watch watch,
      Optional<Backend> before) {
    this.label = label;
    this.endpoint = endpoint;
    this.address = address;
    this.identity = Hash64.of(address);
    this.headers = List.copyOf(headers);
    this.hosted = hosted;
    this.upstream = upstream;
    this.watch = watch;
    this.slowStartNanos = watch.slowStart().toNanos();
    this.most = endpoint.maxConcurrent().orElse(UNLIMITED);
    this.site = before.isPresent() ? before.get().site : new Site(this);
    if (before.isPresent()) {
      site.owner(this);
      site.health().takenOver();
    }
  }

  /// What callers and logs see of it.
  public String label() {
    return label;
  }

  /// Its share among the model's backends, as the config says it.
  public int weight() {
    return endpoint.weight();
  }

  /// Where it is, as text.
  String address() {
    return address;
  }

  /// What is known of where it is, which it may share with backends of an older config.
  Site site() {
    return site;
  }

  Watch watch() {
    return watch;
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
    return site.health();
  }

  /// How it is, as a word for operators: `up`, `down`, `trial`, `unwell` or `leaving`.
  public String state() {
    return leaving ? "leaving" : site.health().word();
  }

  /// Requests that are in its hands now.
  public int inFlight() {
    return site.inFlight().get();
  }

  /// Whether it may have one more request in its hands.
  boolean hasRoom() {
    return inFlight() < most();
  }

  /// How many it may have: what the config in use says of its place, also to requests that began
  /// with an older one and wait.
  private int most() {
    return site.owner().most;
  }

  /// One more request, if that isn't one too many.
  boolean begin() {
    AtomicInteger inFlight = site.inFlight();
    int limit = most();
    if (limit == UNLIMITED) {
      inFlight.incrementAndGet();
      return true;
    }
    // Never more than that, not even for a moment: somebody might turn away for it.
    int before = inFlight.get();
    while (before < limit && !inFlight.compareAndSet(before, before + 1)) {
      before = inFlight.get();
    }
    return before < limit;
  }

  void ended() {
    site.inFlight().decrementAndGet();
    // The config in use may limit what the one that it began with didn't.
    Backend owner = site.owner();
    if (owner.most != UNLIMITED) {
      owner.watch.changed().run();
    }
  }

  /// How busy it is: what we have in flight there, or what its engine has, where that is known and
  /// more.
  long busy(long now) {
    return site.load().busy(inFlight(), now);
  }

  /// Its engine has told its load.
  void told(EngineLoad now) {
    site.load(now);
  }

  /// Its share of the requests right now, in thousandths of a weight of 1: less than the whole
  /// while it warms up.
  long share(long now) {
    long whole = WHOLE * endpoint.weight();
    Optional<Long> since = slowStartNanos == 0 ? Optional.empty() : site.returnedAt();
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
      site.returnedAt(watch.nanos().getAsLong());
    }
  }

  /// Something of an answer has come from it. What two threads count at the same time may count
  /// once: that it changes is all that matters.
  void progressed() {
    site.progress().lazySet(progress() + 1);
  }

  /// A number that changes when something of an answer has come from it.
  int progress() {
    return site.progress().get();
  }

  /// It says that it serves these.
  void lists(Map<String, Json.Obj> models) {
    site.listed(models);
  }

  /// What it says of the models that it serves, by name; empty before it was asked.
  public Map<String, Json.Obj> listed() {
    return site.listed();
  }

  long credit() {
    return credit;
  }

  void credit(long more) {
    credit += more;
  }

  /// It is chosen no more, but by requests that began before; its connections are closed once those
  /// in its hands are done.
  void leave() {
    leaving = true;
    upstream.retire();
  }

  @Override
  public void close() {
    upstream.close();
  }
}
