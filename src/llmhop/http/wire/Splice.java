package llmhop.http.wire;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

/// Two streams of bytes made one, until either side leaves: what comes from one is written to the
/// other. A side that doesn't read makes the other wait, since nothing is read that has nowhere to
/// go; what is on the way is at most one array each way.
///
/// ```
///   open --(a side ends or fails)--> draining --(both directions done, or time over)--> closed
///   open --(a side doesn't read for too long, or an interrupt)------------------------> closed
/// ```
///
/// Each direction has a thread, and the one that calls minds the time. A side that left has all it
/// sent delivered before the other sees the end. Both are read on until they end too, because to
/// close a socket with bytes in it resets it, which destroys what has just been delivered. Where B
/// broke off, A is closed without [Transport#finish], after a moment in which A can take what was
/// delivered: the end is passed on as it was.
public final class Splice {
  private static final byte[] NOTHING = {};

  /// How long A may take to read what was delivered before B broke off.
  private static final long BROKEN_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final Duration stall;
  private final InletMemory memory;
  private final LongSupplier nanos;
  private final Direction fromA;
  private final Direction fromB;
  private final AtomicReference<Departure> first = new AtomicReference<>();
  private final CountDownLatch left = new CountDownLatch(1);

  private Splice(
      Transport a,
      Transport b,
      byte[] earlyFromB,
      Duration stall,
      InletMemory memory,
      LongSupplier nanos) {
    this.memory = memory;
    this.stall = stall;
    this.nanos = nanos;
    this.fromA = new Direction(Side.A, a, NOTHING, b);
    this.fromB = new Direction(Side.B, b, earlyFromB, a);
  }

  /// One of the two.
  public enum Side {
    /// The first given.
    A,
    /// The second given.
    B;

    private Side other() {
      return this == A ? B : A;
    }
  }

  /// Who left first, and how.
  ///
  /// @param side who
  /// @param error what reading from it or writing to it met; none when it ended in order
  private record Departure(Side side, Optional<IOException> error) {}

  /// How it was.
  ///
  /// @param bytesFromA written to B
  /// @param bytesFromB written to A
  /// @param first who left first, or didn't read
  /// @param error what was met there; none when it ended in order
  public record Result(long bytesFromA, long bytesFromB, Side first, Optional<IOException> error) {}

  /// Copies both ways until it is over, closes both, and leaves no thread behind. Whoever closes
  /// one of the two from outside ends it, and so does an interrupt, which stays set.
  ///
  /// @param earlyFromB what has been read from B already and goes to A before anything else
  /// @param drain how long the other side may take to read the rest and end too, once one has left
  /// @param stall how long a side may leave what is written to it unread; it is looked at so often,
  ///   so it may take twice as long
  /// @param memory what large arrays are taken from; where there is none, small ones do
  /// @param nanos the clock, as of [System#nanoTime]
  public static Result run(
      Transport a,
      Transport b,
      byte[] earlyFromB,
      Duration drain,
      Duration stall,
      InletMemory memory,
      LongSupplier nanos) {
    var splice = new Splice(a, b, earlyFromB, stall, memory, nanos);
    try {
      splice.fromA.start();
      splice.fromB.start();
      splice.mind(drain);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      a.close();
      b.close();
    }
    splice.fromA.join();
    splice.fromB.join();
    Departure departure = splice.first.get();
    return new Result(splice.fromA.bytes, splice.fromB.bytes, departure.side(), departure.error());
  }

  private void mind(Duration drain) throws InterruptedException {
    while (!left.await(stall.toNanos(), TimeUnit.NANOSECONDS)) {
      if (fromA.isStuck() || fromB.isStuck()) {
        return;
      }
    }
    long patience = hasBroken() ? Math.min(BROKEN_NANOS, drain.toNanos()) : drain.toNanos();
    long due = nanos.getAsLong() + patience;
    if (fromA.done.await(due - nanos.getAsLong(), TimeUnit.NANOSECONDS)) {
      fromB.done.await(due - nanos.getAsLong(), TimeUnit.NANOSECONDS);
    }
  }

  private boolean hasBroken() {
    Departure departure = first.get();
    return departure.side() == Side.B && departure.error().isPresent();
  }

  private void left(Side side, Optional<IOException> error) {
    first.compareAndSet(null, new Departure(side, error));
    left.countDown();
  }

  /// What comes from one side and goes to the other. Run by a thread of its own.
  private final class Direction {
    /// Most messages of an idle conversation fit into this.
    private static final int SMALL = 1024;

    private static final int LARGE = 16 * 1024;

    private static final long NOT_WRITING = Long.MAX_VALUE;

    private final Side side;
    private final Transport from;
    private final Transport to;
    private final byte[] early;
    private final CountDownLatch done = new CountDownLatch(1);
    private Thread thread;
    private volatile long writingSince = NOT_WRITING;
    private long bytes;
    private boolean broken;

    /// What is taken of the memory, in bytes.
    private int taken;

    private Direction(Side side, Transport from, byte[] early, Transport to) {
      this.side = side;
      this.from = from;
      this.early = early;
      this.to = to;
    }

    private void start() {
      thread = Thread.ofVirtual().name("splice-" + side).start(this::copy);
    }

    private void copy() {
      try {
        copyWhatComes(early.length == 0 || write(ByteBuffer.wrap(early)));
        finish();
      } finally {
        left(side, Optional.empty());
        done.countDown();
      }
    }

    /// A long burst is copied in large steps, and an idle tunnel holds a small array only.
    private void copyWhatComes(boolean writable) {
      try {
        copyWith(writable);
      } finally {
        memory.give(taken);
      }
    }

    private void copyWith(boolean writable) {
      ByteBuffer buffer = ByteBuffer.allocate(SMALL);
      boolean writes = writable;
      while (read(buffer.clear())) {
        boolean full = !buffer.hasRemaining();
        boolean small = buffer.position() <= SMALL / 2;
        // After a failed write the rest is read only to see the end.
        writes = writes && write(buffer.flip());
        if (full && buffer.capacity() == SMALL && memory.take(LARGE)) {
          taken = LARGE;
          buffer = ByteBuffer.allocate(LARGE);
        } else if (small && buffer.capacity() == LARGE) {
          buffer = ByteBuffer.allocate(SMALL);
          memory.give(LARGE);
          taken = 0;
        }
      }
    }

    private boolean read(ByteBuffer into) {
      try {
        if (from.read(into) >= 0) {
          return true;
        }
        left(side, Optional.empty());
      } catch (IOException e) {
        broken = true;
        left(side, Optional.of(e));
      }
      return false;
    }

    private boolean write(ByteBuffer buffer) {
      int size = buffer.remaining();
      writingSince = nanos.getAsLong();
      try {
        to.write(buffer);
        bytes += size;
        return true;
      } catch (IOException e) {
        left(side.other(), Optional.of(e));
        return false;
      } finally {
        writingSince = NOT_WRITING;
      }
    }

    private void finish() {
      if (broken && side == Side.B) {
        return;
      }
      try {
        to.finish();
      } catch (IOException e) {
        // It has gone, and there is nothing left to write.
      }
    }

    private boolean isStuck() {
      long since = writingSince;
      boolean stuck = since != NOT_WRITING && nanos.getAsLong() - since >= stall.toNanos();
      if (stuck) {
        var error = new IOException("nothing was read for " + stall.toMillis() + " ms");
        left(side.other(), Optional.of(error));
      }
      return stuck;
    }

    private void join() {
      boolean interrupted = false;
      while (true) {
        try {
          thread.join();
          break;
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
