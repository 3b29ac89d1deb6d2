package llmhop.wire;

import static llmhop.kit.Steps.all;
import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.byRequest;
import static llmhop.kit.Steps.close;
import static llmhop.kit.Steps.event;
import static llmhop.kit.Steps.hold;
import static llmhop.kit.Steps.holdUntilHangUp;
import static llmhop.kit.Steps.sseHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import llmhop.kit.Answer;
import llmhop.kit.Gate;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Step;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// How many requests a model has in hand at a time, and how the others wait.
class QueueTest {
  private static final String PATH = "/v1/chat/completions";
  private static final Step FINE = answerJson(200, "{}");

  private ScriptedBackend backend;
  private ScriptedBackend other;

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
    other = ScriptedBackend.onTcp();
  }

  @AfterEach
  void end() {
    backend.close();
    other.close();
  }

  private static Request chat(String what) {
    return Request.post(PATH, "{\"model\":\"llama\",\"messages\":\"" + what + "\"}");
  }

  private RouterUnderTest router(String members) {
    return RouterUnderTest.to(backend, members);
  }

  private RouterUnderTest withTokens(String tokens, String members) {
    return RouterUnderTest.of(
        "{'authTokens': [%s], 'models': {'llama': {'url': '%s', %s}}}"
            .formatted(tokens, backend.url(), members));
  }

  private static void assertQueueFull(Answer answer) {
    assertEquals(429, answer.status(), answer::toString);
    assertEquals(Optional.of("queue_full"), answer.jsonString("code"));
    assertEquals(Optional.of("rate_limit_error"), answer.jsonString("type"));
    assertEquals(Optional.of("queue_full"), answer.field("X-LLMhop-Error"));
    assertTrue(answer.field("Retry-After").orElse("").matches("[1-9]\\d?"), answer::toString);
    assertEquals(Optional.of("true"), answer.field("x-should-retry"));
  }

  private static void awaitQueued(RouterUnderTest router, int n) {
    Waiting.await(n + " in the queue", () -> router.gauge("queued") == n);
  }

  private List<String> order() {
    List<String> order = new ArrayList<>();
    backend.requests().forEach(seen -> order.add(seen.text().replaceAll(".*\"(.*)\"}", "$1")));
    return order;
  }

  // ---- places

  @Test
  void withoutAQueueOneTooManyIsRefusedAndSeesNoBackend() {
    var gate = new Gate();
    backend.next(hold(gate), FINE);
    backend.always(FINE);
    try (var router = router("'maxConcurrent': 1");
        RawCaller first = router.caller();
        RawCaller second = router.caller()) {
      first.send(chat("a"));
      backend.awaitRequests(1);
      Answer refused = second.ask(chat("b"));
      assertQueueFull(refused);
      assertTrue(refused.text().contains("as many requests as it may have"), refused::text);
      gate.open();
      assertEquals(200, first.read().status());
      assertEquals(200, second.ask(chat("c")).status());
      assertEquals(List.of("a", "c"), order());
    }
  }

  @Test
  void aStreamHoldsItsPlaceToItsEnd() {
    var gate = new Gate();
    backend.next(sseHead(), event("one"), hold(gate), event("two"), close());
    backend.always(FINE);
    try (var router = router("'maxConcurrent': 1");
        RawCaller first = router.caller();
        RawCaller second = router.caller()) {
      first.send(chat("a"));
      first.readUntil("one");
      assertQueueFull(second.ask(chat("b")));
      gate.open();
      first.readUntil("two");
      Waiting.await("a place", () -> second.ask(chat("c")).status() == 200);
    }
  }

  @Test
  void whoeverHasItsWholeAnswerMayAskAgainAtOnce() {
    backend.always(FINE);
    try (var router = router("'maxConcurrent': 1");
        RawCaller caller = router.caller()) {
      for (int i = 0; i < 500; i++) assertEquals(200, caller.ask(chat("a")).status());
    }
  }

  @Test
  void otherModelsHaveTheirOwnPlaces() {
    backend.next(holdUntilHangUp());
    other.always(FINE);
    try (var router =
            RouterUnderTest.of(
                "{'models': {'llama': {'url': '%s', 'maxConcurrent': 1}, 'qwen': {'url': '%s'}}}"
                    .formatted(backend.url(), other.url()));
        RawCaller first = router.caller()) {
      first.send(chat("a"));
      backend.awaitRequests(1);
      assertEquals(200, router.ask(Request.post(PATH, "{\"model\":\"qwen\"}")).status());
      assertQueueFull(router.ask(chat("b")));
    }
  }

  // ---- the queue

  @Test
  void whoWaitsIsServedInTheOrderOfComing() {
    var gate = new Gate();
    backend.next(hold(gate), FINE);
    backend.always(FINE);
    try (var router = router("'maxConcurrent': 1, 'queue': {'max': 3, 'wait': '60s'}")) {
      List<RawCaller> callers = new ArrayList<>();
      for (String name : List.of("a", "b", "c", "d")) {
        RawCaller caller = router.caller();
        callers.add(caller);
        caller.send(chat(name));
        if (callers.size() == 1) backend.awaitRequests(1);
        awaitQueued(router, callers.size() - 1);
      }
      Answer refused = router.ask(chat("e"));
      assertQueueFull(refused);
      assertTrue(refused.text().contains("as many wait as may"), refused::text);
      gate.open();
      for (RawCaller caller : callers) {
        assertEquals(200, caller.read().status());
        caller.close();
      }
      assertEquals(List.of("a", "b", "c", "d"), order());
      assertEquals(0, router.gauge("queued"));
    }
  }

  @Test
  void theWaitHasAnEndThatTheLogKnows() {
    backend.next(holdUntilHangUp());
    String json =
        "{'log': 'json', 'models': {'llama': {'url': '%s', 'maxConcurrent': 1,"
            + " 'queue': {'wait': '50ms'}}}}";
    try (var router = RouterUnderTest.of(json.formatted(backend.url()));
        RawCaller first = router.caller()) {
      first.send(chat("a"));
      backend.awaitRequests(1);
      Answer refused = router.ask(chat("b"));
      assertQueueFull(refused);
      assertTrue(refused.text().contains("as long as it may wait"), refused::text);
      Waiting.await("its line", () -> router.out().contains("\"error\":\"queue_full\""));
      String line = router.out().lines().findFirst().orElseThrow();
      assertTrue(line.contains("\"ended_by\":\"router\",\"phase\":\"admit\""), line);
      double queued = Double.parseDouble(line.replaceAll(".*\"queued_ms\":([0-9.]+).*", "$1"));
      assertTrue(queued >= 50, line);
    }
  }

  @Test
  void whoHangsUpInTheQueueIsGoneAtOnceAndNeverReachesABackend() {
    var gate = new Gate();
    backend.next(hold(gate), FINE);
    backend.always(FINE);
    String json =
        "{'log': 'json', 'models': {'llama': {'url': '%s', 'maxConcurrent': 1, 'queue': {}}}}";
    try (var router = RouterUnderTest.of(json.formatted(backend.url()));
        RawCaller first = router.caller();
        RawCaller third = router.caller()) {
      first.send(chat("a"));
      backend.awaitRequests(1);
      RawCaller leaver = router.caller();
      leaver.send(chat("gone"));
      awaitQueued(router, 1);
      third.send(chat("c"));
      awaitQueued(router, 2);
      leaver.close();
      awaitQueued(router, 1);
      Waiting.await("its line", () -> router.out().contains("\"status\":499"));
      gate.open();
      assertEquals(200, first.read().status());
      assertEquals(200, third.read().status());
      assertEquals(List.of("a", "c"), order());
    }
  }

  @Test
  void hangUpsAtRandomLeaveNothingBehind() throws InterruptedException {
    backend.always(FINE);
    var random = new SplittableRandom(23);
    try (var router = router("'maxConcurrent': 2, 'queue': {'max': 20, 'wait': '60s'}");
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var done = new CountDownLatch(400);
      for (int i = 0; i < 400; i++) {
        boolean leaves = random.nextBoolean();
        int micros = random.nextInt(3000);
        threads.submit(
            () -> {
              try (RawCaller caller = router.caller()) {
                caller.send(chat("x"));
                if (leaves) {
                  TimeUnit.MICROSECONDS.sleep(micros);
                } else {
                  int status = caller.read().status();
                  assertTrue(status == 200 || status == 429, "status " + status);
                }
              } finally {
                done.countDown();
              }
              return true;
            });
      }
      done.await();
      Waiting.await("an empty queue", () -> router.gauge("queued") == 0);
      assertEquals(200, router.ask(chat("last")).status());
    }
  }

  @Test
  void tenThousandCallersOverAQueueOfTen() throws InterruptedException {
    backend.keepOfEachBody(0);
    backend.always(FINE);
    Map<Integer, Integer> counts = new ConcurrentHashMap<>();
    try (var router = router("'maxConcurrent': 4, 'queue': {'max': 10, 'wait': '60s'}");
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var done = new CountDownLatch(100);
      for (int i = 0; i < 100; i++) {
        threads.submit(
            () -> {
              try (RawCaller caller = router.caller()) {
                for (int j = 0; j < 100; j++) {
                  counts.merge(caller.ask(chat("x")).status(), 1, Integer::sum);
                }
              } finally {
                done.countDown();
              }
              return true;
            });
      }
      done.await();
      assertEquals(10_000, counts.values().stream().mapToInt(n -> n).sum(), counts::toString);
      assertEquals(backend.executions(), counts.getOrDefault(200, 0), counts::toString);
      assertTrue(new TreeMap<>(counts).keySet().stream().allMatch(s -> s == 200 || s == 429));
      assertTrue(counts.getOrDefault(429, 0) > 0, counts::toString);
      for (String gauge : List.of("queued", "inFlight", "atBackends", "bufferedBytes")) {
        Waiting.await(gauge + " at zero", () -> router.gauge(gauge) == 0);
      }
    }
  }

  // ---- fairness and priorities

  private List<String> servedAfter(String tokens, List<Request> waiting) {
    var gate = new Gate();
    backend.next(hold(gate), FINE);
    backend.always(FINE);
    try (var router = withTokens(tokens, "'maxConcurrent': 1, 'queue': {'max': 20}")) {
      List<RawCaller> callers = new ArrayList<>();
      callers.add(router.caller());
      callers.getFirst().send(chat("first").withToken("ta"));
      backend.awaitRequests(1);
      for (Request request : waiting) {
        RawCaller caller = router.caller();
        callers.add(caller);
        caller.send(request);
        awaitQueued(router, callers.size() - 1);
      }
      gate.open();
      for (RawCaller caller : callers) {
        assertEquals(200, caller.read().status());
        caller.close();
      }
    }
    List<String> order = order();
    return order.subList(1, order.size());
  }

  private static final String TWO =
      "{'name': 'ann', 'token': 'ta'}, {'name': 'bob', 'token': 'tb'}";

  @Test
  void aGreedyTokenDoesNotKeepAnotherFromItsTurn() {
    List<Request> waiting = new ArrayList<>();
    for (int i = 1; i <= 6; i++) waiting.add(chat("a" + i).withToken("ta"));
    waiting.add(chat("b1").withToken("tb"));
    waiting.add(chat("b2").withToken("tb"));
    assertEquals(
        List.of("a1", "b1", "a2", "b2", "a3", "a4", "a5", "a6"), servedAfter(TWO, waiting));
  }

  @Test
  void aFullQueueMakesRoomForAnotherToken() {
    var gate = new Gate();
    backend.next(hold(gate), FINE);
    backend.always(FINE);
    try (var router = withTokens(TWO, "'maxConcurrent': 1, 'queue': {'max': 2}");
        RawCaller first = router.caller();
        RawCaller second = router.caller();
        RawCaller third = router.caller();
        RawCaller modest = router.caller()) {
      first.send(chat("a1").withToken("ta"));
      backend.awaitRequests(1);
      second.send(chat("a2").withToken("ta"));
      awaitQueued(router, 1);
      third.send(chat("a3").withToken("ta"));
      awaitQueued(router, 2);
      modest.send(chat("b1").withToken("tb"));
      Answer pushedOut = third.read();
      assertQueueFull(pushedOut);
      assertTrue(pushedOut.text().contains("made way"), pushedOut::text);
      gate.open();
      for (RawCaller each : List.of(first, second, modest)) {
        assertEquals(200, each.read().status());
      }
      assertEquals(List.of("a1", "a2", "b1"), order());
    }
  }

  @Test
  void moreUrgentTokensGoFirst() {
    String tokens =
        "{'token': 'ta'}, {'token': 'tl', 'priority': 'low'}, {'token': 'th', 'priority': 'high'}";
    assertEquals(
        List.of("h1", "h2", "n1", "l1"),
        servedAfter(
            tokens,
            List.of(
                chat("l1").withToken("tl"),
                chat("n1").withToken("ta"),
                chat("h1").withToken("th"),
                chat("h2").withToken("th"))));
  }

  @Test
  void aRequestSaysHowUrgentItIsWhereItsTokenMay() {
    String tokens =
        "{'token': 'ta'}, {'token': 'tm', 'maxPriority': 'high'},"
            + " {'token': 'tn', 'priority': 'low', 'maxPriority': 'normal'}";
    assertEquals(
        List.of("raised", "not1", "capped", "low", "lowered"),
        servedAfter(
            tokens,
            List.of(
                chat("low").withToken("tn"),
                chat("lowered").withToken("tm").with("X-Priority: low"),
                chat("not1").withToken("ta").with("X-Priority: high"),
                chat("capped").withToken("tn").with("X-Priority: high"),
                chat("raised").withToken("tm").with("X-Priority: HIGH"))));
  }

  @Test
  void aPriorityThatThereIsNotIsRefusedWhereItCounts() {
    backend.always(FINE);
    String tokens = "{'token': 'ta'}, {'token': 'tm', 'maxPriority': 'high'}";
    try (var router = withTokens(tokens, "'maxConcurrent': 1, 'queue': {}")) {
      Answer refused = router.ask(chat("x").withToken("tm").with("X-Priority: urgent"));
      assertEquals(400, refused.status());
      assertTrue(refused.text().contains("high, normal and low"), refused::text);
      assertEquals(200, router.ask(chat("x").withToken("ta").with("X-Priority: 1")).status());
    }
  }

  @Test
  void priorityThatThereIsNotIsRefusedAtEveryModelBeforeTheBody() {
    backend.always(FINE);
    String tokens = "{'token': 'ta'}, {'token': 'tm', 'maxPriority': 'low'}";
    try (var router = withTokens(tokens, "'rename': 'x'")) {
      String upgrade = "Connection: Upgrade";
      List<Request> refused =
          List.of(
              chat("x").with("X-Priority: urgent"),
              chat("x").with("X-Priority: "),
              chat("x").with("X-Priority: high, low"),
              chat("x").with("X-Priority: high").with("X-Priority: high"),
              chat("x").with("X-Priority: low").with("x-priority: urgent"),
              Request.post("/route/llama/x", "{}").with("X-Priority: 1"),
              Request.get("/route/llama/x").with("X-Priority: 1"),
              Request.get("/route/llama/x")
                  .with("X-Priority: 1")
                  .with("Upgrade: websocket")
                  .with(upgrade)
                  .with("Sec-WebSocket-Version: 13")
                  .with("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="));
      for (Request request : refused) {
        Answer answer = router.ask(request.withToken("tm"));
        assertEquals(400, answer.status(), request::toString);
        assertEquals("invalid_request", answer.field("X-LLMhop-Error").orElseThrow());
        assertTrue(answer.text().contains("high, normal and low"), answer::text);
      }
      try (RawCaller caller = router.caller()) {
        caller.sendHead(chat("x").withToken("tm").with("X-Priority: 1"));
        assertEquals(400, caller.read().status());
      }
      assertEquals(0, backend.executions());
      assertEquals(200, router.ask(chat("x").withToken("ta").with("X-Priority: 1")).status());
      assertEquals(200, router.ask(chat("x").withToken("tm").with("X-Priority: HIGH")).status());
      assertEquals(
          200, router.ask(Request.get("/health").withToken("tm").with("X-Priority: 1")).status());
    }
  }

  // ---- places at backends

  private RouterUnderTest fleet(String members) {
    return RouterUnderTest.of(
        """
        {'models': {'llama': {'urls': [
           {'url': '%s', 'maxConcurrent': 1}, {'url': '%s', 'maxConcurrent': 2}], %s}}}
        """
            .formatted(backend.url(), other.url(), members));
  }

  @Test
  void noBackendHasMoreThanItMay() {
    backend.always(holdUntilHangUp());
    other.always(holdUntilHangUp());
    try (var router = fleet("'balance': 'round-robin'")) {
      List<RawCaller> callers = new ArrayList<>();
      for (int i = 1; i <= 3; i++) {
        RawCaller caller = router.caller();
        callers.add(caller);
        caller.send(chat("x"));
        int n = i;
        Waiting.await(n + " at backends", () -> backend.executions() + other.executions() == n);
      }
      assertEquals(1, backend.executions());
      assertEquals(2, other.executions());
      assertQueueFull(router.ask(chat("x")));
      callers.forEach(RawCaller::close);
    }
  }

  @Test
  void whoWaitsGoesToTheBackendThatIsFreeFirst() {
    var gate = new Gate();
    backend.always(holdUntilHangUp());
    other.next(hold(gate), FINE);
    other.next(holdUntilHangUp());
    other.always(FINE);
    try (var router = fleet("'balance': 'round-robin', 'queue': {'wait': '60s'}")) {
      List<RawCaller> callers = new ArrayList<>();
      for (int i = 1; i <= 3; i++) {
        RawCaller caller = router.caller();
        callers.add(caller);
        caller.send(chat("x"));
        int n = i;
        Waiting.await(n + " at backends", () -> backend.executions() + other.executions() == n);
      }
      try (RawCaller waiting = router.caller()) {
        waiting.send(chat("waits"));
        awaitQueued(router, 1);
        gate.open();
        Answer answer = waiting.read();
        assertEquals(200, answer.status());
        assertEquals(Optional.of("llama#2"), answer.field("X-LLMhop-Backend"));
      }
      callers.forEach(RawCaller::close);
    }
  }

  @Test
  void aBackendThatIsDownIsNoPlace() throws IOException {
    var gate = new Gate();
    other.next(hold(gate), FINE);
    other.always(FINE);
    String json =
        """
        {'models': {'llama': {'queue': {'wait': '60s'}, 'urls': [
           {'url': 'http://127.0.0.1:%d', 'maxConcurrent': 5},
           {'url': '%s', 'maxConcurrent': 1}]}}}
        """
            .formatted(ScriptedBackend.unusedPort(), other.url());
    try (var router = RouterUnderTest.of(json);
        RawCaller first = router.caller();
        RawCaller second = router.caller()) {
      first.send(chat("a"));
      other.awaitRequests(1);
      second.send(chat("b"));
      awaitQueued(router, 1);
      gate.open();
      assertEquals(200, first.read().status());
      assertEquals(200, second.read().status());
    }
  }

  @Test
  void whoWaitsGoesToABackendThatComesBack() throws IOException {
    int port = ScriptedBackend.unusedPort();
    other.next(holdUntilHangUp());
    String json =
        """
        {'models': {'llama': {'queue': {'wait': '60s'}, 'urls': [
           {'url': 'http://127.0.0.1:%d', 'maxConcurrent': 1},
           {'url': '%s', 'maxConcurrent': 1}]}}}
        """
            .formatted(port, other.url());
    try (var router = RouterUnderTest.of(json);
        RawCaller first = router.caller();
        RawCaller second = router.caller()) {
      first.send(chat("a"));
      other.awaitRequests(1);
      second.send(chat("b"));
      awaitQueued(router, 1);
      try (ScriptedBackend back = ScriptedBackend.onTcp("127.0.0.1", port)) {
        back.always(FINE);
        assertEquals(Optional.of("llama#1"), second.read().field("X-LLMhop-Backend"));
      }
    }
  }

  @Test
  void allBackendsDownIsStillWhatItWas() throws IOException {
    String json =
        "{'models': {'llama': {'queue': {}, 'urls': [{'url': 'http://127.0.0.1:%d',"
            + " 'maxConcurrent': 1}]}}}";
    try (var router = RouterUnderTest.of(json.formatted(ScriptedBackend.unusedPort()))) {
      for (int i = 0; i < 3; i++) {
        Answer answer = router.ask(chat("a"));
        assertEquals(Optional.of("backend_unreachable"), answer.jsonString("code"));
      }
    }
  }

  @Test
  void namesOfACatalogWaitForTheBackendThatHasThem() {
    var gate = new Gate();
    backend.always(
        byRequest(
            seen ->
                seen.target().equals("/v1/models")
                    ? answerJson(200, "{\"data\":[{\"id\":\"one\"}]}")
                    : all(hold(gate), FINE)));
    other.always(
        byRequest(
            seen ->
                seen.target().equals("/v1/models")
                    ? answerJson(200, "{\"data\":[{\"id\":\"two\"}]}")
                    : FINE));
    String json =
        """
        {'models': {'*': {'catalog': '1h', 'queue': {'wait': '60s'}, 'urls': [
           {'url': '%s', 'maxConcurrent': 1}, {'url': '%s', 'maxConcurrent': 1}]}}}
        """
            .formatted(backend.url(), other.url());
    try (var router = RouterUnderTest.of(json);
        RawCaller first = router.caller();
        RawCaller second = router.caller()) {
      first.send(Request.post(PATH, "{\"model\":\"one\"}"));
      gate.awaitReached();
      second.send(Request.post(PATH, "{\"model\":\"one\"}"));
      awaitQueued(router, 1);
      // Whoever asks for another name isn't held up by those who wait.
      for (int i = 0; i < 5; i++) {
        assertEquals(200, router.ask(Request.post(PATH, "{\"model\":\"two\"}")).status());
      }
      gate.open();
      assertEquals(200, first.read().status());
      assertEquals(200, second.read().status());
    }
  }

  // ---- stand-ins

  @Test
  void aStandInTakesAPlaceOfItsOwnModel() throws IOException {
    other.next(holdUntilHangUp());
    String json =
        """
        {'models': {
           'llama': {'url': 'http://127.0.0.1:%d', 'fallback': ['qwen']},
           'qwen': {'url': '%s', 'maxConcurrent': 1}}}
        """
            .formatted(ScriptedBackend.unusedPort(), other.url());
    try (var router = RouterUnderTest.of(json)) {
      RawCaller first = router.caller();
      first.send(chat("a"));
      other.awaitRequests(1);
      assertQueueFull(router.ask(Request.post(PATH, "{\"model\":\"qwen\"}")));
      assertEquals(502, router.ask(chat("b")).status());
      first.close();
      other.awaitHangUp(1);
      other.always(FINE);
      Waiting.await("a place", () -> router.ask(chat("c")).status() == 200);
    }
  }

  @Test
  void whoIsAnsweredByAStandInKeepsNoPlaceAtTheModelThatItAskedFor() throws IOException {
    var gate = new Gate();
    other.always(hold(gate), FINE);
    String json =
        """
        {'models': {
           'llama': {'url': 'http://127.0.0.1:%d', 'maxConcurrent': 1, 'fallback': ['qwen']},
           'qwen': {'url': '%s'}}}
        """
            .formatted(ScriptedBackend.unusedPort(), other.url());
    try (var router = RouterUnderTest.of(json)) {
      List<RawCaller> callers = new ArrayList<>();
      for (int i = 1; i <= 3; i++) {
        RawCaller caller = router.caller();
        callers.add(caller);
        caller.send(chat("x"));
        other.awaitRequests(i);
      }
      gate.open();
      for (RawCaller caller : callers) {
        assertEquals(200, caller.read().status());
        caller.close();
      }
    }
  }

  @Test
  void whoGaveItsPlaceAwayIsToldWhenItsModelComesBackWithNoneToSpare() throws IOException {
    int port = ScriptedBackend.unusedPort();
    var gate = new Gate();
    String json =
        """
        {'models': {
           'llama': {'url': 'http://127.0.0.1:%d', 'maxConcurrent': 1, 'fallback': ['qwen'],
                     'waitForBackend': '60s'},
           'qwen': {'url': 'http://127.0.0.1:%d'}}}
        """
            .formatted(port, ScriptedBackend.unusedPort());
    try (var router = RouterUnderTest.of(json);
        RawCaller first = router.caller();
        RawCaller second = router.caller()) {
      // Tries the stand-in in vain, and waits without a place from there on.
      first.send(chat("a"));
      Waiting.await("one waits", () -> router.gauge("waitingForBackend") == 1);
      second.send(chat("b"));
      Waiting.await("two wait", () -> router.gauge("waitingForBackend") == 2);
      try (ScriptedBackend back = ScriptedBackend.onTcp("127.0.0.1", port)) {
        back.always(hold(gate), FINE);
        back.awaitRequests(1);
        assertQueueFull(first.read());
        gate.open();
        assertEquals(200, second.read().status());
      }
    }
  }

  @Test
  void whereBackendsAreBusyAndNobodyMayWaitAnotherModelStandsIn() {
    backend.next(holdUntilHangUp());
    other.always(FINE);
    String json =
        """
        {'models': {
           'llama': {'urls': [{'url': '%s', 'maxConcurrent': 1}], 'fallback': ['qwen']},
           'qwen': {'url': '%s'}}}
        """
            .formatted(backend.url(), other.url());
    try (var router = RouterUnderTest.of(json);
        RawCaller first = router.caller()) {
      first.send(chat("a"));
      backend.awaitRequests(1);
      Answer answer = router.ask(chat("b"));
      assertEquals(Optional.of("qwen"), answer.field("X-LLMhop-Model"), answer::toString);
    }
  }
}
