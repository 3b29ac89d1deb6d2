package llmhop.backend;

import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import llmhop.config.Model;
import llmhop.config.ModelLimits;

/// The places at a model: how many requests it has in hand at a time, and who waits for one. Shared
/// by all requests.
public interface Places {
  /// Those of a model.
  ///
  /// @param backendsLimited whether its backends have limits of their own
  /// @param nanos the clock, as of [System#nanoTime]
  static Places of(Model model, boolean backendsLimited, LongSupplier nanos) {
    boolean limited = model.limits().maxConcurrent().isPresent() || backendsLimited;
    boolean alike = !model.name().equals(Model.ANY);
    return limited ? new LimitedPlaces(model.limits(), backendsLimited, alike, nanos) : OPEN;
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
        public void limit(ModelLimits limits) {}

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

  /// From now on these limits hold.
  void limit(ModelLimits limits);

  /// How many are taken now.
  int taken();

  /// How many wait for one now.
  int waiting();
}
