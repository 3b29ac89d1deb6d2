package llmhop.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import llmhop.kit.Answer;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Steps;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A request whose connection the router itself ends is never told that it is malformed.
@Timeout(120)
class EndedInputTest {
  private static final String GREEDY = "127.0.0.2";
  private static final String HONEST = "127.0.0.3";
  private static final int PLACES = 4;
  private static final int ROUNDS = 150;

  private static final Request CHAT =
      Request.post("/v1/chat/completions", "{\"model\": \"llama\", \"x\": \"0123456789\"}");

  private ScriptedBackend backend;

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
    backend.always(Steps.answerJson(200, "{}"));
  }

  @AfterEach
  void end() {
    backend.close();
  }

  private RouterUnderTest router(String http, Entrance entrance) {
    RouterUnderTest router =
        RouterUnderTest.of(
            "{%s'log': 'json', 'http': {%s}, 'models': {'llama': {'url': '%s'}}}"
                .formatted(entrance.members(), http, backend.url()),
            entrance);
    // What the router tells of evictions is on stderr.
    router.expectFaults();
    return router;
  }

  /// The statuses of all requests that raced with the end of their connection; 0 for a connection
  /// that was closed without a word.
  private static void race(
      RawCaller caller, CyclicBarrier barrier, int delay, ConcurrentLinkedQueue<Integer> statuses) {
    try {
      barrier.await();
      for (int i = 0; i < delay; i++) {
        Thread.onSpinWait();
      }
      caller.sendHead(CHAT);
      Thread.yield();
      caller.send(CHAT.body());
    } catch (UncheckedIOException e) {
      // The connection is closed already.
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    try {
      statuses.add(caller.read().status());
    } catch (AssertionError e) {
      statuses.add(0);
    }
  }

  @Test
  void requestThatRacesWithAnEvictionIsServedOrClosedOrTold503() throws InterruptedException {
    var statuses = new ConcurrentLinkedQueue<Integer>();
    try (var router = router("'maxConnections': " + PLACES, Entrance.TCP)) {
      for (int round = 0; round < ROUNDS; round++) {
        List<RawCaller> callers = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        var barrier = new CyclicBarrier(PLACES + 1);
        for (int i = 0; i < PLACES; i++) {
          RawCaller greedy = RawCaller.from(GREEDY, router.port());
          callers.add(greedy);
          greedy.ask(Request.get("/health"));
          int delay = round * i;
          threads.add(Thread.startVirtualThread(() -> race(greedy, barrier, delay, statuses)));
        }
        await(barrier);
        for (int i = 0; i < PLACES; i++) {
          callers.add(RawCaller.from(HONEST, router.port()));
        }
        for (Thread thread : threads) {
          thread.join();
        }
        callers.forEach(RawCaller::close);
        Waiting.await("no connection", () -> router.gauge("connections") == 0);
      }
      assertNever400(statuses, router);
    }
  }

  @Test
  void requestThatRacesWithTheEndOfIdlingIsServedOrClosedOrTold408() throws InterruptedException {
    var statuses = new ConcurrentLinkedQueue<Integer>();
    try (var router = router("'idleTimeout': '1s'", Entrance.TCP)) {
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 400; i++) {
        RawCaller caller = router.caller();
        caller.ask(Request.get("/health"));
        int millis = 950 + i / 4;
        threads.add(
            Thread.startVirtualThread(
                () -> {
                  WaitingTime.pass(millis);
                  race(caller, new CyclicBarrier(1), 0, statuses);
                  caller.close();
                }));
      }
      for (Thread thread : threads) {
        thread.join();
      }
      assertNever400(statuses, router);
    }
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static void assertNever400(
      ConcurrentLinkedQueue<Integer> statuses, RouterUnderTest router) {
    Map<Integer, Integer> counts = new TreeMap<>();
    statuses.forEach(status -> counts.merge(status, 1, Integer::sum));
    assertEquals(null, counts.get(400), counts::toString);
    assertTrue(counts.containsKey(200), counts::toString);
    assertTrue(!router.out().contains("bad_request"), router::out);
  }

  @ParameterizedTest
  @EnumSource(names = {"TCP", "TLS"})
  void bodyThatMakesRoomForAnotherCallerIsTold503(Entrance entrance) {
    try (var router = router("'maxConnections': " + PLACES, entrance)) {
      List<RawCaller> slow = new ArrayList<>();
      for (int i = 0; i < PLACES; i++) {
        RawCaller caller = router.caller();
        caller.send(
            "POST /v1/chat/completions HTTP/1.1\r\n"
                + "Host: 127.0.0.1\r\n"
                + "Content-Length: 999\r\n\r\n"
                + "{");
        slow.add(caller);
      }
      Waiting.await("all places to be taken", () -> router.gauge("bufferedBytes") >= PLACES);
      Waiting.await("one to make room", () -> newcomerEndsOneOf(slow, router.port()));
      RawCaller ended = slow.stream().filter(RawCaller::isClosedByPeer).findFirst().orElseThrow();
      Answer told = ended.read();
      assertEquals(503, told.status());
      assertEquals(Optional.of("too_many_connections"), told.field("X-LLMhop-Error"));
      assertEquals(Optional.of("true"), told.field("x-should-retry"));
      Waiting.await("the log", () -> router.out().contains("evicted_body"));
      assertTrue(!router.out().contains("bad_request"), router::out);
      slow.forEach(RawCaller::close);
    }
  }

  private static boolean newcomerEndsOneOf(List<RawCaller> slow, int port) {
    RawCaller.from(HONEST, port).close();
    return slow.stream().anyMatch(RawCaller::isClosedByPeer);
  }

  @ParameterizedTest
  @EnumSource
  void bodyThatComesTooSlowlyIsTold408(Entrance entrance) {
    try (var router = router("'bodyStall': '1s'", entrance);
        RawCaller caller = router.caller()) {
      caller.send(
          "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 999\r\n\r\n{");
      Answer told = caller.read();
      assertEquals(408, told.status());
      assertEquals(Optional.of("timeout"), told.field("X-LLMhop-Error"));
    }
  }

  @ParameterizedTest
  @EnumSource
  void headThatComesTooSlowlyIsTold408(Entrance entrance) {
    try (var router = router("'headTimeout': '1s'", entrance);
        RawCaller caller = router.caller()) {
      caller.send("POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n");
      assertEquals(408, caller.read().status());
    }
  }

  @Test
  void bodyThatIsReadAtTheEndOfDrainIsNotLoggedAsMalformed() throws InterruptedException {
    try (var router = router("'maxConnections': 10", Entrance.TCP);
        RawCaller caller = router.caller()) {
      caller.send(
          "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 999\r\n\r\n{");
      Waiting.await("the request", () -> router.gauge("bufferedBytes") > 0);
      router.stop(java.time.Duration.ZERO, java.time.Duration.ofMillis(300));
      // The line is written after the request is over.
      Waiting.await("its line", () -> router.out().contains("draining"), router::out);
      assertTrue(!router.out().contains("bad_request"), router::out);
    }
  }
}
