package llmhop.schedule;

/// Makes a virtual thread that works without ever waiting let others run in between. A peer that
/// sends at the speed of memory is always there to be read, so that its thread would keep its
/// carrier for as long as it likes. Used by one thread at a time; costs an addition for each read.
public final class Turns {
  /// How much is done at a stretch, in bytes: less than a millisecond of decrypting, scanning and
  /// copying.
  private static final int STRETCH = 512 * 1024;

  private int done;

  /// Creates a thread's turns.
  public Turns() {}

  /// Counts work that was done, in bytes that were read; lets others run when it was enough.
  public void spent(int bytes) {
    done += bytes;
    if (done >= STRETCH) {
      done = 0;
      Thread.yield();
    }
  }
}
