package llmhop.http.wire;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/// Bounds the part of the heap that callers may make the process hold: connections, heads, bodies,
/// answers that are not read, and what pools keep. Each holder counts for itself and is registered
/// here; a holder asks [#hasRoomFor] before it takes more. Shared by all threads.
///
/// The check and the take are two steps, so that no lock is needed: the sum can be over the limit
/// by what the threads take that run at the same moment. The rest of the heap has room for that.
public final class HeapBudget {
  /// Bytes that the program itself needs: an idle router with a large config, measured.
  private static final long PROGRAM = 8L * 1024 * 1024;

  /// The part of the heap that the budget is: a collector needs the rest to work in. Measured with
  /// the serial collector, which ends in an OutOfMemoryError from about 90 % of live bytes.
  private static final double PART = 0.75;

  /// The least budget, in bytes: a heap below 20 MiB serves a few callers, and may run out.
  private static final long MIN = 4L * 1024 * 1024;

  /// While more than half of the budget is free, the holders are summed once for each such part of
  /// the budget that is taken: to sum their counters, which other processors write, costs a request
  /// 3 % of its time.
  private static final int UNCHECKED_PARTS = 16;

  private final long bytes;

  /// Bytes that may still be taken before the holders are summed again.
  private final AtomicLong unchecked = new AtomicLong();

  /// Replaced with each new holder; read at each sum.
  private volatile LongSupplier[] holders = {};

  private final List<Runnable> pools = new CopyOnWriteArrayList<>();
  private volatile LongConsumer relief = missing -> {};

  /// A budget of which nothing is held.
  ///
  /// @param bytes how much may be held
  public HeapBudget(long bytes) {
    this.bytes = bytes;
  }

  /// The budget of a heap of this size.
  ///
  /// @param maxHeapBytes as of [Runtime#maxMemory]
  public static HeapBudget ofHeap(long maxHeapBytes) {
    long part = (long) (maxHeapBytes * PART) - PROGRAM;
    return new HeapBudget(Math.max(part, MIN));
  }

  /// The budget of this process's heap.
  public static HeapBudget ofProcess() {
    return ofHeap(Runtime.getRuntime().maxMemory());
  }

  /// How much may be held, in bytes.
  public long bytes() {
    return bytes;
  }

  /// How much one kind of holder may take at most, in bytes, so that others find room beside it.
  public long part(double part) {
    return (long) (bytes * part);
  }

  /// Adds a holder.
  ///
  /// @param held tells how many bytes it holds now; cheap, since takes ask
  public synchronized void register(LongSupplier held) {
    LongSupplier[] more = Arrays.copyOf(holders, holders.length + 1);
    more[holders.length] = held;
    holders = more;
  }

  /// Adds a pool whose free memory the budget may ask back.
  ///
  /// @param kept tells how many bytes the pool keeps for later
  /// @param drop makes it keep none
  public void registerPool(LongSupplier kept, Runnable drop) {
    register(kept);
    pools.add(drop);
  }

  /// How many bytes are held now.
  public long held() {
    long sum = 0;
    for (LongSupplier holder : holders) sum += holder.getAsLong();
    return sum;
  }

  /// How many bytes are left; below 0 when more is held than may be.
  public long free() {
    return bytes - held();
  }

  /// Whether so many bytes more may be held. Pools let go of what they keep before that is denied.
  public boolean hasRoomFor(long more) {
    return hasRoomFor(more, 0);
  }

  /// Whether so many bytes more may be held, and others stay free beside them.
  ///
  /// @param spare bytes that are to stay free, at most a quarter of the budget
  public boolean hasRoomFor(long more, long spare) {
    return unchecked.addAndGet(-more) > 0 || hasRoomForSum(more, spare);
  }

  /// Whether about half of the budget stays free beside so many bytes more.
  public boolean isHalfFree(long more) {
    return unchecked.get() > more || free() - more > bytes / 2;
  }

  private boolean hasRoomForSum(long more, long spare) {
    long free = free();
    if (more + spare <= free) {
      unchecked.set(free - more > bytes / 2 ? bytes / UNCHECKED_PARTS : 0);
      return true;
    }
    return hasRoomWithoutPools(more + spare);
  }

  private boolean hasRoomWithoutPools(long more) {
    for (Runnable drop : pools) drop.run();
    long missing = more - free();
    if (missing > 0) {
      relief.accept(missing);
    }
    return missing <= 0;
  }

  /// Sets the hook that makes room for later takes when one is denied. The hook is cheap, however
  /// often it is called, and runs on any thread.
  ///
  /// @param hook gets how many bytes are missing
  public void onShortage(LongConsumer hook) {
    relief = hook;
  }
}
