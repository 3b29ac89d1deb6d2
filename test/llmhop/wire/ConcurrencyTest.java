package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.close;
import static llmhop.kit.Steps.echoBody;
import static llmhop.kit.Steps.hold;
import static llmhop.kit.Steps.holdUntilHangUp;
import static llmhop.kit.Steps.raw;
import static llmhop.kit.Steps.reset;
import static llmhop.kit.Steps.sseHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import llmhop.kit.Answer;
import llmhop.kit.Gate;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Stage;
import llmhop.kit.Step;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Many at once: how many are let in, that their places come back, and that nobody gets what is
/// another's.
class ConcurrencyTest {
  private static final String PATH = "/v1/chat/completions";
  private static final Request CHAT = Request.post(PATH, "{\"model\":\"llama\",\"stream\":true}");
  private static final Step FINE = answerJson(200, "{}");
  private static final long PATIENCE_SECONDS = 60;

  private ScriptedBackend backend;

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
  }

  @AfterEach
  void end() {
    backend.close();
  }

  private RouterUnderTest atMost(int requests) {
    return atMost(requests, "4s");
  }

  private RouterUnderTest atMost(int requests, String keepAlive) {
    return RouterUnderTest.of(
        """
        {'maxConcurrentRequests': %d, 'models': {
           'llama': {'url': '%2$s', 'aliases': ['uno'], 'keepAlive': '%3$s'},
           'slow': {'url': '%2$s', 'timeouts': {'firstByte': '50ms'}},
           'down': {'url': 'http://127.0.0.1:1', 'timeouts': {'connect': '500ms'}}}}
        """
            .formatted(requests, backend.url(), keepAlive));
  }

  private static void assertOverloaded(Answer answer, int limit) {
    assertEquals(503, answer.status(), answer::toString);
    assertEquals(Optional.of("overloaded"), answer.jsonString("code"));
    assertEquals(Optional.of("overloaded"), answer.field("X-LLMhop-Error"));
    assertTrue(answer.field("Retry-After").orElse("").matches("[1-9]\\d*"), answer::toString);
    assertEquals(Optional.of("true"), answer.field("x-should-retry"));
    assertTrue(answer.text().contains(limit + " concurrent requests"), answer::text);
  }

  /// Runs all calls at once, each on a virtual thread of its own.
  private static <T> List<T> together(List<Callable<T>> calls) {
    List<T> results = new ArrayList<>();
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<T> each : callers.invokeAll(calls, PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        results.add(each.get());
      }
      return results;
    } catch (CancellationException e) {
      throw new AssertionError("not over within " + PATIENCE_SECONDS + " s", e);
    } catch (ExecutionException e) {
      throw new AssertionError("a caller failed: " + e.getCause(), e.getCause());
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted while callers ask", e);
    }
  }

  // ---- how many are let in

  @Test
  void requestsAtTheLimitAreServedAndOnePastItIsToldToComeBack() {
    var gate = new Gate();
    backend.next(hold(gate), FINE);
    backend.next(hold(gate), FINE);
    backend.next(FINE);
    try (var router = atMost(2);
        RawCaller one = router.caller();
        RawCaller other = router.caller();
        RawCaller third = router.caller()) {
      one.send(CHAT);
      other.send(CHAT);
      backend.awaitRequests(2);
      assertEquals(2, router.gauge("inFlight"));
      assertOverloaded(third.ask(CHAT), 2);
      assertOverloaded(third.ask(CHAT), 2);
      assertEquals(200, third.ask(Request.get("/v1/models")).status(), "pages need no place");
      assertEquals(2, backend.requests().size());
      gate.open();
      assertEquals(200, one.read().status());
      assertEquals(200, other.read().status());
      Waiting.await("the places to be free", () -> router.gauge("inFlight") == 0);
      assertEquals(200, third.ask(CHAT).status(), "the refused caller's connection lives on");
    }
    assertEquals(3, backend.executions());
  }

  @Test
  void withoutALimitNobodyIsTurnedAway() {
    var gate = new Gate();
    backend.always(hold(gate), FINE);
    try (var router = RouterUnderTest.to(backend)) {
      List<RawCaller> callers = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        callers.add(router.caller());
        callers.getLast().send(CHAT);
      }
      backend.awaitRequests(50);
      assertEquals(50, router.gauge("inFlight"));
      gate.open();
      for (RawCaller caller : callers) {
        assertEquals(200, caller.read().status());
        caller.close();
      }
    }
  }

  @Test
  void whoeverHasItsWholeAnswerHasLeftItsPlace() {
    backend.always(FINE);
    try (var router = atMost(1);
        RawCaller caller = router.caller()) {
      for (int i = 0; i < 1000; i++) {
        Answer answer = caller.ask(CHAT);
        int asked = i;
        assertEquals(200, answer.status(), () -> "request " + asked + ": " + answer);
      }
    }
  }

  // ---- the place comes back

  /// One place: whatever a request leaves behind, the next ones need it.
  private void assertPlaceIsFree(RouterUnderTest router) {
    Waiting.await("the place to be free", () -> router.gauge("inFlight") == 0);
    var gate = new Gate();
    backend.next(hold(gate), FINE);
    try (RawCaller caller = router.caller()) {
      caller.send(CHAT);
      gate.awaitReached();
      assertOverloaded(router.ask(CHAT), 1);
      gate.open();
      assertEquals(200, caller.read().status());
    }
    Waiting.await("the place to be free", () -> router.gauge("inFlight") == 0);
  }

  @Test
  void aPlaceComesBackAfterAnAnswerOfAnyStatus() {
    try (var router = atMost(1)) {
      for (int status : new int[] {200, 404, 429, 500}) {
        backend.next(answerJson(status, "{}"));
        assertEquals(status, router.ask(CHAT).status());
        assertPlaceIsFree(router);
      }
    }
  }

  @Test
  void aRefusedRequestTakesNoPlace() {
    try (var router = atMost(1)) {
      for (String body : List.of("{\"model\":\"x\"}", "{}", "not json")) {
        assertTrue(router.ask(Request.post(PATH, body)).status() < 500);
        assertPlaceIsFree(router);
      }
      assertEquals(403, router.ask(Request.post("/sleep", "{\"model\":\"llama\"}")).status());
      assertPlaceIsFree(router);
    }
  }

  @Test
  void aPlaceComesBackAfterEachFailureOfABackend() {
    // On a kept connection these would be sent once more.
    try (var router = atMost(1, "0s")) {
      for (Step failure : List.of(reset(), close(), raw("rubbish\r\n\r\n"))) {
        backend.next(failure, close());
        assertEquals(502, router.ask(CHAT).status());
        assertPlaceIsFree(router);
      }
      backend.next(sseHead(), raw("5\r\nab"), reset());
      assertEquals(Answer.End.CUT, router.ask(CHAT).end());
      assertPlaceIsFree(router);
      assertEquals(502, router.ask(Request.post(PATH, "{\"model\":\"down\"}")).status());
      assertPlaceIsFree(router);
      backend.next(holdUntilHangUp());
      assertEquals(504, router.ask(Request.post(PATH, "{\"model\":\"slow\"}")).status());
      assertPlaceIsFree(router);
    }
  }

  @Test
  void aPlaceComesBackWhenTheCallerLeavesInMidStreamOrInMidUpload() {
    try (var router = atMost(1)) {
      Stage stage = new Stage();
      backend.next(sseHead(), stage);
      try (RawCaller caller = router.caller()) {
        caller.send(CHAT);
        stage.event("one");
        caller.readHead();
        caller.readUntil("one\n\n");
      }
      try {
        for (int i = 0; i < 1000 && backend.openConnections() > 0; i++) {
          stage.event("more");
        }
      } catch (UncheckedIOException gone) {
        // The router has hung up, which is what this test waits for.
      }
      backend.awaitHangUp(1);
      assertPlaceIsFree(router);

      for (String target : List.of(PATH, "/route/llama" + PATH)) {
        try (RawCaller caller = router.caller()) {
          caller.sendHead(Request.post(target, "{" + " ".repeat(200_000) + "}"));
          caller.send("{" + " ".repeat(100_000));
        }
        Waiting.await("its bytes to be given back", () -> router.gauge("bufferedBytes") == 0);
        assertPlaceIsFree(router);
      }
      assertEquals(0, router.gauge("inFlight"));
    }
  }

  // ---- nobody is lost, nobody gets what is another's

  @Test
  void fourHundredKeptConnectionsLoseNoRequest() {
    int callers = 400;
    int rounds = 4;
    backend.always(FINE);
    var allIdle = new CyclicBarrier(callers);
    try (var router = RouterUnderTest.to(backend)) {
      Callable<Integer> caller =
          () -> {
            int fine = 0;
            try (RawCaller kept = router.caller()) {
              for (int i = 0; i < rounds; i++) {
                fine += kept.ask(CHAT).status() == 200 ? 1 : 0;
                allIdle.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
              }
            }
            return fine;
          };
      List<Callable<Integer>> calls = new ArrayList<>();
      for (int i = 0; i < callers; i++) {
        calls.add(caller);
      }
      int fine = together(calls).stream().mapToInt(Integer::intValue).sum();
      assertEquals(callers * rounds, fine);
      assertEquals(callers * rounds, backend.executions());
    }
  }

  /// The request number `i` of a caller, each of another kind and size, and what the backend gets.
  private record Exchanged(Request request, byte[] expected) {
    private static final int LARGEST = 300 * 1024;

    static Exchanged of(int caller, int i) {
      var random = new Random(caller * 1000L + i);
      int size = i == 0 ? 0 : random.nextInt(i % 2 == 0 ? 2000 : LARGEST);
      String id = "X-Request-Id: " + caller + "-" + i;
      if (i % 4 == 0) {
        byte[] body = new byte[size];
        random.nextBytes(body);
        Arrays.fill(body, 0, Math.min(1, size), (byte) 'R');
        Request request = Request.post("/route/llama/x", body, "application/octet-stream");
        return new Exchanged(request.with(id), body);
      }
      byte[] letters = new byte[size];
      for (int at = 0; at < size; at++) {
        letters[at] = (byte) ('a' + random.nextInt(26));
      }
      String text = new String(letters, StandardCharsets.US_ASCII);
      String json = "{\"x\":\"" + text + "\",\"model\":\"%s\",\"id\":\"" + caller + "-" + i + "\"}";
      Request request = Request.post(PATH, json.formatted(i % 4 == 1 ? "llama" : "uno")).with(id);
      return new Exchanged(
          i % 4 == 3 ? request.chunked(7_000) : request,
          json.formatted("llama").getBytes(StandardCharsets.UTF_8));
    }
  }

  @Test
  void callersAtTheSameTimeGetTheirOwnBytes() {
    int callers = 16;
    int requests = 24;
    backend.always(echoBody());
    try (var router = atMost(1000)) {
      List<Callable<Integer>> calls = new ArrayList<>();
      for (int caller = 0; caller < callers; caller++) {
        int number = caller;
        calls.add(
            () -> {
              int own = 0;
              try (RawCaller kept = router.caller()) {
                for (int i = 0; i < requests; i++) {
                  var each = Exchanged.of(number, i);
                  Answer answer = kept.ask(each.request());
                  assertEquals(200, answer.status(), () -> answer.head().toString());
                  assertEquals(Optional.of(number + "-" + i), answer.field("X-Request-Id"));
                  own += Arrays.equals(each.expected(), answer.body()) ? 1 : 0;
                }
              }
              return own;
            });
      }
      int own = together(calls).stream().mapToInt(Integer::intValue).sum();
      assertEquals(callers * requests, own);
      assertEquals(callers * requests, backend.executions());
    }
  }
}
