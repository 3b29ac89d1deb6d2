package llmhop.route;

import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;

/// The part of the [BufferBudget] that one request's body holds. Used by the thread that reads the
/// body; [Shortage] looks at it, and may end it, from other threads. Closing it gives all back.
///
/// ```
///   HOLDING --arriving--> ARRIVING --arrived--> HOLDING (whole, or waits for room or a backend)
///                         ARRIVING --end--> ENDED
/// ```
abstract class BodyShare implements AutoCloseable {
  private enum State {
    HOLDING,
    ARRIVING,
    ENDED
  }

  /// Bytes of a body's latest ones that count at most: a body that brought as many is quick.
  private static final double QUICK_BYTES = 64 * 1024;

  /// The time in which half of the latest bytes are forgotten.
  private static final double HALF_LIFE_NANOS = 1e9;

  private static final AtomicReferenceFieldUpdater<BodyShare, State> STATE =
      AtomicReferenceFieldUpdater.newUpdater(BodyShare.class, State.class, "state");

  // A body that is small and came whole is never registered, and pays for no volatile write.
  private final BufferBudget budget;
  private long fromShared;
  private long fromReserve;
  private long waitNanos = Shortage.WAIT_NANOS;
  private boolean registered;

  /// Null for a body that was never waited for, which is [State#HOLDING].
  private volatile State state;

  private volatile long held;
  private volatile double latest;
  private volatile long latestAt;
  private volatile String rule;

  BodyShare(BufferBudget budget) {
    this.budget = budget;
  }

  /// The caller that the body counts for; equal keys are one caller. Asked only while memory is
  /// short.
  abstract Object key();

  /// Ends the caller's input, from any thread: a thread that waits for the body's bytes sees the
  /// end.
  abstract void cut();

  // ---- for the thread that reads the body

  /// Takes so many bytes more.
  ///
  /// @throws Refusal 413 when they could never fit, 503 when there is no room in time
  void take(long bytes) {
    // Judged before anything is added to it: a length may be as large as a long can say.
    if (bytes > budget.largest() - fromShared) {
      throw Refusal.requestTooLarge(budget.largest(), "maxBufferedBytes");
    }
    long counted = BufferBudget.rounded(bytes);
    if (budget.waiting() > 0 || !budget.take(this, counted)) {
      boolean wasArriving = isArriving();
      arrived();
      long patience = waitNanos;
      waitNanos = 0;
      waitNanos = budget.shortage().await(this, counted, patience);
      if (wasArriving) {
        arriving();
      }
    }
  }

  /// Takes so many bytes more only where there is plenty: no body waits for room, a quarter of the
  /// budget stays free, and half of the heap's. For bytes that are not there yet, which can as well
  /// wait.
  ///
  /// @return whether they were taken
  boolean takeSpare(long bytes) {
    long counted = BufferBudget.rounded(bytes);
    return budget.waiting() == 0 && budget.hasPlenty(counted) && budget.take(this, counted);
  }

  /// The caller's next bytes are waited for from here on, and the body may be ended meanwhile.
  void arriving() {
    if (!registered) {
      registered = true;
      latest = QUICK_BYTES;
      latestAt = budget.nanos().getAsLong();
      held = own();
      state = State.ARRIVING;
      budget.registered().add(this);
    } else if (state == State.HOLDING) {
      // Only this thread leaves HOLDING.
      state = State.ARRIVING;
    }
  }

  /// Whether it may be looked at, and ended, from outside.
  boolean isRegistered() {
    return registered;
  }

  /// Counts bytes that came.
  void came(int bytes) {
    if (registered) {
      long now = budget.nanos().getAsLong();
      latest = Math.min(latest(now) + bytes, QUICK_BYTES);
      latestAt = now;
    }
  }

  /// Nothing is waited for from the caller any more, for now or for good.
  ///
  /// @throws Refusal 503 when the body was ended meanwhile
  void arrived() {
    if (state == State.ARRIVING) {
      STATE.compareAndSet(this, State.ARRIVING, State.HOLDING);
    }
    if (state == State.ENDED) {
      throw refusal();
    }
  }

  /// Returns the refusal of a body that could not be read: the share's own where it was ended.
  Refusal refusal(Refusal otherwise) {
    return state == State.ENDED ? refusal() : otherwise;
  }

  private Refusal refusal() {
    return Refusal.ended(rule);
  }

  @Override
  public void close() {
    if (registered) {
      budget.registered().remove(this);
    }
    long sharedBytes = fromShared;
    long reserveBytes = fromReserve;
    fromShared = 0;
    fromReserve = 0;
    counted();
    budget.give(sharedBytes, reserveBytes);
  }

  // ---- for the budget

  /// Whether these bytes may come from the reserve: the body is small up to now.
  boolean mayUseReserve(long bytes) {
    return fromShared == 0 && fromReserve + bytes <= BufferBudget.SMALL;
  }

  void tookReserve(long bytes) {
    fromReserve += bytes;
    counted();
  }

  void tookShared(long bytes) {
    fromShared += bytes;
    counted();
  }

  private void counted() {
    if (registered) {
      held = own();
    }
  }

  private long own() {
    return fromShared + fromReserve;
  }

  /// Bytes that it holds.
  long held() {
    return registered ? held : own();
  }

  boolean isArriving() {
    return state == State.ARRIVING;
  }

  boolean isEnded() {
    return state == State.ENDED;
  }

  /// How many bytes came lately: each counts half as much after each second. A body counts as quick
  /// at its start.
  double latest(long now) {
    return latest * Math.pow(2, -Math.max(now - latestAt, 0) / HALF_LIFE_NANOS);
  }

  /// Ends the body, unless it isn't waited for any more.
  ///
  /// @param byRule the name of the rule by which it is ended, for the log
  /// @return whether it was ended
  boolean end(String byRule) {
    rule = byRule;
    if (!STATE.compareAndSet(this, State.ARRIVING, State.ENDED)) {
      return false;
    }
    cut();
    return true;
  }
}
