package llmhop.schedule;

import java.util.concurrent.locks.LockSupport;

/// Makes a virtual thread that works without ever waiting let others run in between. A peer that
/// sends at the speed of memory is always there to be read, so that its thread would keep its
/// carrier for as long as it likes. Used by one thread at a time; costs an addition for each read.
public final class Turns {
  /// How much is done at a stretch, in bytes: less than a millisecond of decrypting, scanning and
  /// copying.
  private static final int STRETCH = 512 * 1024;

  /// Every so many stretches the thread leaves its carrier's queue: see [#pass].
  private static final int STRETCHES = 4;

  private int done;
  private int stretches;

  /// Creates a thread's turns.
  public Turns() {}

  /// Counts work that was done, in bytes that were read; lets others run when it was enough.
  public void spent(int bytes) {
    done += bytes;
    if (done >= STRETCH) {
      done = 0;
      pass();
    }
  }

  /// Lets other threads run. A thread that yields is put back into the queue of its own carrier,
  /// and a carrier looks for threads that became ready elsewhere, such as those whose socket has
  /// bytes, only when its own queue is empty: a few threads that only yield would keep all others
  /// waiting. A thread that waits is put back by another thread, behind those others.
  private void pass() {
    stretches = (stretches + 1) % STRETCHES;
    if (stretches == 0) {
      LockSupport.parkNanos(1);
    } else {
      Thread.yield();
    }
  }
}
