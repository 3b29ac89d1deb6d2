package llmhop.wire;

import static llmhop.kit.Steps.all;
import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.byRequest;
import static llmhop.kit.Steps.event;
import static llmhop.kit.Steps.head;
import static llmhop.kit.Steps.hold;
import static llmhop.kit.Steps.holdUntilHangUp;
import static llmhop.kit.Steps.lastChunk;
import static llmhop.kit.Steps.sseHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import llmhop.kit.Answer;
import llmhop.kit.Gate;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Step;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.Test;

/// What callers meet when all backends of a model are down, and how it is found out that they are.
class DownTest {
  private static final Request CHAT =
      Request.post("/v1/chat/completions", "{\"model\":\"llama\",\"stream\":true}");
  private static final Step FINE = answerJson(200, "{\"fine\":true}");

  private static RouterUnderTest router(String urls, String members) {
    return RouterUnderTest.of("{'models': {'llama': {" + urls + ", " + members + "}}}");
  }

  private static String urls(int... ports) {
    List<String> urls = new ArrayList<>();
    for (int port : ports) urls.add("'http://127.0.0.1:" + port + "'");
    return "'urls': [" + String.join(", ", urls) + "]";
  }

  private static void assertNoHealthy(Answer answer) {
    assertEquals(503, answer.status(), answer::toString);
    assertEquals(Optional.of("no_healthy_backend"), answer.jsonString("code"));
    assertEquals(Optional.of("no_healthy_backend"), answer.field("X-LLMhop-Error"));
    assertEquals(Optional.of("true"), answer.field("x-should-retry"));
    assertTrue(answer.field("Retry-After").isPresent());
  }

  @Test
  void byDefaultABackendThatIsDownIsTriedAnywayWhenThereIsNoOther() throws IOException {
    int port = ScriptedBackend.unusedPort();
    try (var router = router(urls(port), "'whenAllDown': 'try'")) {
      assertEquals(502, router.ask(CHAT).status());
      assertEquals(502, router.ask(CHAT).status());
      try (ScriptedBackend back = ScriptedBackend.onTcp("127.0.0.1", port)) {
        back.always(FINE);
        assertEquals(200, router.ask(CHAT).status());
      }
    }
  }

  @Test
  void whereTheConfigSaysSoItIsRefusedAtOnce() throws IOException {
    int port = ScriptedBackend.unusedPort();
    String both = urls(port, ScriptedBackend.unusedPort());
    try (var router = router(both, "'whenAllDown': 'refuse', 'retries': 1")) {
      assertEquals(502, router.ask(CHAT).status(), "the first finds it out");
      for (int i = 0; i < 5; i++) assertNoHealthy(router.ask(CHAT));
    }
  }

  @Test
  void requestsWaitForABackendAndAreAllAnsweredWhenOneIsThere() throws Exception {
    int port = ScriptedBackend.unusedPort();
    try (var router = router(urls(port), "'waitForBackend': '20s'");
        var callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Answer>> answers = new ArrayList<>();
      Callable<Answer> ask = () -> router.ask(CHAT);
      for (int i = 0; i < 50; i++) answers.add(callers.submit(ask));
      Waiting.await("all wait", () -> router.gauge("waitingForBackend") >= 49);
      try (ScriptedBackend back = ScriptedBackend.onTcp("127.0.0.1", port)) {
        back.always(FINE);
        for (Future<Answer> answer : answers) assertEquals(200, answer.get().status());
        assertEquals(50, back.executions());
      }
      assertEquals(0, router.gauge("waitingForBackend"));
    }
  }

  @Test
  void whoWaitedLongEnoughIsToldSo() throws IOException {
    int port = ScriptedBackend.unusedPort();
    try (var router = router(urls(port), "'waitForBackend': '300ms'")) {
      long start = System.nanoTime();
      assertNoHealthy(router.ask(CHAT));
      assertTrue(System.nanoTime() - start >= 300_000_000L);
      assertNoHealthy(router.ask(CHAT));
    }
  }

