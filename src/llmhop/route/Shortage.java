package llmhop.route;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/// Decides who gets room in a full [BufferBudget]. Touched only while memory is short. Shared by
/// all requests.
///
/// A body that finds no room waits up to [#WAIT_NANOS]. Meanwhile bodies that still arrive are
/// ended: first those of callers that hold more than `maxBufferedShare`, the slowest first; then
/// the slowest of all. A caller over its share gets room only while no other caller waits. Bodies
/// that are whole, wait for room themselves, or are being sent are never ended. Every wait is
/// bounded, so that half-read bodies can't wait for each other for ever.
final class Shortage {
  /// How long one body waits for room, all its waits together: longer than a burst, shorter than
  /// patience.
  static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(2);

  /// The rule that bounds one caller.
  static final String SHARE = "maxBufferedShare";

  /// The rule that ends the slowest body.
  static final String SLOWEST = "maxBufferedBytes, slowest body";

  /// A look at all bodies is taken at most this often: with 10,000 bodies one takes about 1 ms.
  private static final long ROUND_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /// A body that brought less than this lately is slow. Quicker ones are ended only when a waiter
  /// has lost half of its patience.
  private static final double SLOW_BYTES = 32 * 1024;

  private final BufferBudget budget;
  private final LongSupplier nanos;
  private final ReentrantLock lock = new ReentrantLock();
  private final Set<Waiter> waiters = new LinkedHashSet<>();
  private Map<Object, Tally> tallies = new HashMap<>();
  private long nextRound;
  private boolean hasLeader;
  private volatile int waiting;

  Shortage(BufferBudget budget, LongSupplier nanos) {
    this.budget = budget;
    this.nanos = nanos;
    this.nextRound = nanos.getAsLong();
  }

  /// The bytes that one caller's bodies hold, as of the last look.
  private static final class Tally {
    private long held;
  }

  private static final class Waiter {
    private final BodyShare share;
    private final long bytes;
    private final long since;
    private final Condition told;
    private Tally tally;
    private boolean granted;

    private Waiter(BodyShare share, long bytes, long since, Condition told) {
      this.share = share;
      this.bytes = bytes;
      this.since = since;
      this.told = told;
    }
  }

  private record Candidate(BodyShare share, Tally tally, boolean over, double latest) {}

  /// Bodies that wait for room.
  int waiting() {
    return waiting;
  }

  /// Waits until a body has so many bytes more.
  ///
  /// @param patience how long the body may wait, in nanoseconds
  /// @return how long it may still wait another time
  /// @throws Refusal 503 when there was no room in time
  long await(BodyShare share, long bytes, long patience) {
    lock.lock();
    try {
      var waiter = new Waiter(share, bytes, nanos.getAsLong(), lock.newCondition());
      enter(waiter);
      try {
        return await(waiter, patience);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw Refusal.overloaded("buffered request bytes (maxBufferedBytes)");
      } finally {
        leave(waiter);
      }
    } finally {
      lock.unlock();
    }
  }

  private void enter(Waiter waiter) {
    waiter.tally = tally(waiter.share);
    waiters.add(waiter);
    waiting = waiters.size();
  }

  private void leave(Waiter waiter) {
    waiters.remove(waiter);
    waiting = waiters.size();
    grant();
  }

  /// Waits for room. One waiter, the leader, looks at all bodies on behalf of all waiters.
  private long await(Waiter waiter, long patience) throws InterruptedException {
    long left = patience;
    boolean leads = false;
    try {
      while (true) {
        if (nanos.getAsLong() - nextRound >= 0) {
          look(0);
        }
        grant();
        if (waiter.granted) {
          return left;
        }
        if (left <= 0) {
          throw refusal(waiter);
        }
        if (!hasLeader) {
          hasLeader = true;
          leads = true;
        }
        long pause = leads ? Math.min(left, ROUND_NANOS) : left;
        left -= pause - waiter.told.awaitNanos(pause);
      }
    } finally {
      if (leads) {
        hasLeader = false;
        for (Waiter next : waiters) {
          if (next != waiter) {
            next.told.signal();
            break;
          }
        }
      }
    }
  }

  private Refusal refusal(Waiter waiter) {
    boolean over = isOver(waiter.tally, waiter.bytes);
    return Refusal.overloaded(
        "buffered request bytes (" + (over ? SHARE : "maxBufferedBytes") + ")");
  }

  /// Room was given back.
  void freed() {
    lock.lock();
    try {
      grant();
    } finally {
      lock.unlock();
    }
  }

