package llmhop.backend;

import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import llmhop.config.Model;

/// The places at a model: how many requests it has in hand at a time, and who waits for one. Shared
/// by all requests.
public interface Places {
  /// Those of a model.
  ///
  /// @param nanos the clock, as of [System#nanoTime]
  static Places of(Model model, LongSupplier nanos) {
    return of(model, OPEN, nanos);
  }

  /// Those of a model that had other limits before, or none; what is taken there is taken here. The
  /// new limits hold once [#limit] says so.
  ///
  /// @param before its places until now
  static Places of(Model model, Places before, LongSupplier nanos) {
    if (model.limits().maxConcurrent().isEmpty() && !model.limitsBackends()) {
      return OPEN;
    }
    return before.areLimited() ? before : new LimitedPlaces(model, nanos);
  }

  /// Those of a model without limits: nobody counts.
  Places OPEN =
      new Places() {
        @Override
        public Entry enter(Seeker seeker) {
          return GRANTED;
        }

        @Override
        public Optional<Place> tryEnter(BooleanSupplier reserve) {
          return reserve.getAsBoolean() ? NO_PLACE : Optional.empty();
        }

        @Override
        public boolean areLimited() {
          return false;
        }

        @Override
        public void look() {}

        @Override
        public void limit(Model model) {}

        @Override
        public void lift() {}

        @Override
        public int taken() {
          return 0;
        }

        @Override
        public int waiting() {
          return 0;
        }
      };

  /// At once, without a count.
  Entry GRANTED = new Entry.Granted(Place.NONE, 0);

  /// Nothing to give back.
  Optional<Place> NO_PLACE = Optional.of(Place.NONE);

  /// Gives a request a place, after it has waited for one, where it may.
  Entry enter(Seeker seeker);

  /// Gives a request a place if there is one, before all who wait: it is on its way already.
  ///
  /// @param reserve see [Seeker#reserve]
  Optional<Place> tryEnter(BooleanSupplier reserve);

  /// Whether anybody counts.
  boolean areLimited();

  /// There may be room for those who wait: a backend has come, or has done its work.
  void look();

  /// From now on the limits of this config hold.
  void limit(Model model);

  /// From now on there are none: all who wait go on.
  void lift();

  /// How many are taken now.
  int taken();

  /// How many wait for one now.
  int waiting();
}
