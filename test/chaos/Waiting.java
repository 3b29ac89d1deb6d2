package chaos;

import java.util.function.BooleanSupplier;

/// Waits for something, but not for ever.
final class Waiting {

  private static final int LOOK_MILLIS = 20;

  private Waiting() {}

  /// True as soon as the condition holds, false when it doesn't within this time.
  static boolean until(long millis, BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + millis * 1_000_000;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) return false;
      Thread.sleep(LOOK_MILLIS);
    }
    return true;
  }
}
