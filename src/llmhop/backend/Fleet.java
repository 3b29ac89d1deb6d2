package llmhop.backend;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import llmhop.config.Endpoint;
import llmhop.config.FleetRules;
import llmhop.config.Model;
import llmhop.http.upstream.Resolver;
import llmhop.json.Json;

/// A model's backends. Chooses one for each request, by the model's rule, among those that are
/// well; knows who comes and goes. Shared by all requests.
public final class Fleet implements AutoCloseable {
  /// The most requests that wait for a backend at a time: what a busy router takes in a few
  /// seconds, each with its body in memory.
  public static final int MOST_WAITING = 1024;

  /// The most backends of a model: more addresses than that are a mistake of the name's.
  public static final int MOST_BACKENDS = 1024;

  /// While requests wait for a backend nobody is left alone longer than this.
  private static final long WAITED_FOR_NANOS = TimeUnit.SECONDS.toNanos(1);

  /// Nobody who waits looks more often than this.
  private static final long SHORTEST_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final Model model;
  private final Maker maker;
  private final Surroundings around;
  private final Watch watch;
  private final Balancer balancer;
  private final boolean fixed;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<Backend, Patrols> patrols = new HashMap<>();
  private final Map<Endpoint, Map<InetAddress, Backend>> discovered = new HashMap<>();
  private final List<Discovery> discoveries = new ArrayList<>();
  private final boolean backendsLimited;
  private volatile List<Backend> members;
  private volatile Runnable listener = () -> {};
  // Guarded by the lock.
  private final List<Backend> leavers = new ArrayList<>();
  private int waiting;
  private boolean closed;

  /// Makes backends.
  @FunctionalInterface
  public interface Maker {
    /// A backend at an endpoint.
    ///
    /// @param number which of the model's it is; 0 where there is but one
    /// @param address the one of the name's addresses that it has; empty where the name is one
    ///   backend
    Backend make(int number, Endpoint endpoint, Optional<InetAddress> address, Watch watch);
  }

  /// What a fleet is given.
  ///
  /// @param nanos the clock, as of [System#nanoTime]
  /// @param chance where luck comes from
  /// @param resolver how names become addresses
  /// @param news is told what changes, for operators
  public record Surroundings(
      LongSupplier nanos, Chance chance, Resolver resolver, Consumer<String> news) {}

  /// A model's backends; names that stand for several haven't been looked up yet.
  public Fleet(Model model, Maker maker, Surroundings around) {
    FleetRules rules = model.fleet();
    this.model = model;
    this.maker = maker;
    this.around = around;
    boolean waits = rules.waitForBackend().isPresent();
    boolean plain =
        model.endpoints().size() == 1
            && !model.endpoints().getFirst().discovered()
            && !waits
            && !rules.refuseWhenAllDown()
            && rules.health().isEmpty()
            && model.failover().fallback().isEmpty();
    this.watch =
        new Watch(
            rules.slowStart(),
            waits ? WAITED_FOR_NANOS : Health.LONGEST_NANOS,
            around.nanos(),
            // Where one URL is all there is, each request is tried and tells by itself.
            plain ? _ -> {} : around.news(),
            this::changed);
    this.balancer = Balancer.of(rules.balance(), around.chance());
    List<Backend> made = new ArrayList<>();
    boolean names = false;
    for (Endpoint endpoint : model.endpoints()) {
      if (endpoint.discovered()) {
        names = true;
        discovered.put(endpoint, new HashMap<>());
        discoveries.add(
            new Discovery(
                endpoint, around.resolver(), around.chance(), this::found, around.news()));
      } else {
        int number = model.endpoints().size() == 1 ? 0 : made.size() + 1;
        made.add(maker.make(number, endpoint, Optional.empty(), watch));
      }
    }
    this.fixed = !names;
    boolean limited = false;
    for (Endpoint endpoint : model.endpoints()) limited |= endpoint.maxConcurrent().isPresent();
    this.backendsLimited = limited;
    this.members = List.copyOf(made);
    for (Backend backend : made) {
      patrols.put(backend, new Patrols(model, backend, around));
    }
  }

