package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.hold;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
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

/// Limits that change while requests stand in a queue for them.
class ReloadQueueTest {
  private static final Step FINE = answerJson(200, "{}");
  private static final String QUEUE = "'queue': {'max': 10, 'wait': '60s'}";

  private final Gate gate = new Gate();
  private ScriptedBackend backend;
  private ScriptedBackend other;

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
    other = ScriptedBackend.onTcp();
    backend.next(hold(gate), FINE);
    backend.always(FINE);
    other.always(FINE);
  }

  @AfterEach
  void end() {
    gate.open();
    backend.close();
    other.close();
  }

  private static Request chat() {
    return Request.post("/v1/chat/completions", "{\"model\":\"llama\"}");
  }

  /// The model at one backend, which has this limit of its own, if any.
  private static String at(ScriptedBackend where, String limit, String more) {
    return "{'models': {'llama': {'urls': [{'url': '%s'%s}]%s}}}"
        .formatted(where.url(), limit, more);
  }

  private static String at(ScriptedBackend where, int most) {
    return at(where, ", 'maxConcurrent': " + most, ", " + QUEUE);
  }

  private void fill(RawCaller first, RawCaller second, RouterUnderTest router) {
    first.send(chat());
    backend.awaitRequests(1);
    second.send(chat());
    Waiting.await("one in the queue", () -> router.gauge("queued") == 1);
  }

  @Test
  void aBackendThatMayHaveMoreGetsThoseWhoWaitAlready() {
    try (var router = RouterUnderTest.of(at(backend, 1));
        RawCaller first = router.caller();
        RawCaller second = router.caller();
        RawCaller third = router.caller()) {
      fill(first, second, router);
      router.reload(at(backend, 3));
      assertEquals(200, third.ask(chat()).status());
      assertEquals(200, second.read().status());
      gate.open();
      assertEquals(200, first.read().status());
    }
  }

  @Test
  void aBackendWithoutALimitGetsThoseWhoWaitAlready() {
    try (var router = RouterUnderTest.of(at(backend, 1));
        RawCaller first = router.caller();
        RawCaller second = router.caller()) {
      fill(first, second, router);
      router.reload(at(backend, "", ""));
      assertEquals(200, second.read().status());
      gate.open();
      assertEquals(200, first.read().status());
    }
  }

  @Test
  void whoWaitsForABackendThatIsGoneDoesNotKeepOthersFromTheNewOne() {
    try (var router = RouterUnderTest.of(at(backend, 1));
        RawCaller first = router.caller();
        RawCaller second = router.caller();
        RawCaller third = router.caller()) {
      fill(first, second, router);
      router.reload(at(other, 1));
      assertEquals(200, third.ask(chat()).status());
      assertEquals(1, router.gauge("queued"));
      gate.open();
      assertEquals(200, first.read().status());
      assertEquals(200, second.read().status());
      assertEquals(1, other.executions());
    }
  }

  @Test
  void aModelThatIsRemovedStillHasItsLimitForThoseWhoWait() {
    String elsewhere = "{'models': {'qwen': {'url': '%s'}}}".formatted(other.url());
    String limited =
        "{'models': {'llama': {'url': '%s', 'maxConcurrent': 1, %s}}}"
            .formatted(backend.url(), QUEUE);
    try (var router = RouterUnderTest.of(limited);
        RawCaller first = router.caller();
        RawCaller second = router.caller()) {
      fill(first, second, router);
      router.reload(elsewhere);
      assertEquals(1, router.gauge("queued"));
      assertEquals(1, backend.executions());
      gate.open();
      assertEquals(200, first.read().status());
      assertEquals(200, second.read().status());
    }
  }

  private String limited(String more) {
    return "{'models': {'llama': {'url': '%s'%s}}}".formatted(backend.url(), more);
  }

  private static void assertQueueFull(RawCaller caller) {
    Answer answer = caller.read();
    assertEquals(429, answer.status(), answer::text);
    assertEquals("queue_full", answer.field("X-LLMhop-Error").orElseThrow());
  }

  @Test
  void requestThatWaitsForItsModelWaitsForABackendOnceOnlyBackendsAreLimited() {
    backend.next(hold(gate), FINE);
    try (var router = RouterUnderTest.of(limited(", 'maxConcurrent': 1, " + QUEUE));
        RawCaller first = router.caller();
        RawCaller second = router.caller();
        RawCaller third = router.caller()) {
      fill(first, second, router);
      third.send(chat());
      Waiting.await("two in the queue", () -> router.gauge("queued") == 2);
      router.reload(at(backend, 2));
      backend.awaitRequests(2);
      assertEquals(1, router.gauge("queued"));
      gate.open();
      assertEquals(200, first.read().status());
      assertEquals(200, second.read().status());
      assertEquals(200, third.read().status());
    }
  }

  @Test
  void shorterWaitRefusesThoseWhoHaveWaitedLonger() {
    String before = limited(", 'maxConcurrent': 1, " + QUEUE);
    try (var router = RouterUnderTest.of(before);
        RawCaller first = router.caller();
        RawCaller second = router.caller()) {
      fill(first, second, router);
      router.reload(limited(", 'maxConcurrent': 1, 'queue': {'max': 10, 'wait': '1ms'}"));
      assertQueueFull(second);
      gate.open();
      assertEquals(200, first.read().status());
      assertEquals(1, backend.executions());
    }
  }

  @Test
  void queueThatIsTakenAwayRefusesThoseWhoWait() {
    String before = limited(", 'maxConcurrent': 1, " + QUEUE);
    try (var router = RouterUnderTest.of(before);
        RawCaller first = router.caller();
        RawCaller second = router.caller()) {
      fill(first, second, router);
      router.reload(limited(", 'maxConcurrent': 1"));
      assertQueueFull(second);
      gate.open();
      assertEquals(200, first.read().status());
      assertEquals(1, backend.executions());
    }
  }

  @Test
  void queueBeforeLimitedBackendsThatIsTakenAwayRefusesThoseWhoWait() {
    try (var router = RouterUnderTest.of(at(backend, 1));
        RawCaller first = router.caller();
        RawCaller second = router.caller()) {
      fill(first, second, router);
      router.reload(at(backend, ", 'maxConcurrent': 1", ""));
      assertQueueFull(second);
      gate.open();
      assertEquals(200, first.read().status());
    }
  }

  @Test
  void limitAndQueueThatAreTakenAwayLetAllGo() {
    String before = limited(", 'maxConcurrent': 1, " + QUEUE);
    try (var router = RouterUnderTest.of(before);
        RawCaller first = router.caller();
        RawCaller second = router.caller()) {
      fill(first, second, router);
      router.reload(limited(""));
      assertEquals(200, second.read().status());
      gate.open();
      assertEquals(200, first.read().status());
    }
  }

  @Test
  void higherLimitWithoutAQueueLetsThoseGoThatItHasRoomFor() {
    String before = limited(", 'maxConcurrent': 1, " + QUEUE);
    try (var router = RouterUnderTest.of(before);
        RawCaller first = router.caller();
        RawCaller second = router.caller()) {
      fill(first, second, router);
      router.reload(limited(", 'maxConcurrent': 2"));
      assertEquals(200, second.read().status());
      gate.open();
      assertEquals(200, first.read().status());
    }
  }
}
