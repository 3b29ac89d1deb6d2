package llmhop.route;

import java.util.concurrent.locks.Condition;
import java.util.function.LongSupplier;

/// The time that passes, as of [System#nanoTime], and how to let some of it pass. Handed in, so
/// that whoever tests a wait need not wait.
@FunctionalInterface
public interface PassingTime extends LongSupplier {
  /// Lets time pass, unless it is told not to.
  ///
  /// @param told is signalled when there is no more use in waiting; its lock is held
  /// @return false when it was told; perhaps when it wasn't, so ask what it would have told
  /// @throws InterruptedException when the thread is interrupted
  default boolean pass(Condition told, long nanos) throws InterruptedException {
    return told.awaitNanos(nanos) <= 0;
  }
}
