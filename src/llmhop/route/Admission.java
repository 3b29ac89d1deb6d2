package llmhop.route;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import llmhop.caller.Caller;
import llmhop.route.Route.Found;

/// May this caller, now: allowed models, closed paths, and how many requests run at once. Shared by
/// all requests.
public final class Admission {
  private volatile int maxConcurrent;
  private final AtomicInteger admitted = new AtomicInteger();

  /// At most this many admitted requests at once (`maxConcurrentRequests`).
  public Admission(int maxConcurrent) {
    this.maxConcurrent = maxConcurrent;
  }

  /// From now on at most this many; who is in stays in.
  public void maxConcurrent(int most) {
    maxConcurrent = most;
  }

  /// Requests that are admitted now.
  public int admitted() {
    return admitted.get();
  }

  /// A place among the admitted. Used by one thread; given back once, however often it is closed.
  static final class Permit implements AutoCloseable {
    private final AtomicInteger admitted;
    private boolean open = true;

    private Permit(AtomicInteger admitted) {
      this.admitted = admitted;
    }

    @Override
    public void close() {
      if (open) {
        open = false;
        admitted.decrementAndGet();
      }
    }
  }

  /// Lets a request in.
  ///
  /// @throws Refusal 403 when it may never, 503 when it may not now
  Permit admit(Exchange x, Target target, Caller caller, Found found, Routes routes) {
    Optional<Refusal> objection = objection(x, target, caller, found, routes);
    if (objection.isPresent()) {
      throw objection.get();
    }
    if (admitted.incrementAndGet() > maxConcurrent) {
      admitted.decrementAndGet();
      throw Refusal.overloaded(maxConcurrent + " concurrent requests");
    }
    return new Permit(admitted);
  }

  /// Why a request may never go to a model, if it may not.
  static Optional<Refusal> objection(
      Exchange x, Target target, Caller caller, Found found, Routes routes) {
    if (!routes.allows(caller, found)) {
      return Optional.of(Refusal.modelNotAllowed(found.asked()));
    }
    if (found.route().closes(x.method(), target.path())) {
      return Optional.of(Refusal.pathNotAllowed(target.path(), found.route().name()));
    }
    if (found.route().changesPaths() && target.hasDotSegments()) {
      return Optional.of(
          Refusal.badRequest("The path holds '.' or '..' segments, which could leave its place."));
    }
    return Optional.empty();
  }
}