  /// Begins to look after its backends, as far as the config asks for it.
  public void start() {
    for (Patrols each : patrolled()) each.start();
    for (Discovery each : discoveries) each.start();
  }

  /// Waits for what a first request needs to know: who is there, and what they list.
  ///
  /// @param due when to wait no longer, as of [System#nanoTime]
  public void awaitFirst(long due) {
    for (Discovery each : discoveries) each.awaitFirst(due);
    if (model.name().equals(Model.ANY)) {
      for (Patrols each : patrolled()) each.awaitCatalog(due);
    }
  }

  private List<Patrols> patrolled() {
    lock.lock();
    try {
      return List.copyOf(patrols.values());
    } finally {
      lock.unlock();
    }
  }

  /// All that are there, well or not.
  public List<Backend> backends() {
    return members;
  }

  /// Those that a name doesn't have any more, as long as they have something in hand.
  public List<Backend> leavers() {
    lock.lock();
    try {
      leavers.removeIf(leaver -> leaver.inFlight() == 0);
      return List.copyOf(leavers);
    } finally {
      lock.unlock();
    }
  }

  /// What a backend says of a model that it serves under this name; empty where none does, or
  /// nobody asked.
  public Optional<Json.Obj> listed(String name) {
    for (Backend backend : members) {
      Json.Obj found = backend.listed().get(name);
      if (found != null) return Optional.of(found);
    }
    return Optional.empty();
  }

  /// The names that its backends list, each once.
  public Set<String> listed() {
    Set<String> names = new LinkedHashSet<>();
    for (Backend backend : members) names.addAll(backend.listed().keySet());
    return names;
  }

  /// Chooses the best one that is well, and counts the request there.
  ///
  /// @param clues what the request says
  /// @param may which of them come into question
  public Optional<Lease> choose(Clues clues, Predicate<Backend> may) {
    if (fixed && members.size() == 1) {
      Backend only = members.getFirst();
      if (only.health().isUp()) {
        boolean begun = may.test(only) && only.begin();
        return begun ? Optional.of(new Lease(only, false)) : Optional.empty();
      }
    }
    return choose(clues, may, false);
  }

  /// Chooses the best one, well or not: some answer is better than none.
  public Optional<Lease> chooseAnyway(Clues clues, Predicate<Backend> may) {
    return choose(clues, may, true);
  }

