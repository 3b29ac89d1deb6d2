package llmhop.http.wire;

import java.util.concurrent.atomic.AtomicLong;

/// The memory that all inlets of a server may take together, beyond [Inlet#SMALLEST] for each.
/// Without a limit on the sum, callers that send long heads and never end them could have it all.
/// Shared by all connections.
public final class InletMemory {
  private final long most;
  private final HeapBudget heap;
  private final AtomicLong taken = new AtomicLong();

  /// Memory of which nothing is taken.
  ///
  /// @param bytes the most that there is
  /// @param heap the budget of which that is a part
  public InletMemory(long bytes, HeapBudget heap) {
    this.most = bytes;
    this.heap = heap;
    heap.register(this::taken);
  }

  /// How much is taken, in bytes.
  public long taken() {
    return taken.get();
  }

  /// Takes some.
  ///
  /// @return false when there isn't so much left
  boolean take(int bytes) {
    if (!heap.hasRoomFor(bytes)) {
      return false;
    }
    if (taken.addAndGet(bytes) <= most) {
      return true;
    }
    taken.addAndGet(-bytes);
    return false;
  }

  void give(int bytes) {
    taken.addAndGet(-bytes);
  }
}
