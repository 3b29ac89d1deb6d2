package llmhop.route;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import llmhop.http.wire.HeapBudget;

/// Bounds the bytes of request bodies that the whole process holds at once (`maxBufferedBytes`).
/// Shared by all requests; each has a [BodyShare] of it.
///
/// A body takes its bytes as they arrive: a declared length takes nothing. An eighth is kept for
/// small bodies, so that a handful of huge uploads can't starve all other callers. Where no room is
/// left, [Shortage] decides which bodies wait, are ended or are refused.
public final class BufferBudget {
  /// The largest body that may use the reserve, in bytes.
  static final int SMALL = 64 * 1024;

  /// The heap that a request in hand takes beside its body, in bytes: what is known of it, its
  /// thread's stack, the connection to its backend. Measured, with 1,000 of them.
  public static final int REQUEST_BYTES = 10 * 1024;

  /// The part of the heap's budget that bodies may take at most, whatever the config says, so that
  /// connections and requests find room.
  private static final double HEAP_PART = 0.75;

  /// The part of the heap's budget that bodies leave free, so that further requests find room.
  private static final double HEADROOM = 1.0 / 16;

  /// The part of the heap's budget that bodies keep, however many connections and heads want room.
  private static final double KEPT_PART = 0.25;

  private static final int UNIT = 1024;

  private final long sharedMax;
  private final long reserveMax;
  private final HeapBudget heap;
  private final long headroom;
  private final LongSupplier nanos;
  private final AtomicLong shared = new AtomicLong();
  private final AtomicLong reserve = new AtomicLong();
  private final Set<BodyShare> registered = ConcurrentHashMap.newKeySet();
  private final Shortage shortage;
  private volatile long shareBytes;

  /// A budget of so many bytes, at least 1 MiB so that small requests find room, of the heap's.
  ///
  /// @param maxShare the part that one caller may hold while others wait, above 0 and at most 1
  /// @param nanos the clock, as of [System#nanoTime]
  public BufferBudget(long bytes, double maxShare, HeapBudget heap, LongSupplier nanos) {
    long all = Math.max(allowed(bytes, heap) / UNIT, 1024) * UNIT;
    this.reserveMax = Math.max(all / UNIT / 8, 256) * UNIT;
    this.sharedMax = all - reserveMax;
    this.heap = heap;
    this.headroom = heap.part(HEADROOM);
    this.nanos = nanos;
    this.shortage = new Shortage(this, nanos);
    maxShare(maxShare);
    heap.register(this::held);
    heap.onShortage(missing -> shortage.relieve(Math.min(missing, held() - heap.part(KEPT_PART))));
  }

  /// How many bytes of bodies a heap allows where so many are asked for.
  public static long allowed(long bytes, HeapBudget heap) {
    return Math.min(bytes, heap.part(HEAP_PART));
  }

  /// The budget of the heap that this one is a part of.
  HeapBudget heap() {
    return heap;
  }

  /// Whether the heap has room for one more request.
  boolean hasRoomForRequest() {
    return heap.hasRoomFor(REQUEST_BYTES);
  }

  /// From now on one caller may hold this part of the budget while others wait.
  public void maxShare(double part) {
    shareBytes = (long) ((sharedMax + reserveMax) * part);
  }

  /// Bytes that are held now.
  public long held() {
    return shared.get() + reserve.get();
  }

  /// Bodies that wait for room.
  public int waiting() {
    return shortage.waiting();
  }

  /// The largest body that can ever be held, in bytes.
  public long largest() {
    return sharedMax;
  }

  /// How much one caller may hold while others wait, in bytes.
  long shareBytes() {
    return shareBytes;
  }

  LongSupplier nanos() {
    return nanos;
  }

  Shortage shortage() {
    return shortage;
  }

  /// The bodies that are large, or still arrive.
  Set<BodyShare> registered() {
    return registered;
  }

  /// Rounds bytes up to the unit in which they are counted.
  static long rounded(long bytes) {
    return (bytes + UNIT - 1) / UNIT * UNIT;
  }

  /// How many bytes can be taken without the reserve; below 0 when the heap is short.
  long free() {
    return Math.min(sharedMax - shared.get(), heap.free() - headroom);
  }

  /// Whether a quarter of the budget stays free beside so many bytes more, and half of the heap's.
  boolean hasPlenty(long bytes) {
    return sharedMax - shared.get() - bytes >= sharedMax / 4 && heap.isHalfFree(bytes);
  }

  /// Takes bytes for a body when there is room; the fast path, which takes no lock.
  boolean take(BodyShare share, long bytes) {
    if (!heap.hasRoomFor(bytes, headroom)) {
      return false;
    }
    if (share.mayUseReserve(bytes) && add(reserve, bytes, reserveMax)) {
      share.tookReserve(bytes);
      return true;
    }
    if (add(shared, bytes, sharedMax)) {
      share.tookShared(bytes);
      return true;
    }
    return false;
  }

  private static boolean add(AtomicLong counter, long bytes, long max) {
    if (counter.addAndGet(bytes) <= max) {
      return true;
    }
    counter.addAndGet(-bytes);
    return false;
  }

  /// Gives bytes back.
  void give(long fromShared, long fromReserve) {
    if (fromShared > 0) {
      shared.addAndGet(-fromShared);
    }
    if (fromReserve > 0) {
      reserve.addAndGet(-fromReserve);
    }
    if (shortage.waiting() > 0) {
      shortage.freed();
    }
  }
}
