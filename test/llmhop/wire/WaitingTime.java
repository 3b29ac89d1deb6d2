package llmhop.wire;

import java.util.concurrent.TimeUnit;
import llmhop.kit.Waiting;

/// Lets time pass, for tests of what must happen, or must not, in the course of it.
final class WaitingTime {
  private WaitingTime() {}

  /// Comes back after so many milliseconds.
  static void pass(long millis) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    Waiting.await(millis + " ms to pass", () -> System.nanoTime() - end >= 0);
  }
}
