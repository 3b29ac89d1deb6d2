package llmhop;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import llmhop.backend.Fleet;
import llmhop.backend.Places;
import llmhop.caller.Ledger;
import llmhop.config.Config;
import llmhop.route.Route;
import llmhop.route.Routes;

/// The generation that is in use, and those before it that requests still go by. Shared.
final class Generations implements AutoCloseable {
  private final AtomicReference<Routes> snapshot;
  private final Config started;
  private volatile Generation current;
  // Both are guarded by this.
  private final List<Generation> retired = new ArrayList<>();
  private boolean closed;

  Generations(Generation first) {
    this.current = first;
    this.started = first.config();
    this.snapshot = new AtomicReference<>(first.routes());
  }

  /// Begins to look after the backends of the first one.
  void start() {
    current.start();
  }

  /// What requests go by, from the next one on.
  AtomicReference<Routes> snapshot() {
    return snapshot;
  }

  /// The one that is in use.
  Generation current() {
    return current;
  }

  /// Puts another config into use, in one step, once all that it needs is there. For one thread at
  /// a time.
  ///
  /// @param swapping runs in that step, before a request can see that it was done
  /// @throws IOException when a certificate can't be used; then all stays as it was
  Changes reload(Config config, Runnable swapping) throws IOException {
    Generation before = current;
    Generation next = before.next(config);
    try {
      next.start();
    } catch (RuntimeException | Error e) {
      // No thread to be had, say: what has begun of it ends, and the one in use stays.
      next.retire(before);
      throw e;
    }
    synchronized (this) {
      retired.add(before);
      current = next;
      swapping.run();
      snapshot.set(next.routes());
      if (closed) {
        closeAll();
      }
    }
    next.limit(before);
    before.retire(next);
    forget();
    return Changes.of(started, before, next);
  }

  private synchronized void forget() {
    retired.removeIf(each -> each.routes().requests() == 0);
  }

  /// How many are there but the one in use.
  synchronized int retired() {
    forget();
    return retired.size();
  }

  /// The fleets of all of them, each once.
  synchronized Set<Fleet> fleets() {
    forget();
    Set<Fleet> fleets = new LinkedHashSet<>();
    for (Route route : current.routes().all()) fleets.add(route.fleet());
    for (Generation each : retired) {
      for (Route route : each.routes().all()) fleets.add(route.fleet());
    }
    return fleets;
  }

  /// What tokens have used.
  Ledger ledger() {
    return current.ledger();
  }

  /// Requests that wait for a place at a model, of all generations.
  synchronized int queued() {
    forget();
    Set<Places> all = new HashSet<>();
    for (Route route : current.routes().all()) all.add(route.places());
    for (Generation each : retired) {
      for (Route route : each.routes().all()) all.add(route.places());
    }
    int queued = 0;
    for (Places places : all) queued += places.waiting();
    return queued;
  }

  /// Cuts off all that is in the hands of backends.
  @Override
  public synchronized void close() {
    closed = true;
    closeAll();
  }

  private void closeAll() {
    for (Fleet fleet : fleets()) fleet.close();
  }
}
