package llmhop.route;

import java.io.EOFException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import llmhop.backend.Backend;
import llmhop.backend.Clues;
import llmhop.backend.Fleet;
import llmhop.backend.Lease;
import llmhop.backend.Place;
import llmhop.config.Failover;
import llmhop.config.FleetRules;
import llmhop.route.Route.Found;

/// The CHOOSE phase: who is to answer a request. Yields backends, best first, each once: those of
/// the model, and where these can't, those of the models that stand in for it. Used by one thread.
///
/// ```
/// first -> the one that was reserved -> the model's backends that are well and have room
///       -> those of its stand-ins that are well and have room
///       -> all that are well are busy: refuse
///       -> all are down: wait for one, refuse, or try one anyway, as the model's config says
/// afterUnreachable -> the model's next backend -> its stand-ins' -> wait, if none spoke
/// afterLost        -> with `retries` in the config the same, without a wait
/// afterBusy        -> the model's next backend -> its stand-ins'
/// afterTimeout     -> its stand-ins'
/// ```
final class Choice implements AutoCloseable {
  private final Exchange x;
  private final Found asked;
  private final Clues clues;
  private final StandIns standIns;
  private final LongSupplier nanos;
  private final List<Backend> tried = new ArrayList<>(2);
  private final Predicate<Backend> may = this::may;
  private Optional<List<Found>> models = Optional.empty();
  private Optional<Lease> reserved = Optional.empty();
  private Place place = Place.NONE;
  private boolean placeGiven;
  private boolean standsIn;
  private int next;
  private Found model;
  private int further;
  private boolean anyway;
  private long waitsUntil;
  private boolean waited;

  /// A backend that has the request in its hands from now on, and the model that it serves.
  record Pick(Found found, Lease lease) {}

  /// Tells which models stand in for the one that was asked for, and may for this request.
  @FunctionalInterface
  interface StandIns {
    /// Best first; none where nothing is configured.
    List<Found> find();
  }

  Choice(Exchange x, Found asked, Clues clues, StandIns standIns, LongSupplier nanos) {
    this.x = x;
    this.asked = asked;
    this.clues = clues;
    this.standIns = standIns;
    this.nanos = nanos;
    turnTo(asked);
  }

  /// Whose backends it wants: those of the config that it began with, and where these serve what
  /// they list, those that list the name.
  Object wants() {
    Fleet fleet = asked.route().fleet();
    return asked.route().isAny() ? List.of(fleet, asked.asked()) : fleet;
  }

  /// Takes the best backend for later, where backends have limits of their own. Called by whoever
  /// has the lock of the model's places, before anything else here.
  ///
  /// @param backendsLimited whether they have limits in the config that is in use, which may be a
  ///   later one than the request's
  /// @return false when those that are well have no room
  boolean reserve(boolean backendsLimited) {
    Fleet fleet = asked.route().fleet();
    if (!backendsLimited && !asked.route().limitsBackends()) {
      return true;
    }
    reserved = fleet.choose(clues, may);
    // Where all are down, or others may answer at once, there is nothing to wait for here.
    boolean waits = asked.route().model().limits().queue().isPresent();
    boolean goesOn = !waits && asked.route().hasStandIns();
    return reserved.isPresent() || goesOn || !fleet.hasWell(may);
  }

  /// The request has this place at the model that it asked for.
  void holds(Place taken) {
    place = taken;
  }

  /// What was reserved and not used is given back.
  @Override
  public void close() {
    reserved.ifPresent(Lease::close);
    reserved = Optional.empty();
  }

  /// The best backend.
  ///
  /// @throws Refusal 429 or 503 when there is none
  /// @throws EOFException when the caller left while it waited for one
  Pick first() throws EOFException {
    Optional<Pick> well = pick().or(this::standIn);
    return well.isPresent() ? well.get() : whenNoneIsThere();
  }

  /// The next best when no connection could be made to the last.
  ///
  /// @param mayWait whether there is nothing to tell the caller yet, so that it may wait
  Optional<Pick> afterUnreachable(boolean mayWait) throws EOFException {
    Optional<Pick> found = another().or(this::standIn);
    return found.isEmpty() && mayWait && rules().waitForBackend().isPresent()
        ? Optional.of(await())
        : found;
  }

