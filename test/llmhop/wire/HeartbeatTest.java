package llmhop.wire;

import static llmhop.kit.Steps.all;
import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.chunk;
import static llmhop.kit.Steps.event;
import static llmhop.kit.Steps.head;
import static llmhop.kit.Steps.hold;
import static llmhop.kit.Steps.holdUntilHangUp;
import static llmhop.kit.Steps.interim;
import static llmhop.kit.Steps.lastChunk;
import static llmhop.kit.Steps.raw;
import static llmhop.kit.Steps.sse;
import static llmhop.kit.Steps.sseHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Optional;
import llmhop.kit.Answer;
import llmhop.kit.AnswerHead;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Callers of streams hear a comment while they wait, at every stage before the first byte of the
/// answer's body, and never after it. Where it is due is the test's to say.
class HeartbeatTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String BODY = "{\"model\":\"llama\",\"stream\":true}";
  private static final Request STREAM = Request.post(CHAT, BODY);
  private static final String BEAT = ": keep-alive\n\n";
  private static final String EVENTS = "data: one\n\ndata: [DONE]\n\n";

  private final ManualBeats beats = new ManualBeats();
  private final Gate gate = new Gate();
  private ScriptedBackend backend;

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
  }

  @AfterEach
  void end() {
    backend.close();
  }

  private RouterUnderTest router(Entrance entrance) {
    String model = "{'url': '" + backend.url() + "', 'heartbeat': '15s'}";
    String config = "{" + entrance.members() + "'log': 'json', 'models': {'llama': " + model + "}}";
    return RouterUnderTest.of(config, entrance, beats);
  }

  private RouterUnderTest router() {
    return router(Entrance.TCP);
  }

  /// Waits for heartbeats and nothing else.
  private void assertBeats(RawCaller caller, int times) {
    for (int i = 0; i < times; i++) {
      beats.beat();
      assertEquals(Optional.of(BEAT), caller.readSome());
    }
  }

  /// The request's line in the log.
  private static String logged(RouterUnderTest router) {
    Waiting.await("a line in the log", () -> router.out().endsWith("\n"));
    return router.out();
  }

  // ---- where they come

  @ParameterizedTest
  @EnumSource(Entrance.class)
  void whoWaitsForTheBackendsHeadHearsThemAndThenTheStream(Entrance entrance) {
    backend.next(hold(gate), sse("one", "[DONE]"));
    try (var router = router(entrance);
        RawCaller caller = router.caller()) {
      caller.send(STREAM.with("X-Request-Id: mine"));
      beats.beat();
      AnswerHead head = caller.readHead();
      assertEquals(200, head.status());
      assertEquals(Optional.of("text/event-stream"), head.field("Content-Type"));
      assertEquals(Optional.of("no-cache"), head.field("Cache-Control"));
      assertEquals(Optional.of("no"), head.field("X-Accel-Buffering"));
      assertEquals(Optional.of("mine"), head.field("X-Request-Id"));
      assertEquals(Optional.empty(), head.field("X-LLMhop-Backend"));
      assertEquals(Optional.of(BEAT), caller.readSome());
      assertBeats(caller, 2);
      gate.open();
      Answer answer = caller.read();
      assertEquals(BEAT.repeat(3) + EVENTS, answer.text());
      assertSame(Answer.End.LAST_CHUNK, answer.end());
      String line = logged(router);
      assertTrue(line.contains("\"status\":200"), line);
      assertTrue(line.contains("\"bytes_out\":" + EVENTS.length()), line);
      assertTrue(line.contains("\"ended_by\":\"done\""), line);

      backend.next(sse("two"));
      assertEquals("data: two\n\n", caller.ask(STREAM).text(), "the connection lives on");
    }
  }

  @Test
  void whoWaitsForABackendToComeUpHearsThem() throws IOException {
    int port = ScriptedBackend.unusedPort();
    String model =
        "{'url': 'http://127.0.0.1:" + port + "', 'heartbeat': '15s', 'waitForBackend': '30s'}";
    try (var router =
            RouterUnderTest.of("{'models': {'llama': " + model + "}}", Entrance.TCP, beats);
        RawCaller caller = router.caller()) {
      caller.send(STREAM);
      Waiting.await("the request to wait", () -> router.gauge("waitingForBackend") == 1);
      beats.beat();
      caller.readHead();
      assertEquals(Optional.of(BEAT), caller.readSome());
      assertBeats(caller, 2);
      try (ScriptedBackend late = ScriptedBackend.onTcp("127.0.0.1", port)) {
        late.always(sse("one", "[DONE]"));
        assertEquals(BEAT.repeat(3) + EVENTS, caller.read().text());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Entrance.class)
  void behindTheBackendsOwnHeadTheyComeUntilTheFirstByte(Entrance entrance) {
    Stage stage = new Stage();
    backend.next(sseHead("X-Engine: some"), stage);
    try (var router = router(entrance);
        RawCaller caller = router.caller()) {
      caller.send(STREAM);
      AnswerHead head = caller.readHead();
      assertEquals(Optional.of("some"), head.field("X-Engine"));
      assertTrue(head.field("X-LLMhop-Backend").isPresent());
      assertBeats(caller, 3);
      stage.perform(chunk("data: ha"));
      assertEquals(Optional.of("data: ha"), caller.readSome());
      beats.due();
      stage.perform(chunk("lf\n\n"));
      stage.event("whole");
      stage.end();
      Answer answer = caller.read();
      assertEquals(BEAT.repeat(3) + "data: half\n\ndata: whole\n\n", answer.text());
      assertSame(Answer.End.LAST_CHUNK, answer.end());
    }
  }

  @Test
  void aStreamOfAnyFramingGoesOnWhereHeartbeatsHaveBegun() {
    String type = "Content-Type: text/event-stream";
    Step counted = all(head(200, type, "Content-Length: " + EVENTS.length()), hold(gate));
    Step untilClose = all(head(200, type), hold(gate));
    for (Step start : new Step[] {counted, untilClose}) {
      Gate first = new Gate();
      backend.next(hold(first), start, raw(EVENTS), visit -> visit.close());
      try (var router = router();
          RawCaller caller = router.caller()) {
        caller.send(STREAM);
        beats.beat();
        caller.readHead();
        caller.readSome();
        first.open();
        gate.awaitReached();
        gate.open();
        Answer answer = caller.read();
        assertEquals(EVENTS, answer.text().replace(BEAT, ""));
        assertSame(Answer.End.LAST_CHUNK, answer.end());
      }
    }
  }

  @Test
  void anEmptyStreamEndsAsItIs() {
    backend.next(hold(gate), sseHead(), lastChunk());
    try (var router = router();
        RawCaller caller = router.caller()) {
      caller.send(STREAM);
      beats.beat();
      caller.readHead();
      gate.open();
      Answer answer = caller.read();
      assertEquals(BEAT, answer.text());
      assertSame(Answer.End.LAST_CHUNK, answer.end());
    }
  }

  @Test
  void callersWithHttp10HearThemTooAndTheirStreamEndsWithTheConnection() {
    backend.next(hold(gate), sse("one", "[DONE]"));
    try (var router = router();
        RawCaller caller = router.caller()) {
      caller.send(new String(STREAM.bytes()).replace("HTTP/1.1", "HTTP/1.0"));
      beats.beat();
      caller.readHead();
      assertEquals(Optional.of(BEAT), caller.readSome());
      gate.open();
      Answer answer = caller.read();
      assertEquals(BEAT + EVENTS, answer.text());
      assertSame(Answer.End.CLOSE, answer.end());
    }
  }

  @Test
  void anInterimAnswerComesOnlyBeforeThem() {
    Gate second = new Gate();
    backend.next(
        interim(103, "Link: <a>"), hold(gate), interim(103, "Link: <b>"), hold(second), sse("one"));
    try (var router = router();
        RawCaller caller = router.caller()) {
      caller.send(STREAM);
      assertEquals(103, caller.readHead().status());
      beats.beat();
      assertEquals(200, caller.readHead().status());
      gate.open();
      second.awaitReached();
      second.open();
      assertEquals(BEAT + "data: one\n\n", caller.read().text());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {CHAT, "/route/llama/v1/chat/completions"})
  void whatAsksForAStreamMayStandBehindALongPrompt(String path) {
    String prompt = "x".repeat(1_000_000);
    String body = "{\"model\":\"llama\",\"prompt\":\"" + prompt + "\" , \"str\\u0065am\" :\ttrue }";
    backend.next(hold(gate), sse("one"));
    try (var router = router();
        RawCaller caller = router.caller()) {
      caller.send(Request.post(path, body));
      gate.awaitReached();
      beats.beat();
      caller.readHead();
      assertEquals(Optional.of(BEAT), caller.readSome());
      gate.open();
      assertEquals(BEAT + "data: one\n\n", caller.read().text());
    }
    assertEquals(body, backend.request(1).text());
  }

  // ---- where they don't

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"model\":\"llama\"}",
        "{\"model\":\"llama\",\"stream\":false}",
        "{\"model\":\"llama\",\"stream\":true,\"stream\":false}",
        "{\"model\":\"llama\",\"stream\":\"true\"}",
        "{\"model\":\"llama\",\"x\":{\"stream\":true}}"
      })
  void whoAsksForNoStreamHearsNothing(String body) {
    backend.next(hold(gate), answerJson(200, "{\"fine\":1}"));
    try (var router = router();
        RawCaller caller = router.caller()) {
      caller.send(Request.post(CHAT, body));
      gate.awaitReached();
      beats.beat();
      gate.open();
      Answer answer = caller.read();
      assertEquals("{\"fine\":1}", answer.text());
      assertEquals(Optional.of("application/json"), answer.field("Content-Type"));
      assertFalse(beats.isLeft());
    }
  }

  @Test
  void ollamasLinesFormsAndWhatHasNoBodyAreLeftAlone() {
    String form =
        "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nllama\r\n--b\r\n"
            + "Content-Disposition: form-data; name=\"x\"\r\n\r\n{\"stream\":true}\r\n--b--\r\n";
    Request multipart = Request.post(CHAT, form.getBytes(), "multipart/form-data; boundary=b");
    Request packed =
        Request.post("/route/llama/v1/chat/completions", BODY).with("Content-Encoding: gzip");
    for (Request request :
        new Request[] {
          Request.post("/api/chat", BODY),
          Request.get("/v1/x?model=llama"),
          Request.of("HEAD", CHAT + "?model=llama", BODY.getBytes()),
          multipart,
          packed
        }) {
      Gate here = new Gate();
      backend.next(hold(here), answerJson(200, "{}"));
      var mine = new ManualBeats();
      String model = "{'url': '" + backend.url() + "', 'heartbeat': '15s'}";
      try (var router =
              RouterUnderTest.of("{'models': {'llama': " + model + "}}", Entrance.TCP, mine);
          RawCaller caller = router.caller()) {
        mine.due();
        caller.send(request);
        here.awaitReached();
        here.open();
        Answer answer = caller.read();
        assertEquals(200, answer.status());
        assertEquals(request.method().equals("HEAD") ? "" : "{}", answer.text(), request::method);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"Content-Length: 26", "Content-Encoding: gzip", "Content-Type: text/x"})
  void behindAHeadThatLeavesNoRoomThereAreNone(String field) {
    boolean counted = field.startsWith("Content-Length");
    Step head =
        field.startsWith("Content-Type")
            ? head(200, field, "Transfer-Encoding: chunked")
            : counted ? head(200, "Content-Type: text/event-stream", field) : sseHead(field);
    Step rest = counted ? raw(EVENTS + " ") : all(chunk(EVENTS + " "), lastChunk());
    backend.next(head, hold(gate), rest);
    try (var router = router();
        RawCaller caller = router.caller()) {
      caller.send(STREAM);
      caller.readHead();
      beats.due();
      gate.open();
      assertEquals(EVENTS + " ", caller.read().text());
    }
  }

  @Test
  void aModelWithoutHeartbeatHasNone() {
    backend.next(sseHead(), hold(gate), event("one"), lastChunk());
    String models = "{'models': {'llama': {'url': '" + backend.url() + "'}}}";
    try (var router = RouterUnderTest.of(models, Entrance.TCP, beats);
        RawCaller caller = router.caller()) {
      beats.due();
      caller.send(STREAM);
      caller.readHead();
      gate.open();
      assertEquals("data: one\n\n", caller.read().text());
      assertTrue(beats.isLeft());
    }
  }

  // ---- who leaves

  @ParameterizedTest
  @EnumSource(Entrance.class)
  void whoLeavesWhileOnlyTheyFlowEndsTheBackendsWork(Entrance entrance) {
    backend.next(holdUntilHangUp());
    try (var router = router(entrance)) {
      try (RawCaller caller = router.caller()) {
        caller.send(STREAM);
        beats.beat();
        caller.readHead();
        assertBeats(caller, 2);
      }
      backend.awaitHangUp(1);
      String line = logged(router);
      assertTrue(line.contains("\"status\":499"), line);
      assertTrue(line.contains("\"ended_by\":\"caller\""), line);
    }
  }
}
