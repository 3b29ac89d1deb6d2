package llmhop.wire;

import static llmhop.kit.Steps.all;
import static llmhop.kit.Steps.answer;
import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.close;
import static llmhop.kit.Steps.closeAtNextRequest;
import static llmhop.kit.Steps.drip;
import static llmhop.kit.Steps.head;
import static llmhop.kit.Steps.hold;
import static llmhop.kit.Steps.holdUntilHangUp;
import static llmhop.kit.Steps.raw;
import static llmhop.kit.Steps.reset;
import static llmhop.kit.Steps.sseHead;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import llmhop.kit.Answer;
import llmhop.kit.Gate;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Seen;
import llmhop.kit.Stage;
import llmhop.kit.Step;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What may be sent again, the one rule: a request that went out on a reused connection which died
/// with no byte of answer; once, and never after a byte. And what ends a request that takes too
/// long.
class SafeResendTest {
  private static final String PATH = "/v1/chat/completions";
  private static final Request CHAT = Request.post(PATH, "{\"model\":\"llama\",\"stream\":true}");
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

  /// How a connection dies that was kept after an answer.
  enum Death {
    CLOSED(close()),
    CLOSED_WHILE_WE_WRITE(closeAtNextRequest()),
    RESET(reset());

    private final Step step;

    Death(Step step) {
      this.step = step;
    }
  }

  private static String letters(int length, int seed) {
    var random = new Random(seed);
    byte[] letters = new byte[length];
    for (int i = 0; i < length; i++) {
      letters[i] = (byte) ('a' + random.nextInt(26));
    }
    return new String(letters, StandardCharsets.US_ASCII);
  }

  private static String chat(String model, int length) {
    return "{\"x\":\"" + letters(length, 1) + "\",\"model\":\"" + model + "\"}";
  }

  private static void assertFine(Answer answer) {
    assertEquals(200, answer.status(), answer::toString);
    assertTrue(answer.clean(), answer::toString);
  }

  private static void assertBadReply(Answer answer) {
    assertEquals(502, answer.status(), answer::toString);
    assertEquals(Optional.of("backend_bad_reply"), answer.jsonString("code"));
    assertEquals(Optional.of("false"), answer.field("x-should-retry"));
  }

  // ---- a reused connection that is dead

  @ParameterizedTest
  @EnumSource
  void aBackendThatClosesRightAfterItsAnswersLosesNoRequest(Death death) {
    int times = 300;
    backend.always(FINE, death.step);
    try (var router = RouterUnderTest.inNoTime(backend);
        RawCaller caller = router.caller()) {
      for (int i = 0; i < times; i++) {
        assertFine(caller.ask(CHAT));
      }
      assertEquals(times, backend.executions(), "each ran once");
    }
  }

  @Test
  void aRequestOnADeadConnectionIsSentOnceMoreOnANewOneUnderAnotherId() {
    backend.next(FINE);
    backend.next(reset());
    backend.next(FINE);
    try (var router = RouterUnderTest.inNoTime(backend)) {
      assertFine(router.ask(CHAT));
      Answer answer = router.ask(CHAT.with("X-Request-Id: mine"));
      assertFine(answer);
      assertEquals(Optional.of("mine"), answer.field("X-Request-Id"));
    }
    List<Seen> seen = backend.requests();
    assertEquals(3, seen.size());
    assertEquals(List.of(1, 1, 2), seen.stream().map(Seen::connection).toList());
    String first = seen.get(1).field("X-Request-Id").orElseThrow();
    String second = seen.get(2).field("X-Request-Id").orElseThrow();
    assertTrue(first.startsWith("mine-") && second.startsWith("mine-"), first + " " + second);
    assertNotEquals(first, second, "an engine must not see an id twice");
    assertEquals(CHAT.target(), seen.get(2).target());
    assertArrayEquals(CHAT.body(), seen.get(2).body());
  }

