package llmhop.http.wire;

import java.util.ArrayDeque;

/// Arrays for large bodies, kept for the next one. Shared by all requests. What it keeps is
/// bounded, not what it gives: whoever takes has been counted by a budget before.
public final class SegmentPool {
  /// The size of each array, in bytes: large enough that a system call is cheap beside it, small
  /// enough for any collector's region.
  public static final int SEGMENT = 128 * 1024;

  private final ArrayDeque<byte[]> kept = new ArrayDeque<>();
  private final int segment;
  private final int most;

  /// A pool of arrays of another size.
  ///
  /// @param segment the size of each, in bytes
  /// @param most how many are kept for later
  public SegmentPool(int segment, int most) {
    this.segment = segment;
    this.most = most;
  }

  /// A pool that keeps at most this many bytes for later.
  public static SegmentPool ofBytes(long bytes) {
    return new SegmentPool(SEGMENT, Math.clamp(bytes / SEGMENT, 0, 1 << 16));
  }

  /// The size of each array, in bytes.
  public int segment() {
    return segment;
  }

  /// A segment with whatever is in it.
  public byte[] take() {
    synchronized (kept) {
      byte[] segment = kept.pollLast();
      if (segment != null) {
        return segment;
      }
    }
    return new byte[segment];
  }

  /// Gives a segment back. It must not be used any more.
  public void give(byte[] segment) {
    synchronized (kept) {
      if (kept.size() < most) {
        kept.addLast(segment);
      }
    }
  }

  /// Lets go of all segments that are kept for later: memory is short.
  public void clear() {
    synchronized (kept) {
      kept.clear();
    }
  }

  /// How many bytes are kept for later.
  public long idleBytes() {
    return (long) idle() * segment;
  }

  /// How many segments are kept for later.
  public int idle() {
    synchronized (kept) {
      return kept.size();
    }
  }
}
