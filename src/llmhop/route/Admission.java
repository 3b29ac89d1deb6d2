package llmhop.route;

import java.io.EOFException;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import llmhop.backend.Entry;
import llmhop.backend.Place;
import llmhop.caller.Caller;
import llmhop.caller.Quota;
import llmhop.config.TokenLimits;
import llmhop.route.Route.Found;

/// The ADMIT phase: may this caller, now? Allowed models, closed paths, the token's limits, how
/// many requests run at once, and at the model a place, for which it may have to wait. Shared by
/// all requests.
public final class Admission {
  private volatile int maxConcurrent;
  private final AtomicInteger admitted = new AtomicInteger();

  /// At most this many admitted requests at once (`maxConcurrentRequests`), queued ones too.
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

  /// That a request was let in, and all that it holds for it. Used by one thread; given back once,
  /// however often it is closed.
  final class Permit implements AutoCloseable {
    private final Caller caller;
    private boolean counted;
    private boolean admitted;
    private Place place = Place.NONE;

    private Permit(Caller caller) {
      this.caller = caller;
    }

    @Override
    public void close() {
      try {
        place.close();
      } finally {
        // Also when the heap is so full that the next in the queue can't be told.
        leave();
      }
    }

    private void leave() {
      if (admitted) {
        admitted = false;
        Admission.this.admitted.decrementAndGet();
      }
      if (counted) {
        counted = false;
        caller.usage().leave();
      }
    }
  }

  /// Refuses a request whose token has nothing left, before anything is taken or read for it. Takes
  /// nothing itself: what has changed when the body is there is seen by [#admit].
  ///
  /// @throws Refusal 429, with the same fields as [#admit]
  static void foresee(Exchange x, Caller caller) throws IOException {
    if (caller.limited()) {
      Optional<Refusal> refusal = foreseen(x, caller);
      if (refusal.isPresent()) {
        x.dropBufferedBody();
        throw refusal.get();
      }
    }
  }

  private static Optional<Refusal> foreseen(Exchange x, Caller caller) throws IOException {
    TokenLimits limits = caller.limits();
    OptionalInt most = limits.maxConcurrent();
    if (most.isPresent() && caller.usage().inHand() >= most.getAsInt()) {
      return Optional.of(NotNow.tooManyOfKey(most.getAsInt()));
    }
    if (limits.rpm().isPresent()) {
      Quota quota = caller.usage().foresee(limits.rpm().getAsInt());
      if (!quota.granted()) {
        x.quota(quota);
        return Optional.of(refusal(quota));
      }
    }
    return Optional.empty();
  }

  private static Refusal refusal(Quota quota) {
    return quota.limit() == 0
        ? NotNow.keyBlocked()
        : NotNow.rateLimited(quota.limit(), quota.waitNanos());
  }

  /// Lets a request in.
  ///
  /// @param choice who is to answer it, where a place is one at a backend
  /// @throws Refusal 400, 403 or 426 when it may never; 429 or 503 when it may not now
  /// @throws IOException when the caller left while it waited
  Permit admit(
      Exchange x, Intake.Request request, Caller caller, Found found, Routes routes, Choice choice)
      throws IOException {
    Optional<Refusal> objection = objection(x, request, caller, found, routes);
    if (objection.isPresent()) {
      throw objection.get();
    }
    var permit = new Permit(caller);
    boolean granted = false;
    try {
      if (caller.limited()) {
        count(x, caller, permit);
      }
      permit.admitted = true;
      if (admitted.incrementAndGet() > maxConcurrent) {
        throw Refusal.overloaded(maxConcurrent + " concurrent requests");
      }
      if (found.route().places().areLimited()) {
        permit.place = place(x, caller, found, choice);
        choice.holds(permit.place);
      }
      granted = true;
      return permit;
    } finally {
      if (!granted) {
        permit.close();
      }
    }
  }

  /// What its token may: first what costs nothing.
  private static void count(Exchange x, Caller caller, Permit permit) throws IOException {
    TokenLimits limits = caller.limits();
    OptionalInt most = limits.maxConcurrent();
    if (most.isPresent()) {
      if (!caller.usage().enter(most.getAsInt())) {
        throw NotNow.tooManyOfKey(most.getAsInt());
      }
      permit.counted = true;
    }
    if (limits.rpm().isPresent()) {
      Quota quota = caller.usage().spend(limits.rpm().getAsInt());
      x.quota(quota);
      if (!quota.granted()) {
        throw refusal(quota);
      }
    }
  }

  private static Place place(Exchange x, Caller caller, Found found, Choice choice)
      throws EOFException {
    var seeker = new RequestSeeker(x, caller, choice);
    return switch (found.route().places().enter(seeker)) {
      case Entry.Granted(Place place, long waited) -> {
        x.journal().queued(waited);
        yield place;
      }
      case Entry.Denied denied -> {
        x.journal().queued(denied.waitedNanos());
        throw NotNow.queueFull(found.route().name(), denied);
      }
      case Entry.Left(long waited) -> {
        x.journal().queued(waited);
        throw new EOFException("the caller left while it waited for its turn");
      }
    };
  }

  /// Why a request may never go to a model, if it may not.
  static Optional<Refusal> objection(
      Exchange x, Intake.Request request, Caller caller, Found found, Routes routes) {
    Target target = request.target();
    if (!routes.allows(caller, found)) {
      return Optional.of(Forbidden.model(found.asked()));
    }
    if (x.upgrade() && !mayTunnel(caller, target, found)) {
      return Optional.of(Forbidden.tunnel(target.path()));
    }
    if (found.route().closes(x.method(), target)) {
      return Optional.of(
          found.route().couldBeLeftBy(target)
              ? Refusal.badRequest(
                  "The path holds '.' or '..' segments, which could leave its place.")
              : Forbidden.path(target.path(), found.route().name()));
    }
    if (!request.namesModel() && leavesChoice(x, target, caller, found)) {
      return Optional.of(ModelName.unnamed());
    }
    return Optional.empty();
  }

  /// Whether a caller that may use some models only would get the model that a backend chooses,
  /// where the body names none.
  static boolean leavesChoice(Exchange x, Target target, Caller caller, Found found) {
    return caller.restricted() && found.route().choosesModel(x.method(), target.path());
  }

  /// Whether a caller may have a WebSocket, whose messages the router does not read. A caller with
  /// a limit may not: each message can be a request that is not counted. A caller with an
  /// allow-list may only where no message can name another model.
  private static boolean mayTunnel(Caller caller, Target target, Found found) {
    return !caller.limited()
        && (!caller.restricted() || found.route().keepsToItself(target.path()));
  }
}
