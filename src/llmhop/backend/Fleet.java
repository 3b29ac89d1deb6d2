package llmhop.backend;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import llmhop.config.Endpoint;
import llmhop.config.Model;
import llmhop.json.Json;

/// A model's backends. Chooses one for each request, by the model's rule, among those that are
/// well; knows who comes and goes. Shared by all requests.
public final class Fleet implements AutoCloseable {
  /// The most requests that wait for a backend at a time: what a busy router takes in a few
  /// seconds, each with its body in memory.
  public static final int MOST_WAITING = 1024;

  /// The most backends of a model: more addresses than that are a mistake of the name's.
  public static final int MOST_BACKENDS = 1024;

  /// Nobody who waits looks more often than this.
  private static final long SHORTEST_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /// Who waits in a fleet that has been succeeded looks as often: news go to the new one.
  private static final long SUCCEEDED_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Model model;
  private final Surroundings around;
  private final Watch watch;
  private final Balancer balancer;
  private final boolean fixed;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<Backend, Patrols> patrols = new HashMap<>();
  private final Discovered discovered;
  private final List<Discovery> discoveries = new ArrayList<>();
  private volatile List<Backend> members;
  private volatile Runnable listener = () -> {};
  // Guarded by the lock.
  private final List<Backend> leavers = new ArrayList<>();
  private int waiting;
  private boolean started;
  private boolean succeeded;
  private boolean retired;
  private boolean closed;

  /// A model's backends; names that stand for several haven't been looked up yet.
  public Fleet(Model model, Backend.Maker maker, Surroundings around) {
    this(model, maker, around, Optional.empty());
  }

  /// The same after another one, from which it takes over what is known of the addresses that both
  /// have, and who a name stood for. From now on that one's backends tell their news here.
  public Fleet(Model model, Backend.Maker maker, Surroundings around, Optional<Fleet> before) {
    this.model = model;
    this.around = around;
    this.watch = Watch.of(model, around, this::changed);
    var predecessors = new Predecessors(before.isPresent() ? before.get().succeeded() : List.of());
    this.discovered =
        new Discovered(
            (number, name, address) ->
                maker.make(number, name, Optional.of(address), watch, predecessors));
    this.balancer = Balancer.of(model.fleet().balance(), around.chance());
    List<Backend> made = new ArrayList<>();
    boolean names = false;
    for (Endpoint endpoint : model.endpoints()) {
      if (endpoint.discovered()) {
        names = true;
        discovered.add(endpoint);
        discoveries.add(
            new Discovery(
                endpoint, around.resolver(), around.chance(), this::found, around.news()));
      } else {
        int number = model.endpoints().size() == 1 ? 0 : made.size() + 1;
        made.add(maker.make(number, endpoint, Optional.empty(), watch, predecessors));
      }
    }
    if (before.isPresent()) {
      for (Endpoint name : discovered.names()) {
        made = discovered.found(name, before.get().addresses(name), made).members();
      }
    }
    this.fixed = !names;
    this.members = List.copyOf(made);
    for (Backend backend : members) {
      patrol(backend);
      // What it listed is no longer asked for, and would grow old.
      if (model.catalog().isEmpty()) backend.lists(Map.of());
    }
    predecessors.done();
  }

  /// Another one takes over from here.
  private List<Backend> succeeded() {
    lock.lock();
    try {
      succeeded = true;
      changed.signalAll();
      return members;
    } finally {
      lock.unlock();
    }
  }

  /// The addresses that a name has, as far as this one knows it.
  private List<InetAddress> addresses(Endpoint endpoint) {
    lock.lock();
    try {
      return discovered.addresses(endpoint);
    } finally {
      lock.unlock();
    }
  }

  /// Begins to look after its backends, as far as the config asks for it.
  public void start() {
    lock.lock();
    try {
      started = true;
      for (Patrols each : patrols.values()) each.start();
    } finally {
      lock.unlock();
    }
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

  /// The models that each backend lists, by name: the same objects until a backend is asked again.
  public List<Map<String, Json.Obj>> catalogs() {
    List<Map<String, Json.Obj>> catalogs = new ArrayList<>();
    for (Backend backend : members) catalogs.add(backend.listed());
    return catalogs;
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
      if (succeeded) sleep = Math.min(sleep, SUCCEEDED_NANOS);
      for (Backend backend : members) {
        // One that is full tells when it isn't.
        if (may.test(backend) && backend.hasRoom()) {
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
    Discovered.Change change;
    lock.lock();
    try {
      if (closed || retired) {
        return;
      }
      change = discovered.found(endpoint, addresses, members);
      members = List.copyOf(change.members());
      changed.signalAll();
      leavers.removeIf(leaver -> leaver.inFlight() == 0);
      leavers.addAll(change.left());
      for (Backend leaver : change.left()) patrols.remove(leaver).close();
      for (Backend newcomer : change.joined()) patrol(newcomer);
    } finally {
      lock.unlock();
    }
    listener.run();
    for (Backend leaver : change.left()) leaver.leave();
    for (String each : change.told()) around.news().accept(each);
  }

  private void patrol(Backend backend) {
    var patrol = new Patrols(model, backend, around);
    patrols.put(backend, patrol);
    if (started) patrol.start();
  }

  /// It is not the one of its model any more: it looks after nobody from now on. Requests that
  /// began with it may still be sent; connections that its successor has no use for are closed
  /// after them.
  public void retire(Optional<Fleet> successor) {
    List<Backend> left;
    lock.lock();
    try {
      succeeded = true;
      retired = true;
      changed.signalAll();
      for (Discovery each : discoveries) each.close();
      for (Patrols each : patrols.values()) each.close();
      left = new ArrayList<>(members);
    } finally {
      lock.unlock();
    }
    if (successor.isPresent()) {
      for (Backend kept : successor.get().members) {
        left.removeIf(backend -> backend.upstream() == kept.upstream());
      }
    }
    for (Backend backend : left) backend.leave();
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
