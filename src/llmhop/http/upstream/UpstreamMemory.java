package llmhop.http.upstream;

import java.util.concurrent.atomic.AtomicLong;
import llmhop.http.wire.HeapBudget;
import llmhop.http.wire.InletMemory;

/// The heap that backends, and the tunnels to them, may make the process hold beyond what each
/// request is counted for. Shared by all backends.
public final class UpstreamMemory {
  /// The part of the heap's budget for answers' heads over [Connection#BUFFER].
  private static final double HEADS_PART = 0.125;

  /// The part for the large buffers of tunnels and answers.
  private static final double BUFFERS_PART = 0.125;

  /// What TLS adds to a connection, in bytes: the JDK's engine with its keys and buffers, 33 KiB,
  /// measured at connections of callers; and the record that is held while a backend takes nothing.
  private static final int TLS_BYTES = 50 * 1024;

  private final HeapBudget heap;
  private final InletMemory heads;
  private final InletMemory buffers;
  private final AtomicLong secured = new AtomicLong();

  /// Memory of which nothing is taken.
  ///
  /// @param heap the budget of which it is a part
  public UpstreamMemory(HeapBudget heap) {
    this.heap = heap;
    this.heads = new InletMemory(heap.part(HEADS_PART), heap);
    this.buffers = new InletMemory(heap.part(BUFFERS_PART), heap);
    heap.register(secured::get);
  }

  /// Memory without a limit, for a process with one backend.
  public static UpstreamMemory unlimited() {
    return new UpstreamMemory(new HeapBudget(Long.MAX_VALUE));
  }

  /// What buffers of tunnels and answers beyond the first small one take from.
  public InletMemory buffers() {
    return buffers;
  }

  /// What heads of answers take from.
  InletMemory heads() {
    return heads;
  }

  /// Takes what one more connection with TLS needs.
  ///
  /// @return false when there is no room
  boolean takeSecured() {
    if (!heap.hasRoomFor(TLS_BYTES)) {
      return false;
    }
    secured.addAndGet(TLS_BYTES);
    return true;
  }

  /// A connection with TLS is closed.
  void giveSecured() {
    secured.addAndGet(-TLS_BYTES);
  }
}
