package llmhop.http.wire;

import java.util.ArrayDeque;

/// Arrays that are used again. Limits what is kept for later, not what is taken: a budget has
/// counted the taker before.
///
/// An array belongs to the one who took it, until that one gives it back. Where two threads see an
/// array, its owner says in its own comment what keeps them apart. [BufferCheck] finds those that
/// do not keep to this. The pools, and the owners of their arrays:
///
/// | pool | taken by | owner until it is given back |
/// |---|---|---|
/// | `outlets` | `front.Outlet` | the thread that holds the outlet's monitor |
/// | `linger` | `front.Lingering` | the connection's thread, for one read |
/// | `bodies` | `route.RequestBody` | the request; see there for the threads that read it |
/// | `begins` | `route.BodyReader` | the thread that reads the body, for its first bytes |
/// | `tls` | [TlsOutput] | the thread that holds the lock of that connection's output |
/// | `pending` | [PendingPool] | the pump's thread |
///
/// Safe for use by many threads.
public final class SegmentPool {
  /// The size of each array, in bytes: large enough that a system call is cheap beside it, small
  /// enough for any collector's region.
  public static final int SEGMENT = 128 * 1024;

  private final ArrayDeque<byte[]> kept = new ArrayDeque<>();
  private final int segment;
  private final int max;
  private final BufferCheck check;

  /// How many are kept; written with the lock, read without.
  private volatile int idle;

  /// A pool of arrays of another size.
  ///
  /// @param segment the size of each, in bytes
  /// @param max how many are kept for later
  public SegmentPool(int segment, int max) {
    this(segment, max, BufferCheck.NONE);
  }

  /// The same with a check of its use.
  public SegmentPool(int segment, int max, BufferCheck check) {
    this.segment = segment;
    this.max = max;
    this.check = check;
  }

  /// A pool that keeps at most this many bytes for later.
  public static SegmentPool ofBytes(long bytes) {
    return ofBytes(bytes, BufferCheck.NONE);
  }

  /// The same with a check of its use.
  public static SegmentPool ofBytes(long bytes, BufferCheck check) {
    return new SegmentPool(SEGMENT, Math.clamp(bytes / SEGMENT, 0, 1 << 16), check);
  }

  /// The size of each array, in bytes.
  public int segment() {
    return segment;
  }

  /// A segment with whatever is in it.
  public byte[] take() {
    byte[] kept = kept();
    return check.taken(kept == null ? new byte[segment] : kept);
  }

  private byte[] kept() {
    synchronized (kept) {
      byte[] next = check.next(kept, max);
      idle = kept.size();
      return next;
    }
  }

  /// Gives a segment back. It must not be used any more.
  ///
  /// @throws IllegalStateException when it is back already, or not of this pool, and that is
  ///   checked
  public void give(byte[] segment) {
    check.given(segment);
    synchronized (kept) {
      if (kept.size() < max) {
        kept.addLast(segment);
        idle = kept.size();
      }
    }
  }

  /// Lets go of all segments that are kept for later: memory is short.
  public void clear() {
    synchronized (kept) {
      kept.clear();
      idle = 0;
    }
  }

  /// How many bytes are kept for later.
  public long idleBytes() {
    return (long) idle * segment;
  }

  /// How many segments are kept for later.
  public int idle() {
    return idle;
  }
}
