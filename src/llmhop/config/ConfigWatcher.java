package llmhop.config;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/// Looks now and then whether the config's files have changed, on a virtual thread of its own; none
/// where it is never to look. A change counts once it has rested: a half-written file isn't read.
public final class ConfigWatcher implements AutoCloseable {
  /// So long a change must have rested.
  static final long REST_NANOS = TimeUnit.MILLISECONDS.toNanos(150);

  /// A file that changes all the time is read all the same after so many rests.
  static final int MOST_RESTS = 20;

  /// While the files can't be used they are tried again so often, also unchanged: it may have been
  /// us who had no descriptor left.
  static final long AGAIN_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final Supplier<FilesRead> files;
  private final BooleanSupplier stale;
  private final Runnable changed;
  private final LongConsumer pause;
  private long unchangedNanos;
  private volatile long everyNanos;
  private Optional<Thread> thread = Optional.empty();

  /// @param files the files, as they were when they were last read
  /// @param stale whether they couldn't be used then
  /// @param changed is run when they are to be read
  public ConfigWatcher(Supplier<FilesRead> files, BooleanSupplier stale, Runnable changed) {
    this(files, stale, changed, LockSupport::parkNanos);
  }

  /// @param pause waits so many nanoseconds, or less
  ConfigWatcher(
      Supplier<FilesRead> files, BooleanSupplier stale, Runnable changed, LongConsumer pause) {
    this.files = files;
    this.stale = stale;
    this.changed = changed;
    this.pause = pause;
  }

  /// Looks as often from now on; zero for never.
  public synchronized void every(Duration interval) {
    long before = everyNanos;
    everyNanos = interval.toNanos();
    if (everyNanos == before) {
      return;
    }
    if (before == 0) {
      // The one before it may still have to see that it is over.
      Optional<Thread> last = thread;
      thread = Optional.of(Thread.ofVirtual().name("config").start(() -> walk(last)));
    } else {
      thread.ifPresent(LockSupport::unpark);
    }
  }

  private void walk(Optional<Thread> last) {
    try {
      if (last.isPresent()) last.get().join();
    } catch (InterruptedException e) {
      return;
    }
    for (long every = everyNanos; every > 0 && isCurrent(); every = everyNanos) {
      long due = System.nanoTime() + every;
      for (long left = every; left > 0 && everyNanos == every; left = due - System.nanoTime()) {
        pause.accept(left);
      }
      if (everyNanos == every) lookOnce(every);
    }
  }

  private synchronized boolean isCurrent() {
    return thread.filter(each -> each.equals(Thread.currentThread())).isPresent();
  }

  /// Whatever goes wrong in a look must not be the last: no change would be seen any more.
  private void lookOnce(long everyNanos) {
    try {
      look(everyNanos);
    } catch (RuntimeException | Error e) {
      // The next one may do better.
    }
  }

  /// Looks once.
  ///
  /// @param sinceNanos how long ago it has looked before
  void look(long sinceNanos) {
    FilesRead seen = files.get();
    FilesRead now = seen.now();
    if (now.isLike(seen)) {
      unchangedNanos += sinceNanos;
      if (stale.getAsBoolean() && unchangedNanos >= AGAIN_NANOS) {
        unchangedNanos = 0;
        changed.run();
      }
      return;
    }
    unchangedNanos = 0;
    boolean rested = false;
    for (int i = 0; i < MOST_RESTS && !rested; i++) {
      rest();
      FilesRead later = now.now();
      rested = later.isLike(now);
      now = later;
    }
    // Somebody else may have had them read meanwhile.
    if (!now.isLike(files.get())) {
      changed.run();
    }
  }

  private void rest() {
    pause.accept(REST_NANOS);
  }

  /// Looks no more.
  @Override
  public void close() {
    every(Duration.ZERO);
  }
}
