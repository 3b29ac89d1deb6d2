package llmhop.wire;

import static llmhop.kit.Steps.answer;
import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.close;
import static llmhop.kit.Steps.hold;
import static llmhop.kit.Steps.holdUntilHangUp;
import static llmhop.kit.Steps.raw;
import static llmhop.kit.Steps.reset;
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
import llmhop.kit.Step;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What goes wrong once a heartbeat is out is an event of the stream, whoever's fault it is.
class HeartbeatErrorsTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String MESSAGES = "/v1/messages";
  private static final String RESPONSES = "/v1/responses";
  private static final String BODY = "{\"model\":\"llama\",\"stream\":true}";
  private static final String BEAT = ": keep-alive\n\n";
  private static final String ERROR =
      "{\"error\":{\"message\":\"no\",\"type\":\"BadRequestError\",\"code\":400}}";

  private final ManualBeats beats = new ManualBeats();
  private ScriptedBackend backend;
  private String line;

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
  }

  @AfterEach
  void end() {
    backend.close();
  }

  private static RouterUnderTest router(String url, String members, ManualBeats beats) {
    String model = "{'url': '" + url + "', 'heartbeat': '15s'" + members + "}";
    String config = "{'log': 'json', 'models': {'llama': " + model + "}}";
    return RouterUnderTest.of(config, Entrance.TCP, beats);
  }

  /// What the caller gets behind a heartbeat when the backend does this then. It ends visibly.
  private String behindBeat(String path, String members, Step step) {
    var gate = new Gate();
    backend.next(hold(gate), step);
    try (var router = router(backend.url(), members, beats);
        RawCaller caller = router.caller()) {
      caller.send(Request.post(path, BODY));
      return rest(router, caller, gate);
    }
  }

  private String rest(RouterUnderTest router, RawCaller caller, Gate gate) {
    beats.beat();
    AnswerHead head = caller.readHead();
    assertEquals(200, head.status());
    assertEquals(Optional.of(BEAT), caller.readSome());
    gate.open();
    Answer answer = caller.read();
    assertSame(Answer.End.CUT, answer.end());
    Waiting.await("a line in the log", () -> router.out().endsWith("\n"));
    line = router.out();
    assertTrue(line.contains("\"status\":200"), line);
    return answer.text().substring(BEAT.length());
  }

  private void assertLogged(String code, String endedBy) {
    assertTrue(line.contains("\"error\":\"" + code + "\""), line);
    assertTrue(line.contains("\"ended_by\":\"" + endedBy + "\""), line);
  }

  // ---- what the backend says

  @Test
  void aBackendsErrorPassesAsAnEventInItsOwnWords() {
    assertEquals("data: " + ERROR + "\n\n", behindBeat(CHAT, "", answerJson(400, ERROR)));
    assertLogged("backend_error", "backend");
    assertTrue(line.contains("status 400"), line);
    for (String path : new String[] {MESSAGES, RESPONSES}) {
      String event = behindBeat(path, "", answerJson(429, ERROR, "Retry-After: 3"));
      assertEquals("event: error\ndata: " + ERROR + "\n\n", event);
    }
  }

  @Test
  void anErrorOfSeveralLinesIsAFieldForEach() {
    String pretty = "{\r\n  \"error\": {\n    \"message\": \"no\"\r  }\n}\n";
    assertEquals(
        "data: {\ndata:   \"error\": {\ndata:     \"message\": \"no\"\ndata:   }\ndata: }\n\n",
        behindBeat(CHAT, "", answerJson(500, pretty)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "not JSON, \"quoted\"\nand more",
        "{\"error\":\"a text, as Ollama's\"}",
        "{\"object\":\"error\",\"message\":\"as old vLLMs\"}",
        "{\"error\":{\"message\":\"cut"
      })
  void whatSdksWouldNotTakeForAnErrorIsQuotedInOurs(String said) {
    String event = behindBeat(CHAT, "", answer(503, said.getBytes()));
    assertTrue(
        event.startsWith(
            "data: {\"error\":{\"message\":\"The backend of the model \\\"llama\\\" answered 503"
                + " instead of a stream: "),
        event);
    String quoted = said.replace("\"", "\\\"").replace("\n", "\\n");
    assertTrue(event.contains(quoted), event);
    assertTrue(event.endsWith("\"code\":\"backend_error\"}}\n\n"), event);
    assertLogged("backend_error", "backend");
  }

  @Test
  void anthropicsClientsGetTheTypeThatTheStatusMeans() {
    String event = behindBeat(MESSAGES, "", answer(429, "busy".getBytes()));
    assertTrue(event.startsWith("event: error\ndata: {\"type\":\"error\",\"error\":{"), event);
    assertTrue(event.contains("\"type\":\"rate_limit_error\""), event);
  }

  @Test
  void onlyTheBeginningOfALongErrorIsRepeated() {
    byte[] page = ("<html>é" + "x".repeat(200_000)).getBytes();
    String event = behindBeat(CHAT, "", answer(502, page));
    assertTrue(event.contains("<html>éxxx"), event);
    assertTrue(event.length() < 2400 && event.length() > 2000, () -> "" + event.length());
  }

  @Test
  void anAnswerThatIsNoStreamOfEventsIsAnErrorToo() {
    Step[] answers = {
      answerJson(200, "{\"choices\":[]}"),
      answer(204),
      answer(200, "data: x\n\n".getBytes(), "Content-Type: text/plain"),
      answer(200, "zzz".getBytes(), "Content-Type: text/event-stream", "Content-Encoding: gzip"),
      answer(302, new byte[0], "Location: /x")
    };
    for (Step step : answers) {
      String event = behindBeat(CHAT, "", step);
      assertTrue(event.contains("instead of a stream: it is too late for that"), event);
      assertFalse(event.contains("choices") || event.contains("zzz"), event);
      assertLogged("backend_error", "backend");
    }
  }

  // ---- what fails

  @Test
  void aBackendThatBreaksOffIsAnEvent() {
    String event = behindBeat(CHAT, "", reset());
    assertTrue(event.startsWith("data: {\"error\":{"), event);
    assertTrue(event.endsWith("\"code\":\"backend_bad_reply\"}}\n\n"), event);
    assertLogged("backend_bad_reply", "backend");
    assertTrue(behindBeat(CHAT, "", raw("nonsense\r\n\r\n")).contains("backend_bad_reply"));
  }

  @Test
  void oneThatBreaksOffBehindItsHeadIsOneEventAndNotTwo() {
    String event = behindBeat(CHAT, "", visit -> all(visit, sseHead(), close()));
    assertEquals(1, event.split("data: ", -1).length - 1, event);
    assertTrue(event.contains("backend_bad_reply"), event);
    String stray = behindBeat(CHAT, "", visit -> all(visit, raw(HALF_AN_ERROR), close()));
    assertEquals(1, stray.split("data: ", -1).length - 1, stray);
    assertTrue(stray.contains("backend_bad_reply"), stray);
  }

  private static final String HALF_AN_ERROR =
      "HTTP/1.1 400 Bad Request\r\nContent-Length: 100\r\n\r\n{\"error\":{";

  private static void all(llmhop.kit.Visit visit, Step... steps)
      throws IOException, InterruptedException {
    for (Step step : steps) step.perform(visit);
  }

  @Test
  void oneThatBreaksOffInItsStreamIsToldOfAsEver() {
    String cut = behindBeat(CHAT, "", visit -> all(visit, raw(ONE_EVENT), close()));
    assertTrue(cut.startsWith("data: one\n\ndata: {\"error\":"), cut);
    String half = behindBeat(CHAT, "", visit -> all(visit, raw(HALF_AN_EVENT), close()));
    assertEquals("data: on", half);
  }

  private static final String SSE_HEAD =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
  private static final String ONE_EVENT = SSE_HEAD + "b\r\ndata: one\n\n\r\n";
  private static final String HALF_AN_EVENT = SSE_HEAD + "8\r\ndata: on\r\n";

  @Test
  void aTimeoutIsAnEvent() {
    String members = ", 'timeouts': {'firstByte': '1500ms'}";
    String event = behindBeat(RESPONSES, members, holdUntilHangUp());
    assertTrue(
        event.startsWith(
            "event: error\ndata: {\"type\":\"error\",\"code\":\"backend_timeout\",\"message\":\""),
        event);
    assertTrue(event.contains("\"sequence_number\":0,\"error\":{\"message\":\""), event);
    assertLogged("backend_timeout", "backend");
  }

  @Test
  void aBackendThatDoesNotComeUpIsAnEvent() throws IOException {
    String url = "http://127.0.0.1:" + ScriptedBackend.unusedPort();
    try (var router = router(url, ", 'waitForBackend': '1500ms'", beats);
        RawCaller caller = router.caller()) {
      caller.send(Request.post(MESSAGES, BODY));
      String event = rest(router, caller, new Gate());
      assertTrue(event.startsWith("event: error\ndata: {\"type\":\"error\""), event);
      assertTrue(event.contains("\"overloaded_error\""), event);
      assertLogged("no_healthy_backend", "backend");
    }
  }

  @Test
  void callersWithHttp10AreToldTooAndThenReset() {
    var gate = new Gate();
    backend.next(hold(gate), reset());
    try (var router = router(backend.url(), "", beats);
        RawCaller caller = router.caller()) {
      Request request = Request.post(CHAT, BODY);
      caller.send(new String(request.bytes()).replace("HTTP/1.1", "HTTP/1.0"));
      String event = rest(router, caller, gate);
      assertTrue(event.contains("backend_bad_reply"), event);
    }
  }

  @Test
  void behindTheBackendsHeadAnErrorIsAnEventAsEver() {
    var gate = new Gate();
    backend.next(sseHead(), hold(gate), close());
    try (var router = router(backend.url(), "", beats);
        RawCaller caller = router.caller()) {
      caller.send(Request.post(CHAT, BODY));
      String event = rest(router, caller, gate);
      assertTrue(event.contains("backend_bad_reply"), event);
    }
  }

  @Test
  void anotherBackendMayAnswerAsEver() throws IOException {
    var gate = new Gate();
    backend.next(hold(gate), answerJson(503, ERROR));
    backend.next(sse("one"));
    String two = "'urls': ['" + backend.url() + "', '" + backend.url() + "/x']";
    String model = "{" + two + ", 'retries': 1, 'heartbeat': '15s'}";
    try (var router =
            RouterUnderTest.of("{'models': {'llama': " + model + "}}", Entrance.TCP, beats);
        RawCaller caller = router.caller()) {
      caller.send(Request.post(CHAT, BODY));
      gate.awaitReached();
      beats.beat();
      caller.readHead();
      gate.open();
      assertEquals(BEAT + "data: one\n\n", caller.read().text());
    }
  }
}
