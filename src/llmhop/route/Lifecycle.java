package llmhop.route;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import llmhop.observe.EndedBy;

/// Whether the router serves, is about to leave, or drains; and how many requests it has in hand.
/// Shared by all requests.
///
/// ```
///   SERVING --leave()--> LEAVING --drain()--> DRAINING --(last leave)--> empty
///                                             DRAINING --cut()--> CUT --(last leave)--> empty
/// ```
public final class Lifecycle {
  /// The stages of a router's life.
  public enum Stage {
    /// Takes requests.
    SERVING,
    /// Still takes requests, but says at `/ready` that it won't for long.
    LEAVING,
    /// Finishes what it has and refuses what comes.
    DRAINING,
    /// Refuses what comes; the connections to backends are closed.
    CUT
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

  /// From now on new requests are refused, and requests in hand fail for want of their backends.
  public void cut() {
    stage = Stage.CUT;
  }

  private boolean drains() {
    return stage.compareTo(Stage.DRAINING) >= 0;
  }

  /// Returns what a caller is told: no backend is at fault for a request that the router cut off.
  /// Where nothing was sent the request may be sent again, else it may have been worked on.
  Refusal told(Refusal refusal) {
    if (stage != Stage.CUT || refusal.fault() != EndedBy.BACKEND) {
      return refusal;
    }
    return refusal.shouldRetry().orElse(false) ? Refusal.draining() : Refusal.cutOff();
  }

  /// New requests have no place here any more once the router drains.
  ///
  /// @throws Refusal then
  void refuseWhenDraining() {
    if (drains()) {
      throw Refusal.draining();
    }
  }

  /// A request came.
  void enter() {
    inFlight.incrementAndGet();
  }

  /// A request is over, its record written.
  void exit() {
    if (inFlight.decrementAndGet() == 0 && drains()) {
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