  /// The next best when bytes of the request were written to the last, which was then gone: another
  /// backend may get what killed the last one only where the config asks for `retries`.
  Optional<Pick> afterLost() throws EOFException {
    return failover().whenBusy() ? afterUnreachable(false) : Optional.empty();
  }

  /// Whether there may be a next best when the last says that it has too much to do.
  boolean goesOnWhenBusy() {
    return asked.route().model().failover().isOn();
  }

  /// Whether the head of an answer waits for its body, since somebody else may answer in its place.
  boolean holdsHead() {
    return asked.route().holdsHead();
  }

  /// The next best when the last said that it has too much to do.
  Optional<Pick> afterBusy() {
    return (failover().whenBusy() ? another() : Optional.<Pick>empty()).or(this::standIn);
  }

  /// The next best when the last took too long for its first byte.
  Optional<Pick> afterTimeout() {
    return standIn();
  }

  private Optional<Pick> another() {
    if (further == 0) {
      return Optional.empty();
    }
    further--;
    return pick();
  }

  private Optional<Pick> pick() {
    Optional<Lease> lease = reserved.isPresent() ? reserved : lease();
    reserved = Optional.empty();
    if (lease.isEmpty()) {
      return Optional.empty();
    }
    tried.add(lease.get().backend());
    return Optional.of(new Pick(model, lease.get()));
  }

  private Optional<Lease> lease() {
    return standsIn || placeGiven ? leaseWithPlace() : choose();
  }

  private Optional<Lease> choose() {
    Fleet fleet = model.route().fleet();
    return anyway ? fleet.chooseAnyway(clues, may) : fleet.choose(clues, may);
  }

  /// The request has no place at this model yet.
  private Optional<Lease> leaseWithPlace() {
    List<Lease> leases = new ArrayList<>(1);
    Optional<Place> taken =
        model
            .route()
            .places()
            .tryEnter(
                () -> {
                  choose().ifPresent(leases::add);
                  return !leases.isEmpty();
                });
    if (taken.isEmpty()) {
      return Optional.empty();
    }
    leases.getFirst().holds(taken.get());
    return Optional.of(leases.getFirst());
  }

  private boolean may(Backend backend) {
    return !tried.contains(backend) && model.route().serves(backend, model.asked());
  }

  private Optional<Pick> standIn() {
    if (failover().fallback().isEmpty() && models.isEmpty()) {
      return Optional.empty();
    }
    if (models.isEmpty()) {
      models = Optional.of(standIns.find());
    }
    while (next < models.get().size()) {
      turnTo(models.get().get(next++));
      standsIn = true;
      Optional<Pick> found = pick();
      if (found.isPresent()) {
        // Another model does the work from here on.
        placeGiven = true;
        place.close();
        return found;
      }
    }
    return Optional.empty();
  }

  private void turnTo(Found to) {
    model = to;
    standsIn = false;
    tried.clear();
    further = failover().most();
    anyway = false;
  }

  private Pick whenNoneIsThere() throws EOFException {
    turnTo(asked);
    if (asked.route().fleet().hasWell(may)) {
      throw NotNow.backendsBusy(asked.asked());
    }
    if (rules().waitForBackend().isPresent()) {
      return await();
    }
    if (rules().refuseWhenAllDown()) {
      throw Refusal.noHealthyBackend(asked.asked());
    }
    anyway = true;
    return pick().orElseThrow(() -> Refusal.noHealthyBackend(asked.asked()));
  }

  /// Waits until one of the model's backends is well.
  private Pick await() throws EOFException {
    turnTo(asked);
    Fleet fleet = asked.route().fleet();
    if (!waited) {
      waited = true;
      waitsUntil = nanos.getAsLong() + rules().waitForBackend().orElseThrow().toNanos();
    }
    x.watch(fleet::changed);
    while (fleet.await(may, waitsUntil, x::gone)) {
      Optional<Pick> found = pick();
      if (found.isPresent()) {
        return found.get();
      }
      if (placeGiven) {
        // Somebody else has it now: to look again at once, and again, would find nothing new.
        throw NotNow.backendsBusy(asked.asked());
      }
    }
    if (x.gone()) {
      throw new EOFException("the caller left while it waited for a backend");
    }
    throw Refusal.noHealthyBackend(asked.asked());
  }

  private FleetRules rules() {
    return asked.route().model().fleet();
  }

  private Failover failover() {
    return model.route().model().failover();
  }
}
