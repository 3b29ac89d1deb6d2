package llmhop.http.wire;

import java.util.ArrayDeque;
import java.util.List;

/// Watches one pool of buffers for a second owner of one, where the system property
/// `llmhop.checkBuffers` is `true`: see [BufferLedger] for what is found. For tests, and for
/// operators who report a fault; without the property it does nothing and costs nothing.
///
/// A fault is told on standard error with the stacks of those who made it. A buffer that is given
/// back wrongly throws, too. A checked pool hands its oldest buffer out, and only when it keeps
/// many, so that a late write meets no new owner.
public sealed class BufferCheck {
  /// Checks nothing.
  public static final BufferCheck NONE = new BufferCheck();

  private static final boolean ON = Boolean.getBoolean("llmhop.checkBuffers");

  private static final BufferLedger LEDGER =
      new BufferLedger(text -> System.err.println("llmhop: " + text));

  private BufferCheck() {}

  /// The check of a pool with this name.
  public static BufferCheck of(String pool) {
    return ON ? new On(pool, LEDGER) : NONE;
  }

  /// Whether buffers are checked.
  public static boolean isOn() {
    return ON;
  }

  /// How many faults were found so far; looks at all buffers that are given back now.
  public static long faults() {
    return LEDGER.faults();
  }

  /// The first faults, each with the stacks of those who made it.
  public static List<String> told() {
    return LEDGER.told();
  }

  /// The kept buffer that is to be used next, if any.
  <T> T next(ArrayDeque<T> kept, int max) {
    return kept.pollLast();
  }

  /// A buffer leaves the pool.
  ///
  /// @return what to hand out
  byte[] taken(byte[] buffer) {
    return buffer;
  }

  /// A buffer comes back to the pool.
  ///
  /// @throws IllegalStateException when it may not
  void given(byte[] buffer) {}

  /// Checks.
  static final class On extends BufferCheck {
    /// The most buffers that are kept for nothing but finding late writes: 8 MiB of the largest.
    private static final int MAX_UNUSED = 64;

    private final String pool;
    private final BufferLedger ledger;

    On(String pool, BufferLedger ledger) {
      this.pool = pool;
      this.ledger = ledger;
    }

    @Override
    <T> T next(ArrayDeque<T> kept, int max) {
      return kept.size() > Math.min(max / 2, MAX_UNUSED) ? kept.pollFirst() : null;
    }

    @Override
    byte[] taken(byte[] buffer) {
      return ledger.taken(this, buffer);
    }

    @Override
    void given(byte[] buffer) {
      ledger.given(this, buffer);
    }

    @Override
    public String toString() {
      return pool;
    }
  }
}
