package llmhop.http.front;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.Test;

/// A sweep that is asleep, since all connections are idle, is woken by the next request.
final class WakingTest {
  /// A round in which this thread itself had to wait so long for a processor judges nothing.
  private static final long STALL_NANOS = 100_000_000L;

  @Test
  void aHangUpIsSeenSoonThoughTheSweepWasAsleepWhenTheRequestCame() {
    for (int round = 0; round < 25; round++) {
      var left = new CountDownLatch(1);
      long[] look = {0};
      long[] stall = {0};
      try (FrontUnderTest front = FrontUnderTest.of(http -> serve(RawExchange.of(http), left))) {
        long begin;
        try (RawCaller caller = front.caller()) {
          caller.ask(Request.get("/quick"));
          pass(60);
          caller.send(Request.get("/wait"));
          pass(5);
          begin = System.nanoTime();
          look[0] = begin;
        }
        Waiting.await(
            "the hang-up",
            () -> {
              long now = System.nanoTime();
              stall[0] = Math.max(stall[0], now - look[0]);
              look[0] = now;
              return left.getCount() == 0;
            });
        long millis = Duration.ofNanos(System.nanoTime() - begin).toMillis();
        boolean busy = stall[0] > STALL_NANOS;
        assertTrue(millis < 500 || busy, "seen after " + millis + " ms, round " + round);
      }
    }
  }

  private static void pass(long millis) {
    long end = System.nanoTime() + Duration.ofMillis(millis).toNanos();
    Waiting.await("time to pass", () -> System.nanoTime() - end >= 0);
  }

  private static void serve(RawExchange x, CountDownLatch left) throws IOException {
    if (x.target().equals("/quick")) {
      FrontUnderTest.answer(x, 200, "quick");
      return;
    }
    x.watch(left::countDown);
    try {
      left.await();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
    throw x.abort("the caller left");
  }
}