  /// Ends slow bodies since others than bodies need so many bytes of the heap. Cheap, however often
  /// it is called.
  void relieve(long missing) {
    if (missing <= 0 || lock.isHeldByCurrentThread() || !lock.tryLock()) {
      return;
    }
    try {
      if (nanos.getAsLong() - nextRound >= 0) {
        look(missing);
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean isOver(Tally tally, long more) {
    return tally.held + more > budget.shareBytes();
  }

  /// Gives the room that there is: in the order of coming, but to callers over their share only
  /// where no other caller waits.
  private void grant() {
    if (!grant(false)) {
      grant(true);
    }
  }

  /// @param over whether callers over their share are meant, or the others
  /// @return whether one of those meant waits on
  private boolean grant(boolean over) {
    boolean waits = false;
    boolean smallWaits = false;
    for (Waiter waiter : waiters) {
      if (waiter.granted || isOver(waiter.tally, waiter.bytes) != over) {
        continue;
      }
      boolean isSmall = waiter.share.mayUseReserve(waiter.bytes);
      if (!(isSmall ? smallWaits : waits) && budget.take(waiter.share, waiter.bytes)) {
        waiter.tally.held += waiter.bytes;
        waiter.granted = true;
        waiter.told.signal();
      } else {
        waits = true;
        smallWaits |= isSmall;
        if (smallWaits) {
          break;
        }
      }
    }
    return waits;
  }

  /// Looks at all bodies, and ends as many of those that arrive as those who wait need.
  ///
  /// @param byOthers what others than bodies need
  private void look(long byOthers) {
    long now = nanos.getAsLong();
    nextRound = now + ROUND_NANOS;
    tallies = new HashMap<>();
    List<BodyShare> arriving = new ArrayList<>();
    long leaving = 0;
    for (BodyShare share : budget.registered()) {
      tally(share).held += share.held();
      if (share.isEnded()) {
        leaving += share.held();
      } else if (share.isArriving() && share.held() > 0) {
        arriving.add(share);
      }
    }
    long wanted = byOthers;
    long wantedOver = 0;
    boolean urgent = false;
    for (Waiter waiter : waiters) {
      waiter.tally = tally(waiter.share);
      if (waiter.granted) {
        continue;
      }
      if (!waiter.share.isRegistered()) {
        waiter.tally.held += waiter.share.held();
      }
      if (isOver(waiter.tally, waiter.bytes)) {
        wantedOver += waiter.bytes;
      } else {
        wanted += waiter.bytes;
      }
      urgent |= now - waiter.since >= WAIT_NANOS / 2;
    }
    boolean onlyOver = wanted == 0;
    long missing = (onlyOver ? wantedOver : wanted) - budget.free() - leaving;
    if (missing > 0) {
      end(candidates(arriving, now), missing, onlyOver, urgent);
    }
  }

  private Tally tally(BodyShare share) {
    return tallies.computeIfAbsent(share.key(), _ -> new Tally());
  }

  private PriorityQueue<Candidate> candidates(List<BodyShare> arriving, long now) {
    List<Candidate> all = new ArrayList<>(arriving.size());
    for (BodyShare share : arriving) {
      Tally tally = tally(share);
      all.add(new Candidate(share, tally, isOver(tally, 0), share.latest(now)));
    }
    var worstFirst =
        Comparator.comparing(Candidate::over).reversed().thenComparingDouble(Candidate::latest);
    var queue = new PriorityQueue<Candidate>(Math.max(all.size(), 1), worstFirst);
    queue.addAll(all);
    return queue;
  }

  /// @param onlyOver whether only callers over their share wait, for which no other is ended
  /// @param urgent whether quick bodies are ended, too
  private void end(
      PriorityQueue<Candidate> candidates, long missing, boolean onlyOver, boolean urgent) {
    long left = missing;
    while (left > 0 && !candidates.isEmpty()) {
      Candidate worst = candidates.poll();
      boolean over = isOver(worst.tally(), 0);
      if (worst.over() && !over) {
        // The caller of this body is within its share again.
        candidates.add(new Candidate(worst.share(), worst.tally(), false, worst.latest()));
        continue;
      }
      boolean byShare = over && !onlyOver;
      boolean isSlow = urgent || worst.latest() < SLOW_BYTES;
      if (!byShare && (!isSlow || over != onlyOver)) {
        break;
      }
      long held = worst.share().held();
      if (worst.share().end(byShare ? SHARE : SLOWEST)) {
        worst.tally().held -= held;
        left -= held;
      }
    }
  }
}