  private Optional<Lease> choose(Clues clues, Predicate<Backend> may, boolean anyway) {
    lock.lock();
    try {
      List<Backend> open = open(may, anyway);
      if (open.isEmpty()) {
        return Optional.empty();
      }
      Backend chosen =
          open.size() == 1
              ? open.getFirst()
              : balancer.choose(open, clues, watch.nanos().getAsLong());
      return chosen.begin()
          ? Optional.of(new Lease(chosen, chosen.health().take()))
          : Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  private List<Backend> open(Predicate<Backend> may, boolean anyway) {
    List<Backend> all = members;
    List<Backend> open = new ArrayList<>(all.size());
    for (Backend backend : all) {
      if (may.test(backend) && backend.hasRoom() && (anyway || backend.health().isOpen())) {
        open.add(backend);
      }
    }
    return open;
  }

  /// Whether one of them is well, be it as busy as it may be.
  public boolean hasWell(Predicate<Backend> may) {
    for (Backend backend : members) {
      if (may.test(backend) && backend.health().isOpen()) return true;
    }
    return false;
  }

  /// Whether its backends have limits of their own.
  public boolean areBackendsLimited() {
    return backendsLimited;
  }

  /// Runs this whenever one may be chosen again, or has done one of its requests, where it has a
  /// limit.
  public void onChange(Runnable action) {
    listener = action;
  }

  /// Waits until one that is well may be chosen. Whoever hangs up is woken by [#changed].
  ///
  /// @param due when to give up, as of the clock
  /// @param gone whether the one who waits has left
  /// @return false when the time is over, it has left, or too many wait already
  public boolean await(Predicate<Backend> may, long due, BooleanSupplier gone) {
    lock.lock();
    try {
      if (waiting >= MOST_WAITING) {
        return false;
      }
      waiting++;
      try {
        return awaitOpen(may, due, gone);
      } finally {
        waiting--;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }

  private boolean awaitOpen(Predicate<Backend> may, long due, BooleanSupplier gone)
      throws InterruptedException {
    while (!gone.getAsBoolean() && !closed) {
      if (!open(may, false).isEmpty()) {
        return true;
      }
      long now = watch.nanos().getAsLong();
      long sleep = due - now;
      if (sleep <= 0) {
        return false;
      }
      for (Backend backend : members) {
        if (may.test(backend)) {
          sleep = Math.min(sleep, Math.max(SHORTEST_NANOS, backend.health().trialAt() - now));
        }
      }
      long left = changed.awaitNanos(sleep);
      // Whether it was the time or the signal doesn't matter: both mean to look again.
      assert left <= sleep;
    }
    return false;
  }

  /// Wakes all who wait, to look again.
  public void changed() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    listener.run();
  }

  /// Requests that wait for a backend now.
  public int waiting() {
    lock.lock();
    try {
      return waiting;
    } finally {
      lock.unlock();
    }
  }

  /// A name has these addresses now: newcomers join, leavers finish what they have in hand.
  void found(Endpoint endpoint, Collection<InetAddress> addresses) {
    List<Backend> left = new ArrayList<>();
    List<String> told = new ArrayList<>();
    lock.lock();
    try {
      if (closed) {
        return;
      }
      Map<InetAddress, Backend> known = discovered.get(endpoint);
      boolean first = known.isEmpty();
      List<Backend> now = new ArrayList<>(members);
      for (InetAddress address : List.copyOf(known.keySet())) {
        if (!addresses.contains(address)) {
          Backend leaver = known.remove(address);
          now.remove(leaver);
          left.add(leaver);
          told.add(leaver.label() + " has left " + place(endpoint, address));
        }
      }
      join(endpoint, addresses, now, told, first);
      members = List.copyOf(now);
      changed.signalAll();
      leavers.removeIf(leaver -> leaver.inFlight() == 0);
      leavers.addAll(left);
      for (Backend leaver : left) patrols.remove(leaver).close();
    } finally {
      lock.unlock();
    }
    listener.run();
    for (Backend leaver : left) leaver.leave();
    for (String each : told) around.news().accept(each);
  }

  private void join(
      Endpoint endpoint,
      Collection<InetAddress> addresses,
      List<Backend> now,
      List<String> told,
      boolean first) {
    Map<InetAddress, Backend> known = discovered.get(endpoint);
    Set<String> labels = new HashSet<>();
    for (Backend backend : now) labels.add(number(backend.label()));
    int number = 1;
    for (InetAddress address : addresses) {
      if (!known.containsKey(address) && now.size() < MOST_BACKENDS) {
        while (!labels.add("#" + number)) number++;
        Backend newcomer = maker.make(number, endpoint, Optional.of(address), watch);
        if (!first) newcomer.warmUp();
        known.put(address, newcomer);
        now.add(newcomer);
        told.add(newcomer.label() + " has joined " + place(endpoint, address));
        var patrol = new Patrols(model, newcomer, around);
        patrols.put(newcomer, patrol);
        patrol.start();
      }
    }
  }

  /// What a label ends with: a freed number is given again.
  private static String number(String label) {
    return label.substring(Math.max(0, label.lastIndexOf('#')));
  }

  private static String place(Endpoint endpoint, InetAddress address) {
    return endpoint.host() + " (" + address.getHostAddress() + ")";
  }

  @Override
  public void close() {
    List<Backend> all;
    lock.lock();
    try {
      closed = true;
      all = new ArrayList<>(members);
      all.addAll(leavers);
      changed.signalAll();
      for (Discovery each : discoveries) each.close();
      for (Patrols each : patrols.values()) each.close();
    } finally {
      lock.unlock();
    }
    for (Backend backend : all) backend.close();
  }
}
