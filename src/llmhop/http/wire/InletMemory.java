package llmhop.http.wire;

import java.util.concurrent.atomic.AtomicLong;

/// A part of the heap's budget for one purpose. That of a server is for what all inlets take
/// together beyond [Inlet#SMALLEST] for each, and for the long heads of requests in hand. Without a
/// limit on the sum, callers that send long heads could have all of the heap. Shared by all
/// connections.
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
  public boolean take(int bytes) {
    if (!heap.hasRoomFor(bytes)) {
      return false;
    }
    if (taken.addAndGet(bytes) <= most) {
      return true;
    }
    taken.addAndGet(-bytes);
    return false;
  }

  /// Gives some back.
  public void give(int bytes) {
    taken.addAndGet(-bytes);
  }
}
