package llmhop.tool;

import java.time.Instant;
import java.util.concurrent.locks.LockSupport;

/// Time as an exchange feels it; a test hands in its own.
interface Time {
  /// The time of this machine.
  Time SYSTEM =
      new Time() {
        @Override
        public long nanos() {
          return System.nanoTime();
        }

        @Override
        public Instant instant() {
          return Instant.now();
        }

        @Override
        public void park(long untilNanos) {
          LockSupport.parkNanos(this, untilNanos - System.nanoTime());
        }
      };

  /// For differences only, like `System.nanoTime()`.
  long nanos();

  /// For what callers are told.
  Instant instant();

  /// Parks the current thread until that time of [#nanos]; returns earlier when it is unparked, and
  /// sometimes for no reason.
  void park(long untilNanos);
}
