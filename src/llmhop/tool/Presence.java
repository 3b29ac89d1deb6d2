package llmhop.tool;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/// The caller of one exchange: still there, or gone. All waits of the exchange are here: each ends
/// when what it waits for has come, when the caller leaves, or when the server stops (which
/// interrupts the exchange's thread). Made by that thread; [#leave] and [#wake] are for others.
final class Presence {
  private final Thread thread = Thread.currentThread();
  private final Time time;
  private volatile boolean left;

  Presence(Time time) {
    this.time = time;
  }

  /// The caller hung up. Harmless when repeated, and when the exchange is over.
  void leave() {
    left = true;
    wake();
  }

  /// Has a waiting exchange look again.
  void wake() {
    LockSupport.unpark(thread);
  }

  /// Waits for a time of [Time#nanos].
  ///
  /// @throws CallerLeftException when the caller left meanwhile or before
  void waitUntil(long nanos) throws IOException {
    stay();
    while (time.nanos() - nanos < 0) {
      time.park(nanos);
      stay();
    }
  }

  /// Waits for a condition whose maker calls [#wake].
  ///
  /// @throws CallerLeftException when the caller left meanwhile or before
  void waitFor(BooleanSupplier condition) throws IOException {
    stay();
    while (!condition.getAsBoolean()) {
      LockSupport.park(this);
      stay();
    }
  }

  private void stay() throws IOException {
    if (left) {
      throw new CallerLeftException();
    }
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException("the server stops");
    }
  }

  /// The caller is not there any more.
  static final class CallerLeftException extends IOException {
    CallerLeftException() {
      super("the caller left");
    }
  }
}
