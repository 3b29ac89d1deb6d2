package llmhop.route;

import java.util.concurrent.locks.Condition;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/// The time that passes, as of [System#nanoTime], and how to let some of it pass. Handed in, so
/// that whoever tests a wait need not wait.
@FunctionalInterface
public interface PassingTime extends LongSupplier {
  /// Lets time pass, until there is no more use in it.
  ///
  /// @param told is signalled when that comes; its lock is held
  /// @param enough whether it has come
  /// @return whether the time has passed
  /// @throws InterruptedException when the thread is interrupted
  default boolean pass(Condition told, BooleanSupplier enough, long nanos)
      throws InterruptedException {
    long left = nanos;
    while (left > 0 && !enough.getAsBoolean()) {
      left = told.awaitNanos(left);
    }
    return left <= 0;
  }
}