  @Test
  void whoHangsUpWhileItWaitsLeavesAtOnce() throws IOException {
    int port = ScriptedBackend.unusedPort();
    try (var router = router(urls(port), "'waitForBackend': '1h'")) {
      List<RawCaller> callers = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        RawCaller caller = router.caller();
        caller.send(CHAT);
        callers.add(caller);
      }
      Waiting.await("all wait", () -> router.gauge("waitingForBackend") >= 19);
      callers.forEach(RawCaller::close);
      Waiting.await("none waits", () -> router.gauge("requests") == 0);
      assertEquals(0, router.gauge("waitingForBackend"));
    }
  }

  @Test
  void whatABackendSaidIsAnAnswerAndNotWaitedOver() throws IOException {
    int closed = ScriptedBackend.unusedPort();
    try (ScriptedBackend busy = ScriptedBackend.onTcp()) {
      busy.always(answerJson(429, "{\"busy\":1}", "Retry-After: 7"));
      String urls = urls(busy.port(), closed) + ", 'balance': 'round-robin', 'retries': 5";
      try (var router = router(urls, "'waitForBackend': '10s'")) {
        Answer answer = router.ask(CHAT);
        assertEquals(429, answer.status(), answer::toString);
        assertEquals("{\"busy\":1}", answer.text());
        assertEquals(Optional.of("7"), answer.field("Retry-After"));
        assertEquals(1, busy.executions(), "asked once");
      }
    }
  }

  @Test
  void whoHangsUpIsSeenAlsoWithALargeBodyThatCouldHaveStreamed() throws IOException {
    int port = ScriptedBackend.unusedPort();
    try (var router = router(urls(port), "'waitForBackend': '1h'");
        RawCaller caller = router.caller()) {
      String large = "{\"x\":\"" + "y".repeat(200_000) + "\"}";
      caller.send(Request.post("/route/llama/v1/x", large));
      Waiting.await("it waits", () -> router.gauge("waitingForBackend") == 1);
      caller.reset();
      Waiting.await("it has left", () -> router.gauge("requests") == 0);
    }
  }

  @Test
  void aBodyIsSentOnceItsBackendIsThereWhateverItsSize() throws Exception {
    int port = ScriptedBackend.unusedPort();
    String large = "{\"model\":\"llama\",\"x\":\"" + "y".repeat(500_000) + "\"}";
    try (var router = router(urls(port), "'waitForBackend': '20s'");
        var callers = Executors.newVirtualThreadPerTaskExecutor()) {
      Callable<Answer> ask = () -> router.ask(Request.post("/v1/chat/completions", large));
      Future<Answer> answer = callers.submit(ask);
      Waiting.await("it waits", () -> router.gauge("waitingForBackend") == 1);
      try (ScriptedBackend back = ScriptedBackend.onTcp("127.0.0.1", port)) {
        back.always(FINE);
        assertEquals(200, answer.get().status());
        assertEquals(large, back.request(1).text());
      }
    }
  }

  // ---- probes

  private static final String HEALTH =
      "'health': {'path': '/ping', 'every': '100ms', 'timeout': '100ms', 'down': 2, 'up': 2}";

  private static Step pinged(Step ping) {
    return byRequest(seen -> seen.target().equals("/ping") ? ping : FINE);
  }

  private static String states(RouterUnderTest router) {
    return router.ask(Request.get("/llmhop/status")).text();
  }

  private static void awaitState(RouterUnderTest router, String state) {
    Waiting.await(state, () -> states(router).contains("\"state\":\"" + state + "\""));
  }

  @Test
  void aProbeTakesABackendOutAndBringsItBack() throws IOException {
    try (ScriptedBackend one = ScriptedBackend.onTcp();
        ScriptedBackend two = ScriptedBackend.onTcp()) {
      one.always(pinged(answerJson(500, "{}")));
      two.always(pinged(answerJson(200, "{}")));
      try (var router = router(urls(one.port(), two.port()), HEALTH)) {
        awaitState(router, "unwell");
        for (int i = 0; i < 10; i++) {
          assertEquals(Optional.of("llama#2"), router.ask(CHAT).field("X-LLMhop-Backend"));
        }
        one.always(pinged(answerJson(204, "")));
        Waiting.await("all up", () -> !states(router).contains("unwell"));
        assertEquals(Optional.of("llama#1"), router.ask(CHAT).field("X-LLMhop-Backend"));
      }
    }
  }

  @Test
  void aHealthPageThatNeverEndsIsJudgedByItsStatus() throws IOException {
    try (ScriptedBackend one = ScriptedBackend.onTcp()) {
      Step endless = all(head(200, "Transfer-Encoding: chunked"), holdUntilHangUp());
      one.always(pinged(endless));
      try (var router = router(urls(one.port()), HEALTH)) {
        one.awaitHeads(5);
        assertTrue(states(router).contains("\"state\":\"up\""), states(router));
      }
    }
  }

  @Test
  void aHungBackendIsTakenOut() throws IOException {
    try (ScriptedBackend one = ScriptedBackend.onTcp()) {
      one.always(holdUntilHangUp());
      try (var router = router(urls(one.port()), HEALTH + ", 'whenAllDown': 'refuse'")) {
        awaitState(router, "unwell");
        assertNoHealthy(router.ask(CHAT));
      }
    }
  }

  @Test
  void aSlowProbeDoesNotTakeOutABackendThatIsAnswering() throws IOException {
    try (ScriptedBackend one = ScriptedBackend.onTcp()) {
      one.always(pinged(holdUntilHangUp()));
      String patient =
          HEALTH.replace("'timeout': '100ms', 'down': 2", "'timeout': '300ms', 'down': 3");
      try (var router = router(urls(one.port()), patient)) {
        long end = System.nanoTime() + 1_500_000_000L;
        while (System.nanoTime() - end < 0) {
          assertEquals(200, router.ask(CHAT).status());
          assertTrue(states(router).contains("\"state\":\"up\""), states(router));
        }
        awaitState(router, "unwell");
      }
    }
  }

  @Test
  void aStreamThatRunsWhenItsBackendIsTakenOutRunsOn() throws IOException {
    var gate = new Gate();
    try (ScriptedBackend one = ScriptedBackend.onTcp()) {
      one.always(
          byRequest(
              seen ->
                  seen.target().equals("/ping")
                      ? answerJson(503, "{}")
                      : all(sseHead(), event("1"), hold(gate), event("2"), lastChunk())));
      try (var router = router(urls(one.port()), HEALTH);
          RawCaller caller = router.caller()) {
        caller.send(CHAT);
        gate.awaitReached();
        awaitState(router, "unwell");
        gate.open();
        Answer answer = caller.read();
        assertTrue(answer.clean(), answer::toString);
        assertEquals("data: 1\n\ndata: 2\n\n", answer.text());
      }
    }
  }
}
