package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.hold;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import llmhop.kit.Answer;
import llmhop.kit.Gate;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Step;
import llmhop.kit.Waiting;
import llmhop.route.PassingTime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// How much the callers with one token may ask for.
class TokenLimitsTest {
  private static final Request CHAT =
      Request.post("/v1/chat/completions", "{\"model\":\"llama\"}").withToken("t");
  private static final Step FINE = answerJson(200, "{}");

  private ScriptedBackend backend;

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
  }

  @AfterEach
  void end() {
    backend.close();
  }

  private RouterUnderTest router(String limits) {
    return router(limits, "");
  }

  private RouterUnderTest router(String limits, String members) {
    return RouterUnderTest.of(config(limits, members));
  }

  private String config(String limits, String members) {
    return "{'log': 'json', 'authTokens': [{'token': 't', %s}, {'token': 'other'}],"
            .formatted(limits)
        + " 'models': {'llama': {'url': '%s' %s}}}".formatted(backend.url(), members);
  }

  private static void assertRateLimited(Answer answer) {
    assertEquals(429, answer.status(), answer::toString);
    assertEquals(Optional.of("rate_limit_exceeded"), answer.jsonString("code"));
    assertEquals(Optional.of("rate_limit_error"), answer.jsonString("type"));
    assertEquals(Optional.of("rate_limit_exceeded"), answer.field("X-LLMhop-Error"));
  }

  @Test
  void aMinutesRequestsAndNotOneMore() {
    backend.always(FINE);
    try (var router = router("'rpm': 3")) {
      for (int left = 2; left >= 0; left--) {
        Answer answer = router.ask(CHAT);
        assertEquals(200, answer.status());
        assertEquals(Optional.of("3"), answer.field("x-ratelimit-limit-requests"));
        assertEquals(Optional.of("" + left), answer.field("x-ratelimit-remaining-requests"));
        String reset = answer.field("x-ratelimit-reset-requests").orElseThrow();
        assertTrue(reset.matches("[0-9]+s|1m0s"), reset);
      }
      Answer refused = router.ask(CHAT);
      assertRateLimited(refused);
      int after = Integer.parseInt(refused.field("Retry-After").orElseThrow());
      assertTrue(after >= 15 && after <= 20, refused::toString);
      assertEquals(Optional.of("true"), refused.field("x-should-retry"));
      assertEquals(Optional.of("0"), refused.field("x-ratelimit-remaining-requests"));
      assertEquals(3, backend.executions());
      Waiting.await("its line", () -> router.out().contains("\"error\":\"rate_limit_exceeded\""));
      String line =
          router
              .out()
              .lines()
              .filter(each -> each.contains("rate_limit"))
              .findFirst()
              .orElseThrow();
      assertTrue(line.contains("\"ended_by\":\"caller\",\"phase\":\"admit\""), line);
    }
  }

  @Test
  void whoWaitsAsLongAsItIsToldIsLetIn() {
    backend.always(FINE);
    var later = new AtomicLong();
    PassingTime time = () -> System.nanoTime() + later.get();
    try (var router = RouterUnderTest.of(config("'rpm': 6", ""), Entrance.TCP, time)) {
      for (int i = 0; i < 6; i++) assertEquals(200, router.ask(CHAT).status());
      Answer refused = router.ask(CHAT);
      assertRateLimited(refused);
      long seconds = Long.parseLong(refused.field("Retry-After").orElseThrow());
      later.addAndGet(TimeUnit.SECONDS.toNanos(seconds));
      assertEquals(200, router.ask(CHAT).status());
      assertRateLimited(router.ask(CHAT));
    }
  }

  @Test
  void theBackendsOwnNumbersGiveWayToOurs() {
    backend.always(
        answerJson(200, "{}", "x-ratelimit-limit-requests: 9000", "x-ratelimit-limit-tokens: 7"));
    try (var router = router("'rpm': 3")) {
      Answer ours = router.ask(CHAT);
      assertEquals(1, ours.fields("x-ratelimit-limit-requests").size());
      assertEquals(Optional.of("3"), ours.field("x-ratelimit-limit-requests"));
      assertEquals(Optional.of("7"), ours.field("x-ratelimit-limit-tokens"));
      Answer theirs = router.ask(CHAT.without("Authorization").withToken("other"));
      assertEquals(Optional.of("9000"), theirs.field("x-ratelimit-limit-requests"));
    }
  }

  @Test
  void aTokenWithNoneIsBlockedAndOthersAreNot() {
    backend.always(FINE);
    try (var router = router("'rpm': 0")) {
      Answer refused = router.ask(CHAT);
      assertRateLimited(refused);
      assertTrue(refused.text().contains("blocked"), refused::text);
      assertEquals(Optional.empty(), refused.field("Retry-After"));
      assertEquals(Optional.of("false"), refused.field("x-should-retry"));
      assertEquals(Optional.of("0"), refused.field("x-ratelimit-limit-requests"));
      assertEquals(200, router.ask(CHAT.without("Authorization").withToken("other")).status());
      assertEquals(1, backend.executions());
      assertEquals(200, router.ask(Request.get("/v1/models").withToken("t")).status());
    }
  }

  @Test
  void whatIsRefusedForAnotherReasonIsNotCounted() {
    backend.always(FINE);
    try (var router = router("'rpm': 1, 'models': ['llama']")) {
      Request unknown = Request.post("/v1/chat/completions", "{\"model\":\"x\"}").withToken("t");
      assertEquals(404, router.ask(unknown).status());
      Request closed = Request.post("/pause", "{\"model\":\"llama\"}").withToken("t");
      assertEquals(403, router.ask(closed).status());
      assertEquals(200, router.ask(CHAT).status());
      assertRateLimited(router.ask(CHAT));
    }
  }

  @Test
  void soManyAtATimeQueuedOnesToo() {
    var gate = new Gate();
    backend.next(hold(gate), FINE);
    backend.always(FINE);
    try (var router = router("'maxConcurrent': 2", ", 'maxConcurrent': 1, 'queue': {}");
        RawCaller first = router.caller();
        RawCaller second = router.caller();
        RawCaller third = router.caller()) {
      first.send(CHAT);
      backend.awaitRequests(1);
      second.send(CHAT);
      Waiting.await("one in the queue", () -> router.gauge("queued") == 1);
      Answer refused = third.ask(CHAT);
      assertRateLimited(refused);
      assertTrue(refused.text().contains("2 requests at a time"), refused::text);
      assertEquals(Optional.of("1"), refused.field("Retry-After"));
      third.send(CHAT.without("Authorization").withToken("other"));
      Waiting.await("two in the queue", () -> router.gauge("queued") == 2);
      gate.open();
      for (RawCaller each : List.of(first, second, third)) {
        assertEquals(200, each.read().status());
      }
      assertEquals(200, third.ask(CHAT).status());
    }
  }
}
