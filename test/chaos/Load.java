package chaos;

import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;

/// Callers who don't wait for each other: a request leaves at each moment of a constant schedule,
/// on a kept connection that is free or else on a new one, until it is told to stop.
final class Load {

  private static final int WARM_CALLERS = 16;
  private static final int END_MILLIS = 40_000;

  private final int port;
  private final long pauseNanos;
  private final IntFunction<Ask> asks;
  private final Tally tally;
  private final Deque<Caller> free = new ConcurrentLinkedDeque<>();
  private final AtomicInteger running = new AtomicInteger();
  private final Thread sender;
  private volatile boolean stopped;

  private Load(int port, int perSecond, Tally tally, IntFunction<Ask> asks) {
    this.port = port;
    this.pauseNanos = 1_000_000_000L / perSecond;
    this.tally = tally;
    this.asks = asks;
    sender = Thread.ofPlatform().daemon().name("load").start(this::sendAll);
  }

  /// Begins.
  ///
  /// @param perSecond requests in a second
  /// @param tally what counts them
  /// @param asks the request with this number
  static Load start(Router router, int perSecond, Tally tally, IntFunction<Ask> asks) {
    return new Load(router.port(), perSecond, tally, asks);
  }

  /// How many are on their way now.
  int running() {
    return running.get();
  }

  Tally tally() {
    return tally;
  }

  /// Sends no more, and waits for the answers of all that were sent.
  Tally stop() throws InterruptedException {
    stopped = true;
    sender.join();
    Waiting.until(END_MILLIS, () -> running.get() == 0);
    for (Caller caller : free) caller.close();
    return tally;
  }

  private void sendAll() {
    long start = System.nanoTime();
    for (int i = 0; !stopped; i++) {
      long due = start + i * pauseNanos;
      for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      Ask ask = asks.apply(i);
      running.incrementAndGet();
      Thread.startVirtualThread(() -> send(ask));
    }
  }

  private void send(Ask ask) {
    Caller kept = free.poll();
    Caller caller = kept == null ? new Caller(port) : kept;
    tally.sending();
    try {
      Answer answer = caller.ask(ask);
      if (ask.wasLeft(answer)) tally.left();
      else tally.add(answer);
    } finally {
      free.push(caller);
      running.decrementAndGet();
    }
  }

  /// Has this asked by a few callers, each so often: cold, several programs on few processors have
  /// hundreds of requests in hand, and no bar would mean anything.
  ///
  /// @return how many were asked
  static int warmUp(Router router, Ask ask, int each) throws InterruptedException {
    atOnce(
        WARM_CALLERS,
        number -> {
          try (Caller caller = new Caller(router.port())) {
            for (int i = 0; i < each; i++) caller.ask(ask);
          }
        });
    return WARM_CALLERS * each;
  }

  /// Does something this often at the same time, and waits for all of it.
  ///
  /// @param each gets the number of each, from 0
  static void atOnce(int count, IntConsumer each) throws InterruptedException {
    CountDownLatch left = new CountDownLatch(count);
    for (int i = 0; i < count; i++) {
      int number = i;
      Thread.startVirtualThread(
          () -> {
            try {
              each.accept(number);
            } finally {
              left.countDown();
            }
          });
    }
    left.await();
  }
}
