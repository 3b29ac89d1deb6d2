package chaos;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;

/// Callers who wait for their answer before they ask again, each on a kept connection of its own,
/// until they are told to stop.
final class Regulars {

  private static final long PAUSE_NANOS = 20_000_000;

  private final Router router;
  private final Tally tally;
  private final IntFunction<Ask> asks;
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicInteger number = new AtomicInteger();
  private final Ear ear;
  private volatile boolean stopped;

  /// Hears each answer.
  interface Ear {
    /// @param sentNanos when its request was sent, as of `System.nanoTime`
    void hear(Answer answer, long sentNanos);
  }

  private Regulars(Router router, Tally tally, IntFunction<Ask> asks, Ear ear) {
    this.router = router;
    this.tally = tally;
    this.asks = asks;
    this.ear = ear;
  }

  /// Begins.
  ///
  /// @param callers how many there are
  /// @param tally what counts their requests
  /// @param asks the request with this number
  static Regulars start(Router router, int callers, Tally tally, IntFunction<Ask> asks) {
    return start(router, callers, tally, asks, (answer, sent) -> {});
  }

  /// Begins, and lets somebody hear all answers.
  static Regulars start(Router router, int callers, Tally tally, IntFunction<Ask> asks, Ear ear) {
    Regulars regulars = new Regulars(router, tally, asks, ear);
    for (int i = 0; i < callers; i++) {
      regulars.threads.add(Thread.startVirtualThread(regulars::askOften));
    }
    return regulars;
  }

  private void askOften() {
    try (Caller caller = new Caller(router.port())) {
      while (!stopped) {
        Ask ask = asks.apply(number.getAndIncrement());
        tally.sending();
        long sent = System.nanoTime();
        ear.hear(tally.add(caller.ask(ask)), sent);
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
  }

  /// They ask no more; doesn't wait.
  void tell() {
    stopped = true;
  }

  /// They ask no more; waits for the answers of all that were asked.
  Tally stop() throws InterruptedException {
    tell();
    for (Thread thread : threads) thread.join();
    return tally;
  }
}
