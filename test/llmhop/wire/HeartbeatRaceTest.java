package llmhop.wire;

import static llmhop.kit.Steps.byRequest;
import static llmhop.kit.Steps.chunk;
import static llmhop.kit.Steps.lastChunk;
import static llmhop.kit.Steps.sseHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import llmhop.kit.Answer;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Step;
import llmhop.route.PassingTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A thousand streams whose head and first byte come about when a heartbeat is due: whoever is
/// first, no heartbeat stands within an event, behind the first byte or in place of a byte.
@Timeout(120)
class HeartbeatRaceTest {
  private static final String BEAT = ": keep-alive\n\n";
  private static final String EVENTS = "data: one\n\ndata: two\n\ndata: [DONE]\n\n";
  private static final int CALLERS = 4;
  private static final int STREAMS = 250;

  /// What the config calls a second is a millisecond here.
  private static final int FASTER = 1000;

  private static final PassingTime HURRIED =
      new PassingTime() {
        @Override
        public long getAsLong() {
          return System.nanoTime();
        }

        @Override
        public boolean pass(Condition told, BooleanSupplier enough, long nanos)
            throws InterruptedException {
          return PassingTime.super.pass(told, enough, nanos / FASTER);
        }
      };

  private static Step inItsOwnTime(Random luck) {
    long beforeHead = luck.nextInt(2_200_000);
    long beforeBody = luck.nextBoolean() ? luck.nextInt(2_200_000) : 0;
    int cut = 1 + luck.nextInt(EVENTS.length() - 1);
    long within = luck.nextBoolean() ? luck.nextInt(1_500_000) : 0;
    return visit -> {
      LockSupport.parkNanos(beforeHead);
      sseHead().perform(visit);
      LockSupport.parkNanos(beforeBody);
      chunk(EVENTS.substring(0, cut)).perform(visit);
      LockSupport.parkNanos(within);
      chunk(EVENTS.substring(cut)).perform(visit);
      lastChunk().perform(visit);
    };
  }

  @Test
  void aHeartbeatNeverLandsWithinTheBackendsBytes() throws Exception {
    long seed = System.nanoTime();
    var luck = new Random(seed);
    var beats = new AtomicInteger();
    try (ScriptedBackend backend = ScriptedBackend.onTcp();
        var router = router(backend);
        var callers = Executors.newFixedThreadPool(CALLERS)) {
      backend.always(
          byRequest(
              _ -> {
                synchronized (luck) {
                  return inItsOwnTime(luck);
                }
              }));
      List<Future<Void>> all = new ArrayList<>();
      for (int i = 0; i < CALLERS; i++) {
        all.add(callers.submit(streams(router, beats, seed)));
      }
      for (Future<Void> one : all) one.get();
    }
    assertTrue(beats.get() > STREAMS / 4, () -> "only " + beats + " heartbeats");
  }

  private static RouterUnderTest router(ScriptedBackend backend) throws IOException {
    String model = "{'url': '" + backend.url() + "', 'heartbeat': '1s'}";
    String config = "{'models': {'llama': " + model + "}}";
    return RouterUnderTest.of(config, Entrance.TCP, HURRIED);
  }

  private static Callable<Void> streams(RouterUnderTest router, AtomicInteger beats, long seed) {
    Request stream = Request.post("/v1/chat/completions", "{\"model\":\"llama\",\"stream\":true}");
    return () -> {
      try (RawCaller caller = router.caller()) {
        for (int i = 0; i < STREAMS; i++) {
          Answer answer = caller.ask(stream);
          String text = answer.text();
          int count = 0;
          while (text.startsWith(BEAT)) {
            text = text.substring(BEAT.length());
            count++;
          }
          assertEquals(EVENTS, text, "behind " + count + " heartbeats, seed " + seed);
          assertSame(Answer.End.LAST_CHUNK, answer.end());
          beats.addAndGet(count);
        }
      }
      return null;
    };
  }
}
