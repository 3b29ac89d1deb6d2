package llmhop.http.upstream;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/// Looks at all uploads that have a thread of their own, every 25 ms while there are any: an upload
/// that is blocked in a write can't look after itself. One task for all of them, so that an upload
/// costs an entry in a set and no timer. Shared.
final class UploadSweep {
  /// How often all uploads are looked at: a caller's hang-up has to be noticed within 100 ms.
  private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(25);

  private static final Set<Upload> RUNNING = ConcurrentHashMap.newKeySet();
  private static final AtomicBoolean TICKING = new AtomicBoolean();

  private UploadSweep() {}

  static void add(Upload upload) {
    RUNNING.add(upload);
    if (!TICKING.get() && TICKING.compareAndSet(false, true)) {
      start();
    }
  }

  static void remove(Upload upload) {
    RUNNING.remove(upload);
  }

  private static void start() {
    try {
      Thread.ofVirtual().name("upload-sweep").start(UploadSweep::run);
    } catch (RuntimeException | Error e) {
      TICKING.set(false);
      throw e;
    }
  }

  /// An upload that can't be looked at, for want of memory, must not keep the others from it.
  private static void look(Upload upload) {
    try {
      upload.look();
    } catch (RuntimeException | Error e) {
      // The next look may be better.
    }
  }

  private static void run() {
    do {
      do {
        LockSupport.parkNanos(TICK_NANOS);
        RUNNING.forEach(UploadSweep::look);
      } while (!RUNNING.isEmpty());
      TICKING.set(false);
      // An upload may have come since, and seen that the sweep was on its way.
    } while (!RUNNING.isEmpty() && TICKING.compareAndSet(false, true));
  }
}
