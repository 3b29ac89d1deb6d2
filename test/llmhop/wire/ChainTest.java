package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import llmhop.kit.Answer;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Routers one behind the other, and in a circle.
class ChainTest {
  private static final String PATH = "/v1/chat/completions";
  private static final Request CHAT = Request.post(PATH, "{\"model\":\"llama\"}");

  private ScriptedBackend backend;

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
  }

  @AfterEach
  void end() {
    backend.close();
  }

  private static RouterUnderTest router(String top, String url) {
    return RouterUnderTest.of(
        "{" + top + "'log': 'json', 'models': {'llama': {'url': '" + url + "'}}}");
  }

  private static String url(RouterUnderTest router) {
    return "http://127.0.0.1:" + router.port();
  }

  @Test
  void theRequestsIdAndItsTraceAreTheSameInBothAndEachAttemptHasItsOwnAtTheEngine() {
    backend.always(answerJson(200, "{}"));
    try (var inner = router("'instance': 'inner', ", backend.url());
        var outer = router("'instance': 'outer', ", url(inner))) {
      String trace = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
      Answer answer = outer.ask(CHAT.with("X-Request-Id: abc", trace));
      assertEquals(200, answer.status());
      assertEquals(List.of("abc"), answer.fields("X-Request-Id"));
      var seen = backend.request(1);
      String id = seen.field("X-Request-Id").orElseThrow();
      assertTrue(id.matches("abc-[0-9a-f]{8}"), "one suffix, not two: " + id);
      assertEquals(Optional.of(trace.substring(13)), seen.field("traceparent"));
      assertEquals(List.of("1.1 outer (llmhop)", "1.1 inner (llmhop)"), seen.fields("Via"));
      outer.ask(CHAT.with("X-Request-Id: abc"));
      assertTrue(!backend.request(2).field("X-Request-Id").orElseThrow().equals(id));
      Waiting.await(
          "both logs tell the same id",
          () ->
              inner.out().contains("\"request_id\":\"abc\"")
                  && outer.out().contains("\"request_id\":\"abc\""));
    }
  }

  @Test
  void aLongIdIsTheSameInBothToo() {
    backend.always(answerJson(200, "{}"));
    try (var inner = router("'instance': 'inner', ", backend.url());
        var outer = router("'instance': 'outer', ", url(inner))) {
      String id = "x".repeat(128);
      assertEquals(
          Optional.of(id), outer.ask(CHAT.with("X-Request-Id: " + id)).field("X-Request-Id"));
      String seen = backend.request(1).field("X-Request-Id").orElseThrow();
      assertTrue(seen.startsWith(id + "-"), seen);
    }
  }

  @Test
  void anIdThatOnlyLooksLikeAnAttemptsIsKeptWhole() {
    backend.always(answerJson(200, "{}"));
    try (var router = router("", backend.url())) {
      Answer answer = router.ask(CHAT.with("X-Request-Id: job-12345678"));
      assertEquals(Optional.of("job-12345678"), answer.field("X-Request-Id"));
      Answer behindNginx = router.ask(CHAT.with("X-Request-Id: job-12345678", "Via: 1.1 nginx"));
      assertEquals(Optional.of("job-12345678"), behindNginx.field("X-Request-Id"));
    }
  }

  @Test
  void aCircleIsBrokenAtItsFirstTurn() throws IOException {
    int port = ScriptedBackend.unusedPort();
    String a = "{'instance': 'a', 'models': {'llama': {'url': '%s'}}}";
    try (var second = router("'instance': 'b', ", "http://127.0.0.1:" + port);
        var first = RouterUnderTest.of(a.formatted(url(second)), port)) {
      Answer answer = first.ask(CHAT);
      assertEquals(508, answer.status(), answer::toString);
      assertEquals(Optional.of("loop_detected"), answer.jsonString("code"));
      assertEquals(Optional.of("false"), answer.field("x-should-retry"));
      assertEquals(0, second.gauge("inFlight"));
    }
  }

  @Test
  void aRouterWithoutANameBreaksCirclesTooAndHasAnotherNameThanOthers() {
    backend.always(answerJson(200, "{}"));
    try (var one = router("", backend.url());
        var two = router("", backend.url())) {
      one.ask(CHAT);
      two.ask(CHAT);
      String first = backend.request(1).field("Via").orElseThrow();
      assertTrue(first.matches("1\\.1 llmhop-[0-9a-f]+ \\(llmhop\\)"), first);
      assertTrue(!first.equals(backend.request(2).field("Via").orElseThrow()));
      assertEquals(508, one.ask(CHAT.with("Via: 1.0 x, " + first + ", 1.1 y")).status());
      assertEquals(200, two.ask(CHAT.with("Via: " + first)).status());
    }
  }

  @Test
  void anInnerRoutersRefusalPassesAsItIs() {
    try (var inner = router("'authTokens': ['secret'], ", backend.url());
        var outer = router("", url(inner))) {
      Answer answer = outer.ask(CHAT);
      assertEquals(401, answer.status());
      assertEquals(Optional.of("invalid_api_key"), answer.jsonString("code"));
      assertEquals(Optional.empty(), answer.field("X-LLMhop-Error"), "the outer had no objection");
    }
  }

  @Test
  void aHostedBackendLearnsNothingOfTheChain() {
    backend.always(answerJson(200, "{}"));
    String hosted = "{'models': {'llama': {'url': '" + backend.url() + "', 'hosted': true}}}";
    try (var router = RouterUnderTest.of(hosted)) {
      router.ask(CHAT.with("Via: 1.1 office"));
      assertEquals(List.of(), backend.request(1).fields("Via"));
    }
  }
}
