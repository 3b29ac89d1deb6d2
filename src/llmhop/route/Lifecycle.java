package llmhop.route;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// Whether the router serves, is about to leave, or drains; and how many requests it has in hand.
/// Shared by all requests.
///
/// ```
///   SERVING --leave()--> LEAVING --drain()--> DRAINING --(last leave)--> empty
/// ```
public final class Lifecycle {
  /// The stages of a router's life.
  public enum Stage {
    /// Takes requests.
    SERVING,
    /// Still takes requests, but says at `/ready` that it won't for long.
    LEAVING,
    /// Finishes what it has and refuses what comes.
    DRAINING
  }

  private final AtomicInteger inFlight = new AtomicInteger();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition empty = lock.newCondition();
  private volatile Stage stage = Stage.SERVING;

  /// The stage now.
  public Stage stage() {
    return stage;
  }

  /// Requests in hand.
  public int inFlight() {
    return inFlight.get();
  }

  /// From now on `/ready` says no.
  public void leave() {
    stage = Stage.LEAVING;
  }

  /// From now on new requests are refused.
  public void drain() {
    stage = Stage.DRAINING;
  }

  /// New requests have no place here any more once the router drains.
  ///
  /// @throws Refusal then
  void refuseWhenDraining() {
    if (stage == Stage.DRAINING) {
      throw Refusal.draining();
    }
  }

  /// A request came.
  void enter() {
    inFlight.incrementAndGet();
  }

  /// A request is over, its record written.
  void exit() {
    if (inFlight.decrementAndGet() == 0 && stage == Stage.DRAINING) {
      lock.lock();
      try {
        empty.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /// Waits until nothing is in hand any more.
  ///
  /// @return whether that came true within the time
  public boolean awaitEmpty(long nanos) throws InterruptedException {
    long left = nanos;
    lock.lock();
    try {
      while (inFlight.get() > 0) {
        if (left <= 0) {
          return false;
        }
        left = empty.awaitNanos(left);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }
}
