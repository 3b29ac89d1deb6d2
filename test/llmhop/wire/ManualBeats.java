package llmhop.wire;

import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.Condition;
import java.util.function.BooleanSupplier;
import llmhop.kit.Waiting;
import llmhop.route.PassingTime;

/// A time in which a heartbeat is due when the test says so, and only then. All else sees the time
/// that passes.
final class ManualBeats implements PassingTime {
  private static final long LOOK_AGAIN_NANOS = 1_000_000;

  private final Semaphore due = new Semaphore(0);

  @Override
  public long getAsLong() {
    return System.nanoTime();
  }

  @Override
  public boolean pass(Condition told, BooleanSupplier enough, long nanos)
      throws InterruptedException {
    return PassingTime.super.pass(told, enough, LOOK_AGAIN_NANOS) && due.tryAcquire();
  }

  /// One is due now, for whoever comes first.
  void due() {
    due.release();
  }

  /// One is due now, and somebody takes it to write it or not.
  void beat() {
    due();
    Waiting.await("somebody to see that a heartbeat is due", () -> due.availablePermits() == 0);
  }

  /// Whether nobody has taken the last one.
  boolean isLeft() {
    return due.availablePermits() > 0;
  }
}
