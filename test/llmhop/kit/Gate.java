package llmhop.kit;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Stalls a script until the test opens it: `backend.next(hold(gate), answer(200))`.
///
/// Once open it stays open. A gate that nobody opens ends with the backend. Shared by the test and
/// any number of connections.
public final class Gate {
  private final CountDownLatch reached = new CountDownLatch(1);
  private final CountDownLatch open = new CountDownLatch(1);

  /// A closed gate.
  public Gate() {}

  /// Lets through whoever waits here and whoever will come.
  public void open() {
    open.countDown();
  }

  /// Returns when a script stands at this gate, or has passed it.
  ///
  /// @throws AssertionError when none came within [Waiting#PATIENCE]
  public void awaitReached() {
    try {
      if (!reached.await(Waiting.PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        throw Waiting.failure("a script to reach the gate", "none did");
      }
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted at a gate", e);
    }
  }

  void pass() throws InterruptedException {
    reached.countDown();
    open.await();
  }
}
