package llmhop.wire;

import static llmhop.kit.Steps.answer;
import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.chunk;
import static llmhop.kit.Steps.close;
import static llmhop.kit.Steps.drip;
import static llmhop.kit.Steps.head;
import static llmhop.kit.Steps.interim;
import static llmhop.kit.Steps.lastChunk;
import static llmhop.kit.Steps.partOfChunk;
import static llmhop.kit.Steps.raw;
import static llmhop.kit.Steps.readBody;
import static llmhop.kit.Steps.reset;
import static llmhop.kit.Steps.sse;
import static llmhop.kit.Steps.sseHead;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import llmhop.kit.Answer;
import llmhop.kit.AnswerHead;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Stage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The answer: byte for byte, as it comes, and visibly broken where the backend broke it.
class RelayTest {
  private static final Request CHAT =
      Request.post("/v1/chat/completions", "{\"model\":\"llama\",\"stream\":true}");

  private ScriptedBackend backend;
  private RouterUnderTest router;

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
    router = RouterUnderTest.to(backend);
  }

  @AfterEach
  void end() {
    router.close();
    backend.close();
  }

  @Test
  void aPlainAnswerKeepsItsStatusBytesAndFields() {
    byte[] body = new byte[100_000];
    new Random(1).nextBytes(body);
    backend.next(
        answer(
            418,
            body,
            "X-Engine: a",
            "X-Engine: b",
            "Content-Encoding: gzip",
            "Set-Cookie: x=1",
            "x-should-retry: true",
            "Retry-After: 7",
            "X-LLMhop-Error: overloaded"));
    Answer answer = router.ask(CHAT);
    assertEquals(418, answer.status());
    assertArrayEquals(body, answer.body());
    assertEquals(Answer.End.LENGTH, answer.end());
    assertEquals(List.of("a", "b"), answer.fields("X-Engine"));
    assertEquals(Optional.of("gzip"), answer.field("Content-Encoding"));
    assertEquals(Optional.of("true"), answer.field("x-should-retry"));
    assertEquals(Optional.of("7"), answer.field("Retry-After"));
    assertEquals(Optional.of("llama"), answer.field("X-LLMhop-Backend"));
    assertEquals(Optional.empty(), answer.field("X-LLMhop-Error"));
    assertTrue(answer.field("X-Request-Id").isPresent());
  }

  @Test
  void hopByHopFieldsEndHere() {
    backend.next(
        answer(
            200,
            "x".getBytes(),
            "Connection: keep-alive, X-Mine",
            "X-Mine: 1",
            "Keep-Alive: timeout=9",
            "Proxy-Authenticate: Basic",
            "Trailer: T",
            "Upgrade: h2c",
            "X-Kept: 2"));
    Answer answer = router.ask(CHAT);
    for (String name :
        List.of("X-Mine", "Keep-Alive", "Proxy-Authenticate", "Trailer", "Upgrade")) {
      assertEquals(Optional.empty(), answer.field(name), name);
    }
    assertEquals(Optional.of("2"), answer.field("X-Kept"));
  }

  @Test
  void theHeadOfAStreamArrivesBeforeItsFirstEventAndEachEventBeforeTheNext() {
    Stage stage = new Stage();
    backend.next(readBody(), sseHead(), stage);
    try (RawCaller caller = router.caller()) {
      caller.send(CHAT);
      AnswerHead head = caller.readHead();
      assertEquals(200, head.status());
      assertEquals(Optional.of("no"), head.field("X-Accel-Buffering"));
      for (int i = 0; i < 5; i++) {
        stage.event("event " + i);
        assertEquals("data: event " + i + "\n\n", caller.readUntil("event " + i + "\n\n"));
      }
      stage.perform(raw("9\r\ndata: 5\n\n\r\n3"));
      assertEquals("data: 5\n\n", caller.readUntil("5\n\n"), "half a chunk head holds up nothing");
      stage.perform(raw("\r\n: x\r\n2\r\n\n\n\r\n"));
      assertEquals(": x\n\n", caller.readUntil("x\n\n"));
      stage.end();
      assertEquals(Answer.End.LAST_CHUNK, caller.read().end());
    }
  }

  @Test
  void aDrippedAnswerIsWhole() {
    backend.next(
        readBody(),
        drip(
            "HTTP/1.1 200 OK\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n"
                + "4;x=y\r\n"
                + "abcd\r\n"
                + "0\r\n"
                + "T: 1\r\n\r\n"));
    Answer answer = router.ask(CHAT);
    assertEquals("abcd", answer.text());
    assertEquals(Answer.End.LAST_CHUNK, answer.end());
    assertEquals(List.of(), answer.trailers());
  }

  @Test
  void answersWithoutABodyStayWithoutOne() {
    backend.next(head(204, "X: 1"));
    backend.next(head(304, "ETag: \"a\"", "Content-Length: 5"));
    backend.next(head(200, "Content-Length: 12345"));
    assertEquals(Answer.End.NO_BODY, router.ask(CHAT).end());
    Answer notModified = router.ask(CHAT);
    assertEquals(304, notModified.status());
    assertEquals(Optional.of("\"a\""), notModified.field("ETag"));
    Answer headed = router.ask(Request.of("HEAD", "/route/llama/x", new byte[0]));
    assertEquals("HEAD", backend.request(3).method());
    assertEquals(Optional.of("12345"), headed.field("Content-Length"));
    assertEquals(Answer.End.NO_BODY, headed.end());
  }

  @Test
  void interimAnswersAreSkipped() {
    backend.next(interim(100), interim(103, "Link: </x>"), answerJson(200, "{\"a\":1}"));
    Answer answer = router.ask(CHAT);
    assertEquals(200, answer.status());
    assertEquals("{\"a\":1}", answer.text());
  }

  @Test
  void anAnswerThatEndsWithItsConnectionIsPassedOnWhole() {
    backend.next(readBody(), raw("HTTP/1.0 200 OK\r\n\r\nabc"), close());
    Answer answer = router.ask(CHAT);
    assertEquals("abc", answer.text());
    assertTrue(answer.clean());
  }

  @Test
  void aCallerOfHttp10GetsAnAnswerWithoutChunks() {
    backend.next(sse("a", "[DONE]"));
    try (RawCaller caller = router.caller()) {
      caller.send(
          new String(CHAT.bytes(), java.nio.charset.StandardCharsets.UTF_8)
              .replace("HTTP/1.1", "HTTP/1.0"));
      Answer answer = caller.read();
      assertEquals("data: a\n\ndata: [DONE]\n\n", answer.text());
      assertEquals(List.of(), answer.chunks());
      assertEquals(Answer.End.CLOSE, answer.end());
    }
  }

  @Test
  void aStreamThatBreaksBetweenEventsEndsWithAnErrorEventAndACut() {
    for (var end : new llmhop.kit.Step[] {close(), reset()}) {
      Stage stage = new Stage();
      backend.next(readBody(), sseHead(), stage, end);
      try (RawCaller caller = router.caller()) {
        caller.send(CHAT);
        caller.readHead();
        stage.event("one");
        caller.readUntil("one\n\n");
        stage.leave();
        Answer answer = caller.read();
        assertEquals(Answer.End.CUT, answer.end(), "no last chunk");
        assertTrue(answer.text().contains("data: {\"error\":{\"message\":"), answer::text);
        assertTrue(answer.text().contains("\"code\":\"backend_bad_reply\""), answer::text);
        assertTrue(answer.text().endsWith("}\n\n"));
        assertFalse(answer.text().contains("[DONE]"));
      }
    }
  }

  @Test
  void aStreamThatBreaksWithinAnEventIsCutWithoutPretending() {
    backend.next(readBody(), sseHead(), chunk("data: one\n\ndata: {\"tw"), close());
    Answer answer = router.ask(CHAT);
    assertEquals(Answer.End.CUT, answer.end());
    assertEquals("data: one\n\ndata: {\"tw", answer.text());
  }

  @Test
  void aBrokenStreamSpeaksTheCallersDialect() {
    backend.next(readBody(), sseHead(), close());
    Answer anthropic = router.ask(Request.post("/v1/messages", "{\"model\":\"llama\"}"));
    assertTrue(
        anthropic.text().startsWith("event: error\ndata: {\"type\":\"error\",\"error\":{"),
        anthropic::text);
    backend.next(
        readBody(),
        head(200, "Content-Type: application/x-ndjson", "Transfer-Encoding: chunked"),
        chunk("{\"a\":1}\n"),
        close());
    Answer ollama = router.ask(Request.post("/api/chat", "{\"model\":\"llama\"}"));
    assertTrue(ollama.text().startsWith("{\"a\":1}\n{\"error\":\""), ollama::text);
    assertEquals(Answer.End.CUT, ollama.end());
  }

  @Test
  void aPlainAnswerThatIsCutShortIsCutForTheCallerToo() {
    backend.next(readBody(), raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), close());
    Answer declared = router.ask(CHAT);
    assertEquals(Answer.End.CUT, declared.end());
    assertEquals("abc", declared.text());
    backend.next(
        readBody(), head(200, "Transfer-Encoding: chunked"), partOfChunk(10, "abc"), close());
    Answer chunked = router.ask(CHAT);
    assertEquals(Answer.End.CUT, chunked.end());
    assertEquals("abc", chunked.text());
  }

  @ParameterizedTest
  @ValueSource(strings = {"xyz\r\n", "-1\r\n", "fffffffffffffffff\r\n", "\r\n", "1 \r\nx\r\n"})
  void aBadChunkIsACut(String chunk) {
    backend.next(
        readBody(), head(200, "Transfer-Encoding: chunked"), chunk("good"), raw(chunk), close());
    Answer answer = router.ask(CHAT);
    assertEquals(Answer.End.CUT, answer.end(), answer::toString);
    assertEquals("good", answer.text());
  }

  @Test
  void aCallerThatLeavesInMidStreamCancelsTheBackend() {
    Stage stage = new Stage();
    backend.next(readBody(), sseHead(), stage);
    try (RawCaller caller = router.caller()) {
      caller.send(CHAT);
      caller.readHead();
      stage.event("one");
      caller.readUntil("one\n\n");
      caller.reset();
    }
    // The write after the one that met the reset is the one that fails.
    try {
      for (int i = 0; i < 1000 && backend.openConnections() > 0; i++) {
        stage.event("more");
      }
    } catch (java.io.UncheckedIOException gone) {
      // what this test waits for
    }
    backend.awaitHangUp(1);
    backend.forgetProblems();
  }

  @Test
  void aKeptConnectionIsUsedAgainAfterAWholeAnswerOnly() {
    backend.next(answerJson(200, "{}"));
    backend.next(readBody(), raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}extra"));
    backend.next(answer(200, "{}".getBytes(), "Connection: close"));
    backend.next(readBody(), head(200, "Transfer-Encoding: chunked"), chunk("{}"), lastChunk());
    backend.next(answerJson(200, "{}"));
    for (int i = 0; i < 5; i++) {
      assertEquals("{}", router.ask(CHAT).text());
    }
    assertEquals(3, backend.connections(), "kept, dropped for extra bytes, closed, kept");
    assertEquals(5, backend.executions());
  }
}
