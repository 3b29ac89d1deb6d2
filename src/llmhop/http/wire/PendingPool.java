package llmhop.http.wire;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Optional;

/// Buffers for what a slow reader hasn't taken yet.
///
/// Owned by the [Pump]: its thread takes buffers and gives them back, and nobody else does while it
/// runs. A buffer belongs to one [Flow], whose fields only that thread touches, too. Once the pump
/// has ended, all its flows have, and none takes a buffer any more. What is held may be asked from
/// any thread.
final class PendingPool {
  /// The size of each, in bytes: the most that is read ahead of a slow reader.
  static final int SIZE = 16 * 1024;

  /// What may be read when all buffers are in use, in bytes.
  static final int SMALL = 2 * 1024;

  /// Free ones that are kept; more go back to the system.
  private static final int MOST_FREE = 64;

  private final ArrayDeque<ByteBuffer> free = new ArrayDeque<>();
  private final int most;
  private final BufferCheck check;
  private int taken;
  private volatile long held;

  /// The memory of all buffers that are in use.
  private volatile long memory;

  PendingPool(long bytes) {
    this(bytes, BufferCheck.NONE);
  }

  PendingPool(long bytes, BufferCheck check) {
    this.most = Math.clamp(bytes / SIZE, 0, 1 << 16);
    this.check = check;
  }

  /// How much may be read now, so that all of it can be kept.
  int room() {
    return taken < most ? SIZE : SMALL;
  }

  long held() {
    return held;
  }

  /// Bytes of memory that the buffers in use take.
  long memory() {
    return memory;
  }

  private void takes(int more) {
    long sum = memory + more;
    memory = sum;
  }

  private void holds(int more) {
    long sum = held + more;
    held = sum;
  }

  /// Keeps what remains of a buffer: a copy of it, from the pool or, if small, from the heap.
  ByteBuffer keep(ByteBuffer rest) {
    // Counted only once the memory is there.
    ByteBuffer kept = taken == most ? ByteBuffer.allocate(rest.remaining()) : oneOfThePool();
    taken += kept.capacity() == SIZE ? 1 : 0;
    takes(kept.capacity());
    holds(rest.remaining());
    return kept.clear().put(rest).flip();
  }

  @SuppressWarnings("ReferenceEquality") // the very array, or another one in its place
  private ByteBuffer oneOfThePool() {
    ByteBuffer buffer =
        Optional.ofNullable(check.next(free, MOST_FREE)).orElseGet(() -> ByteBuffer.allocate(SIZE));
    byte[] array = buffer.array();
    byte[] checked = check.taken(array);
    return checked == array ? buffer : ByteBuffer.wrap(checked);
  }

  /// So many of the kept bytes have gone.
  void gone(int bytes) {
    holds(-bytes);
  }

  /// Takes a buffer back; what remains in it is dropped.
  @SuppressWarnings("ByteBufferBackingArray") // every buffer is made by allocate or wrap, see keep
  void give(ByteBuffer buffer) {
    holds(-buffer.remaining());
    takes(-buffer.capacity());
    if (buffer.capacity() == SIZE) {
      check.given(buffer.array());
      taken--;
      if (free.size() < MOST_FREE) {
        free.addLast(buffer);
      }
    }
  }
}
