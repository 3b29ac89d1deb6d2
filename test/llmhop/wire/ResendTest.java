package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.close;
import static llmhop.kit.Steps.closeAtNextRequest;
import static llmhop.kit.Steps.raw;
import static llmhop.kit.Steps.readBody;
import static llmhop.kit.Steps.reset;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.util.Optional;
import llmhop.kit.Answer;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What may be sent again, counted where it counts: by how often the backend ran a request.
class ResendTest {
  private static final Request CHAT = Request.post("/v1/chat/completions", "{\"model\":\"llama\"}");

  private ScriptedBackend backend;
  private RouterUnderTest router;

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
    router = RouterUnderTest.inNoTime(backend);
  }

  @AfterEach
  void end() {
    router.close();
    backend.close();
  }

  @Test
  void aConnectionThatIsClosedWhileTheNextRequestIsWrittenCostsNobodyAnAnswer() {
    backend.always(answerJson(200, "{}"), closeAtNextRequest());
    for (int i = 1; i <= 300; i++) {
      assertEquals(200, router.ask(CHAT).status(), "request " + i);
    }
    assertEquals(300, backend.executions(), "none ran twice");
  }

  @Test
  void aConnectionThatWasClosedAfterItsAnswerIsNoticedBeforeUse() {
    backend.always(answerJson(200, "{}"), close());
    for (int i = 1; i <= 50; i++) {
      assertEquals(200, router.ask(CHAT).status());
      backend.awaitClosed(i);
    }
    assertEquals(50, backend.executions());
    assertEquals(50, backend.connections());
  }

  @Test
  void aReusedConnectionThatDiesWithoutAByteIsReplacedOnceWithANewId() {
    backend.next(answerJson(200, "{}"));
    backend.next(readBody(), reset());
    backend.next(answerJson(200, "{\"second\":true}"));
    Request large =
        Request.post(
            "/v1/chat/completions",
            "{\"model\":\"llama\",\"x\":\"" + "y".repeat(1_000_000) + "\"}");
    router.ask(CHAT);
    assertEquals("{\"second\":true}", router.ask(large).text());
    assertEquals(3, backend.requests().size());
    assertEquals(backend.request(2).text(), backend.request(3).text());
    assertNotEquals(
        backend.request(2).field("X-Request-Id"), backend.request(3).field("X-Request-Id"));
  }

  @Test
  void afterAByteOfAnswerNothingIsSentAgain() {
    backend.next(answerJson(200, "{}"));
    backend.next(readBody(), raw("HTTP/1.1 2"), close());
    router.ask(CHAT);
    assertBadReply(router.ask(CHAT));
    assertEquals(2, backend.executions());
  }

  @Test
  void aNewConnectionThatDiesIsNotReplaced() {
    backend.next(readBody(), reset());
    assertBadReply(router.ask(CHAT));
    assertEquals(1, backend.executions());
  }

  @Test
  void aReplacementThatDiesTooIsTheEnd() {
    backend.next(answerJson(200, "{}"));
    backend.next(readBody(), reset());
    backend.next(readBody(), reset());
    router.ask(CHAT);
    assertBadReply(router.ask(CHAT));
    assertEquals(3, backend.executions());
  }

  private static void assertBadReply(Answer answer) {
    assertEquals(502, answer.status(), answer::toString);
    assertEquals(Optional.of("backend_bad_reply"), answer.jsonString("code"));
    assertEquals(Optional.of("false"), answer.field("x-should-retry"));
  }

  @Test
  void aBackendThatGoesAwayWithARequestInItsHandsIsNotCalledUnreachable() throws IOException {
    var dying = ScriptedBackend.onTcp();
    try (var alone = RouterUnderTest.to(dying)) {
      dying.next(answerJson(200, "{}"));
      var gone = new java.util.concurrent.CountDownLatch(1);
      dying.next(
          readBody(),
          visit -> {
            dying.close();
            gone.countDown();
          });
      alone.ask(CHAT);
      assertBadReply(alone.ask(CHAT));
    }
  }

  @Test
  void anEarlyAnswerToALargeBodyIsRelayed() {
    String json = "{\"model\":\"llama\",\"x\":\"" + "y".repeat(4_000_000) + "\"}";
    for (Request request :
        new Request[] {
          Request.post("/v1/chat/completions", json), Request.post("/route/llama/v1/x", json)
        }) {
      backend.nextBeforeBody(answerJson(413, "{\"too\":\"large\"}"), close());
      Answer answer = router.ask(request);
      assertEquals(413, answer.status(), answer::toString);
      assertEquals("{\"too\":\"large\"}", answer.text());
    }
    assertEquals(0, backend.executions());
    backend.forgetProblems();
  }
}
