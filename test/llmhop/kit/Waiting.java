package llmhop.kit;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// Waits for what another thread does: bounded, and with a failure text that says what was missing.
///
/// This is the one place of the tests where time passes. A test never sleeps: it waits here for a
/// condition, and a condition that holds costs no time. The bound is [#PATIENCE], ten seconds or
/// what the system property `llmhop.kit.patience.seconds` says.
public final class Waiting {
  /// The longest that anything in the kit waits before it fails the test.
  public static final Duration PATIENCE =
      Duration.ofSeconds(Long.getLong("llmhop.kit.patience.seconds", 10));

  private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private Waiting() {}

  /// Returns as soon as the condition holds, looking again every millisecond.
  ///
  /// @param description what is waited for, as in "the pool to be empty"
  /// @param condition what must become true; must be cheap and free of side effects
  /// @throws AssertionError when it did not become true within [#PATIENCE]
  public static void await(String description, BooleanSupplier condition) {
    await(description, condition, () -> "nothing more is known");
  }

  /// The same, with a text about how far it came, which is made only for a failure.
  ///
  /// @param description what is waited for
  /// @param condition what must become true; must be cheap and free of side effects
  /// @param soFar says what there is instead
  /// @throws AssertionError when it did not become true within [#PATIENCE]
  public static void await(String description, BooleanSupplier condition, Supplier<String> soFar) {
    await(PATIENCE, description, condition, soFar);
  }

  static void await(
      Duration patience, String description, BooleanSupplier condition, Supplier<String> soFar) {
    long begin = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - begin > patience.toNanos()) {
        throw failure(description, soFar.get());
      }
      LockSupport.parkNanos(LOOK_AGAIN_NANOS);
      if (Thread.interrupted()) {
        throw new AssertionError("interrupted while waiting for " + description);
      }
    }
  }

  /// Waits on a monitor whose owner calls `notifyAll` at every change, which costs no polling.
  static void on(
      Object monitor, String description, BooleanSupplier condition, Supplier<String> soFar) {
    long begin = System.nanoTime();
    synchronized (monitor) {
      while (!condition.getAsBoolean()) {
        long leftMillis = PATIENCE.minusNanos(System.nanoTime() - begin).toMillis();
        if (leftMillis <= 0) {
          throw failure(description, soFar.get());
        }
        try {
          monitor.wait(leftMillis);
        } catch (InterruptedException e) {
          throw new AssertionError("interrupted while waiting for " + description, e);
        }
      }
    }
  }

  static AssertionError failure(String description, String soFar) {
    return new AssertionError(
        "waited %d s in vain for %s; so far: %s"
            .formatted(PATIENCE.toSeconds(), description, soFar));
  }
}