  @Test
  void theSecondSendGoesToANewConnectionEvenIfOthersAreKept() {
    var gate = new Gate();
    backend.next(hold(gate), FINE, closeAtNextRequest());
    backend.next(hold(gate), FINE, closeAtNextRequest());
    backend.next(FINE);
    try (var router = RouterUnderTest.inNoTime(backend);
        RawCaller one = router.caller();
        RawCaller other = router.caller()) {
      one.send(CHAT);
      other.send(CHAT);
      backend.awaitRequests(2);
      gate.open();
      assertFine(one.read());
      assertFine(other.read());
      assertEquals(2, router.gauge("idleBackendConnections"));
      assertFine(one.ask(CHAT));
    }
    assertEquals(3, backend.executions());
    assertEquals(3, backend.request(3).connection(), "the other kept one may be dead as well");
  }

  @Test
  void aSecondSendThatDiesTooIsTheLast() {
    backend.next(FINE);
    backend.next(reset());
    backend.next(reset());
    try (var router = RouterUnderTest.inNoTime(backend)) {
      assertFine(router.ask(CHAT));
      assertBadReply(router.ask(CHAT));
    }
    assertEquals(3, backend.executions());
  }

  @ParameterizedTest
  @ValueSource(strings = {"H", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 100 Continue\r\n\r\n", "x"})
  void afterAByteOfAnswerNothingIsSentAgain(String begun) {
    for (Step death : List.of(close(), reset())) {
      backend.next(FINE);
      backend.next(drip(begun), death);
    }
    try (var router = RouterUnderTest.inNoTime(backend)) {
      for (int i = 0; i < 2; i++) {
        assertFine(router.ask(CHAT));
        assertBadReply(router.ask(CHAT));
      }
    }
    assertEquals(4, backend.executions());
  }

  @Test
  void onANewConnectionNothingIsSentAgain() {
    backend.next(close());
    backend.next(reset());
    backend.nextBeforeBody(reset());
    try (var router = RouterUnderTest.inNoTime(backend)) {
      for (int i = 0; i < 3; i++) {
        assertBadReply(router.ask(CHAT));
      }
    }
    assertEquals(3, backend.requests().size());
    assertEquals(3, backend.connections());
  }

  @Test
  void aLargeBodyIsSentAgainByteForByte() {
    String renamed = chat("llama", 1 << 20);
    Request large = Request.post(PATH, chat("uno", 1 << 20));
    try (var router = RouterUnderTest.to(backend, "'aliases': ['uno']")) {
      int sent = 0;
      for (Request request : List.of(large, large.chunked(70_000))) {
        backend.next(FINE);
        backend.nextBeforeBody(reset());
        backend.next(FINE);
        assertFine(router.ask(CHAT));
        assertFine(router.ask(request));
        sent += 3;
        assertTrue(backend.request(sent).text().equals(renamed), "every byte, the name spliced");
        backend.next(all(FINE, reset()));
        assertFine(router.ask(CHAT));
        sent++;
      }
      assertEquals(6, backend.executions(), "two of eight died before they were whole");
    }
  }

  @Test
  void aBodyThatStreamsThroughCanNotBeSentAgain() {
    Request streamed = Request.post("/route/llama" + PATH, chat("llama", 900_000));
    backend.next(FINE, closeAtNextRequest());
    try (var router = RouterUnderTest.inNoTime(backend)) {
      assertFine(router.ask(CHAT));
      assertBadReply(router.ask(streamed));
      assertEquals(1, backend.requests().size());
      backend.next(FINE);
      assertFine(router.ask(streamed));
      assertArrayEquals(streamed.body(), backend.request(2).body());
    }
  }

  @Test
  void aSmallBodyUnderARouteIsBufferedAndSentAgain() {
    Request small = Request.post("/route/llama" + PATH, "{\"x\":1}");
    backend.next(FINE, closeAtNextRequest());
    backend.next(FINE);
    try (var router = RouterUnderTest.inNoTime(backend)) {
      assertFine(router.ask(CHAT));
      assertFine(router.ask(small));
    }
    assertEquals("{\"x\":1}", backend.request(2).text());
  }

  // ---- an answer that comes before the body is through

  @Test
  void anEarlyAnswerIsRelayedWhetherTheBackendClosesOrStopsReading() {
    Request huge = Request.post(PATH, chat("llama", 10 << 20));
    String early = "{\"error\":{\"message\":\"too long for this engine\"}}";
    var gate = new Gate();
    Request streamed = Request.post("/route/llama" + PATH, chat("llama", 10 << 20));
    try (var router = RouterUnderTest.to(backend)) {
      for (Request request : List.of(huge, streamed)) {
        for (Step then : List.of(close(), hold(gate))) {
          backend.nextBeforeBody(answerJson(413, early), then);
          try (RawCaller caller = router.caller()) {
            caller.sendHead(request);
            caller.sendMeanwhile(request.body());
            Answer answer = caller.read();
            assertEquals(413, answer.status(), answer::toString);
            assertEquals(early, answer.text());
            assertEquals(Optional.empty(), answer.field("X-LLMhop-Error"), "it is the backend's");
          }
        }
      }
      gate.open();
      backend.next(FINE);
      assertFine(router.ask(CHAT));
      assertEquals(5, backend.connections(), "a half-sent request spoils its connection");
      assertEquals(1, backend.executions());
    }
  }

  // ---- limits on time

  private RouterUnderTest limited(String timeouts) {
    return RouterUnderTest.to(backend, "'timeouts': {" + timeouts + "}");
  }

  private static void assertTimeout(Answer answer, String which) {
    assertEquals(504, answer.status(), answer::toString);
    assertEquals(Optional.of("backend_timeout"), answer.jsonString("code"));
    assertEquals(Optional.of("backend_timeout"), answer.field("X-LLMhop-Error"));
    assertEquals(Optional.of("false"), answer.field("x-should-retry"));
    assertTrue(answer.text().contains("'" + which + "'"), answer::text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"firstByte", "total"})
  void aBackendThatSendsNoHeadInTimeIsA504ThatNamesTheLimit(String which) {
    backend.next(holdUntilHangUp());
    try (var router = limited("'" + which + "': '80ms'")) {
      assertTimeout(router.ask(CHAT), which);
      backend.awaitHangUp(1);
      assertEquals(1, backend.executions());
    }
  }

  @Test
  void aHeadAloneIsNoFirstByte() {
    backend.next(sseHead(), holdUntilHangUp());
    backend.next(head(200, "Content-Length: 5"), holdUntilHangUp());
    try (var router = limited("'firstByte': '80ms'")) {
      assertTimeout(router.ask(CHAT), "firstByte");
      backend.awaitHangUp(1);
      assertTimeout(router.ask(CHAT), "firstByte");
      backend.awaitHangUp(2);
    }
  }

  @Test
  void onAReusedConnectionATimeoutIsNoDeath() {
    backend.next(FINE);
    backend.next(holdUntilHangUp());
    try (var router = limited("'firstByte': '80ms'")) {
      assertFine(router.ask(CHAT));
      assertTimeout(router.ask(CHAT), "firstByte");
      backend.awaitHangUp(1);
    }
    assertEquals(2, backend.executions());
    assertEquals(1, backend.connections());
  }

  @ParameterizedTest
  @ValueSource(strings = {"idle", "total"})
  void aStreamOverALimitEndsWithAnErrorEventAndACut(String which) {
    backend.next(sseHead(), raw("3\r\n: x\r\n2\r\n\n\n\r\n"), holdUntilHangUp());
    try (var router = limited("'" + which + "': '80ms'")) {
      Answer answer = router.ask(CHAT);
      assertEquals(200, answer.status());
      assertEquals(Answer.End.CUT, answer.end(), "no last chunk");
      assertTrue(answer.text().startsWith(": x\n\ndata: {\"error\":{"), answer::text);
      assertTrue(answer.text().contains("\"code\":\"backend_timeout\""), answer::text);
      assertTrue(answer.text().contains("'" + which + "'"), answer::text);
      assertFalse(answer.text().contains("[DONE]"));
      backend.awaitHangUp(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"idle", "total"})
  void aPlainAnswerOverALimitIsCut(String which) {
    backend.next(head(200, "Content-Length: 5"), raw("abc"), holdUntilHangUp());
    try (var router = limited("'" + which + "': '80ms'")) {
      Answer answer = router.ask(CHAT);
      assertEquals(Answer.End.CUT, answer.end());
      assertEquals("abc", answer.text());
      backend.awaitHangUp(1);
    }
  }

  /// A request that stalls until its own limit is this test's clock.
  @Test
  void aStreamThatKeepsMovingOutlivesFirstByteAndIdle() {
    Stage stage = new Stage();
    backend.next(sseHead(), stage);
    List<Step> stalls = List.of(holdUntilHangUp(), holdUntilHangUp(), holdUntilHangUp());
    stalls.forEach(backend::next);
    try (var router =
            RouterUnderTest.of(
                """
                {'models': {
                   'llama': {'url': '%1$s', 'timeouts': {'firstByte': '400ms', 'idle': '1300ms'}},
                   'clock': {'url': '%1$s', 'timeouts': {'firstByte': '450ms'}}}}
                """
                    .formatted(backend.url()));
        RawCaller caller = router.caller()) {
      caller.send(CHAT);
      stage.event("0");
      assertEquals(200, caller.readHead().status());
      caller.readUntil("data: 0\n\n");
      for (int i = 1; i <= stalls.size(); i++) {
        assertTimeout(router.ask(Request.post(PATH, "{\"model\":\"clock\"}")), "firstByte");
        stage.event("" + i);
        caller.readUntil("data: " + i + "\n\n");
      }
      stage.end();
      assertEquals(Answer.End.LAST_CHUNK, caller.read().end());
    }
  }

  // ---- how long a connection is kept

  private int connectionsForThree(Step answer, String members) {
    List<Answer> answers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      backend.next(answer);
    }
    try (var router = RouterUnderTest.to(backend, members)) {
      for (int i = 0; i < 3; i++) {
        answers.add(router.ask(CHAT));
      }
    }
    answers.forEach(SafeResendTest::assertFine);
    assertEquals(3, backend.executions());
    return backend.connections();
  }

  @Test
  void aConnectionIsUsedAgain() {
    assertEquals(1, connectionsForThree(FINE, "'keepAlive': '60s'"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Connection: close",
        "connection: x, CLOSE",
        "Keep-Alive: timeout=1",
        "Keep-Alive: max=9, Timeout=0"
      })
  void aBackendThatWillCloseIsTakenAtItsWord(String field) {
    assertEquals(3, connectionsForThree(answerJson(200, "{}", field), "'keepAlive': '60s'"));
  }

  @Test
  void aBackendThatSaysItKeepsLongerIsUsedAgain() {
    assertEquals(
        1, connectionsForThree(answerJson(200, "{}", "Keep-Alive: timeout=5"), "'hosted': false"));
  }

  @Test
  void withKeepAliveZeroEachRequestHasItsConnection() {
    Step announced = answerJson(200, "{}", "Keep-Alive: timeout=60");
    assertEquals(3, connectionsForThree(announced, "'keepAlive': '0s'"));
  }

  @Test
  void anAnswerOfHttp10KeepsItsConnectionOnlyWhenItSaysSo() {
    String old = "HTTP/1.0 200 OK\r\n%sContent-Length: 2\r\n\r\n{}";
    assertEquals(3, connectionsForThree(raw(old.formatted("")), "'keepAlive': '60s'"));
    try (var another = RouterUnderTest.to(backend)) {
      backend.next(raw(old.formatted("Connection: keep-alive\r\n")));
      backend.next(answer(204));
      assertFine(another.ask(CHAT));
      assertEquals(204, another.ask(CHAT).status());
      assertEquals(4, backend.connections());
    }
  }

  @Test
  void anIdleConnectionIsClosedInTimeThoughNobodyAsks() {
    backend.next(answerJson(200, "{}", "Keep-Alive: timeout=60"));
    try (var router = RouterUnderTest.to(backend, "'keepAlive': '100ms'")) {
      assertFine(router.ask(CHAT));
      backend.awaitHangUp(1);
      assertEquals(0, router.gauge("idleBackendConnections"));
    }
  }
}
