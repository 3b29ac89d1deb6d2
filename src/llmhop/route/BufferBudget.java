package llmhop.route;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// The bytes of request bodies that the whole process may hold at once (`maxBufferedBytes`). Shared
/// by all requests.
///
/// An eighth is kept for small takes, so that a handful of huge uploads can't starve everyone else.
/// Whoever finds it used up waits at most [#WAIT_MILLIS] and then is refused; since nobody waits
/// longer, half-read bodies can't wait for each other for ever.
public final class BufferBudget {
  /// How long a body waits for room, in milliseconds: longer than a burst, shorter than patience.
  static final long WAIT_MILLIS = 2_000;

  /// The largest take that may use the reserve, in bytes.
  static final int SMALL = 64 * 1024;

  private static final int UNIT = 1024;

  private final Semaphore shared;
  private final Semaphore reserve;
  private final int sharedUnits;
  private final int reserveUnits;

  /// A budget of this many bytes, at least 1 MiB so that small requests find room.
  public BufferBudget(long bytes) {
    long units = Math.clamp(bytes / UNIT, 1024, Integer.MAX_VALUE);
    this.reserveUnits = (int) Math.max(units / 8, 256);
    this.sharedUnits = (int) (units - reserveUnits);
    this.shared = new Semaphore(sharedUnits, true);
    this.reserve = new Semaphore(reserveUnits);
  }

  /// Bytes that are held now.
  public long held() {
    int units = sharedUnits - shared.availablePermits() + reserveUnits - reserve.availablePermits();
    return (long) units * UNIT;
  }

  /// The most that one body can ever get, in bytes.
  public long largest() {
    return (long) sharedUnits * UNIT;
  }

  /// An empty share of the budget, for one request.
  Share share() {
    return new Share();
  }

  /// What one request holds. Used by one thread at a time; closing it gives all back.
  final class Share implements AutoCloseable {
    private int sharedHeld;
    private int reserveHeld;
    private long waitNanos = TimeUnit.MILLISECONDS.toNanos(WAIT_MILLIS);

    /// Takes this many bytes more.
    ///
    /// @throws Refusal 413 when that could never fit, 503 when there is no room in time
    void take(long bytes) {
      // Judged before anything is added to it: a length may be as large as a long can say.
      if (bytes > largest() - (long) sharedHeld * UNIT) {
        throw Refusal.requestTooLarge(largest(), "maxBufferedBytes");
      }
      int units = (int) ((bytes + UNIT - 1) / UNIT);
      if (bytes <= SMALL && sharedHeld == 0 && takeSmall(units)) {
        return;
      }
      if (!shared.tryAcquire(units)) {
        await(units);
      }
      sharedHeld += units;
    }

    /// Waits for room. The time is the whole request's: who takes in steps doesn't wait at each.
    private void await(int units) {
      long start = System.nanoTime();
      try {
        if (!shared.tryAcquire(units, waitNanos, TimeUnit.NANOSECONDS)) {
          throw Refusal.overloaded("buffered request bytes (maxBufferedBytes)");
        }
        waitNanos -= System.nanoTime() - start;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw Refusal.overloaded("buffered request bytes (maxBufferedBytes)");
      }
    }

    private boolean takeSmall(int units) {
      if (reserve.tryAcquire(units)) {
        reserveHeld += units;
        return true;
      }
      return false;
    }

    @Override
    public void close() {
      shared.release(sharedHeld);
      reserve.release(reserveHeld);
      sharedHeld = 0;
      reserveHeld = 0;
    }
  }
}
