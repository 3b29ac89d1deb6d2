package llmhop.wire;

import static llmhop.kit.Steps.all;
import static llmhop.kit.Steps.answer;
import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.close;
import static llmhop.kit.Steps.closeAtNextRequest;
import static llmhop.kit.Steps.event;
import static llmhop.kit.Steps.head;
import static llmhop.kit.Steps.hold;
import static llmhop.kit.Steps.holdUntilHangUp;
import static llmhop.kit.Steps.lastChunk;
import static llmhop.kit.Steps.reset;
import static llmhop.kit.Steps.sseHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import llmhop.kit.Answer;
import llmhop.kit.Gate;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Step;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Which failures of a backend lead to another one of the same model, and which must not.
class FailoverTest {
  private static final String PATH = "/v1/chat/completions";
  private static final Request CHAT = Request.post(PATH, "{\"model\":\"llama\",\"stream\":true}");
  private static final Step FINE = answerJson(200, "{\"fine\":true}");
  private static final Step BUSY = answerJson(503, "{\"busy\":1}", "Retry-After: 7");

  private final List<ScriptedBackend> backends = new ArrayList<>();

  @BeforeEach
  void start() throws IOException {
    for (int i = 0; i < 3; i++) backends.add(ScriptedBackend.onTcp());
  }

  @AfterEach
  void end() {
    backends.forEach(ScriptedBackend::close);
  }

  private ScriptedBackend first() {
    return backends.get(0);
  }

  private ScriptedBackend second() {
    return backends.get(1);
  }

  private ScriptedBackend third() {
    return backends.get(2);
  }

  /// In turns, so that the first request goes to the first.
  private String urls(String... urls) {
    return "{'models': {'llama': {'balance': 'round-robin', 'urls': ['"
        + String.join("', '", urls)
        + "']";
  }

  private RouterUnderTest router(String members) {
    String urls = urls(first().url(), second().url(), third().url());
    return RouterUnderTest.of(urls + (members.isEmpty() ? "" : ", " + members) + "}}}");
  }

  private static void assertBy(String label, Answer answer) {
    assertEquals(200, answer.status(), answer::toString);
    assertEquals(Optional.of(label), answer.field("X-LLMhop-Backend"));
  }

  // ---- no connection

  @Test
  void aClosedPortNeverSurfacesWhileAnotherBackendIsThere() throws IOException {
    int closed = ScriptedBackend.unusedPort();
    second().always(FINE);
    String urls = urls("http://127.0.0.1:" + closed, second().url());
    try (var router = RouterUnderTest.of(urls + "}}}")) {
      for (int i = 0; i < 20; i++) assertBy("llama#2", router.ask(CHAT));
      assertEquals(20, second().executions());
      assertTrue(router.err().contains("llama#1 is down: can't connect"), router.err());
    }
  }

  @Test
  void oneFurtherBackendIsTriedAndNoMoreUnlessToldSo() throws IOException {
    String closed = "http://127.0.0.1:" + ScriptedBackend.unusedPort();
    String also = "http://127.0.0.1:" + ScriptedBackend.unusedPort();
    third().always(FINE);
    try (var router = RouterUnderTest.of(urls(closed, also, third().url()) + "}}}")) {
      Answer answer = router.ask(CHAT);
      assertEquals(502, answer.status());
      assertEquals(Optional.of("backend_unreachable"), answer.jsonString("code"));
      assertEquals(Optional.of("true"), answer.field("x-should-retry"));
    }
    String twice = urls(closed, also, third().url()) + ", 'retries': 2}}}";
    try (var router = RouterUnderTest.of(twice)) {
      assertBy("llama#3", router.ask(CHAT));
    }
  }

  @Test
  void withoutRetriesTheFirstFailureIsTheAnswer() throws IOException {
    String closed = "http://127.0.0.1:" + ScriptedBackend.unusedPort();
    second().always(FINE);
    String json = urls(closed, second().url()) + ", 'retries': 0}}}";
    try (var router = RouterUnderTest.of(json)) {
      assertEquals(502, router.ask(CHAT).status());
    }
  }

  @Test
  void neverTheSameBackendTwice() throws IOException {
    first().always(BUSY);
    second().always(BUSY);
    third().always(BUSY);
    try (var router = router("'retries': 10")) {
      Answer answer = router.ask(CHAT);
      assertEquals(503, answer.status());
      assertEquals(Optional.of("7"), answer.field("Retry-After"));
      assertEquals("{\"busy\":1}", answer.text());
      for (ScriptedBackend backend : backends) assertEquals(1, backend.executions());
    }
  }

  // ---- a kept connection that is dead

  @Test
  void aDeadKeptConnectionToABackendThatIsGoneLeadsToAnother() throws IOException {
    first().next(FINE, closeAtNextRequest());
    second().always(FINE);
    String urls = urls(first().url(), second().url());
    try (var router = RouterUnderTest.of(urls + "}}}");
        var caller = router.caller()) {
      assertBy("llama#1", caller.ask(CHAT));
      assertBy("llama#2", caller.ask(CHAT));
      first().close();
      backends.remove(first());
      assertBy("llama#2", caller.ask(CHAT));
    }
  }

  // ---- busy

  @ParameterizedTest
  @ValueSource(ints = {429, 503})
  void busyIsTriedElsewhereWhereTheConfigAsksForIt(int status) {
    first().always(answerJson(status, "{}", "Retry-After: 7"));
    second().always(FINE);
    third().always(FINE);
    try (var router = router("'retries': 1")) {
      assertBy("llama#2", router.ask(CHAT));
      assertEquals(1, first().executions());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {429, 503})
  void busyPassesUntouchedWhereItDoesNot(int status) {
    first().always(answerJson(status, "{\"busy\":1}", "Retry-After: 7", "X-Own: yes"));
    try (var router = router("")) {
      Answer answer = router.ask(CHAT);
      assertEquals(status, answer.status());
      assertEquals("{\"busy\":1}", answer.text());
      assertEquals(Optional.of("7"), answer.field("Retry-After"));
      assertEquals(Optional.of("yes"), answer.field("X-Own"));
      assertEquals(Optional.empty(), answer.field("X-LLMhop-Error"));
      assertEquals(0, second().executions());
    }
  }

  @Test
  void aBusyAnswerThatNeverEndsIsNotWaitedFor() {
    first().always(all(head(503, "Transfer-Encoding: chunked"), holdUntilHangUp()));
    second().always(FINE);
    third().always(FINE);
    try (var router = router("'retries': 1")) {
      assertBy("llama#2", router.ask(CHAT));
      first().awaitHangUp(1);
    }
  }

  @Test
  void whoSaidThatItIsBusyHasNothingInHandWhileTheNextOneWorks() {
    var gate = new Gate();
    first().always(BUSY);
    second().always(all(hold(gate), FINE));
    try (var router = router("'retries': 1");
        var caller = router.caller()) {
      caller.send(CHAT);
      gate.awaitReached();
      assertEquals(1, router.gauge("atBackends"), "one request is in one hand");
      gate.open();
      assertBy("llama#2", caller.read());
    }
  }

  @Test
  void aLargeBusyAnswerIsGivenWholeWhenTheNextOneIsGone() throws IOException {
    byte[] body = new byte[300_000];
    Arrays.fill(body, (byte) 'x');
    first().always(answer(503, body, "Content-Type: text/plain"));
    String closed = "http://127.0.0.1:" + ScriptedBackend.unusedPort();
    String json = urls(first().url(), closed) + ", 'retries': 1}}}";
    try (var router = RouterUnderTest.of(json)) {
      Answer answer = router.ask(CHAT);
      assertEquals(503, answer.status());
      assertEquals(300_000, answer.text().length());
      assertTrue(answer.clean());
    }
  }

  @Test
  void theConnectionOfABusyAnswerLivesOn() {
    first().always(BUSY);
    second().always(FINE);
    third().always(FINE);
    try (var router = router("'retries': 1");
        var caller = router.caller()) {
      for (int i = 0; i < 9; i++) assertEquals(200, caller.ask(CHAT).status());
      assertEquals(1, first().connections());
    }
  }

  @Test
  void whatABackendSaidIsBetterThanThatTheNextIsGone() throws IOException {
    first().always(BUSY);
    String closed = "http://127.0.0.1:" + ScriptedBackend.unusedPort();
    String json = urls(first().url(), closed) + ", 'retries': 1}}}";
    try (var router = RouterUnderTest.of(json)) {
      Answer answer = router.ask(CHAT);
      assertEquals(503, answer.status());
      assertEquals("{\"busy\":1}", answer.text());
      assertEquals(Optional.of("llama#1"), answer.field("X-LLMhop-Backend"));
    }
  }

  @Test
  void butThatTheNextMayHaveRunItMattersMore() {
    first().always(BUSY);
    second().always(reset());
    try (var router = router("'retries': 1")) {
      Answer answer = router.ask(CHAT);
      assertEquals(502, answer.status());
      assertEquals(Optional.of("backend_bad_reply"), answer.jsonString("code"));
      assertEquals(Optional.of("false"), answer.field("x-should-retry"));
    }
  }

  @Test
  void busyDoesNotTakeABackendOut() {
    first().always(BUSY);
    second().always(FINE);
    third().always(FINE);
    try (var router = router("'retries': 1")) {
      for (int i = 0; i < 30; i++) assertEquals(200, router.ask(CHAT).status());
      assertTrue(first().executions() >= 9, "it keeps its turns: " + first().executions());
      assertEquals("", router.err());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 404, 500, 502, 504})
  void otherStatusesAreAnAnswerAndNeverRepeated(int status) {
    first().always(answerJson(status, "{}"));
    try (var router = router("'retries': 2")) {
      assertEquals(status, router.ask(CHAT).status());
      assertEquals(1, first().executions());
      assertEquals(0, second().executions() + third().executions());
    }
  }

  // ---- what may have run

  @Test
  void aResetBeforeTheFirstByteIsNotRepeatedSinceTheRequestMayHaveRun() {
    first().always(reset());
    try (var router = router("'retries': 2")) {
      Answer answer = router.ask(CHAT);
      assertEquals(502, answer.status());
      assertEquals(Optional.of("backend_bad_reply"), answer.jsonString("code"));
      assertEquals(Optional.of("false"), answer.field("x-should-retry"));
      assertEquals(0, second().executions() + third().executions());
    }
  }

  @Test
  void aBackendThatResetsIsLeftAloneAfterThreeInARow() {
    first().always(reset());
    second().always(FINE);
    third().always(FINE);
    try (var router = router("")) {
      int failed = 0;
      for (int i = 0; i < 30; i++) failed += router.ask(CHAT).status() == 502 ? 1 : 0;
      assertEquals(3, failed);
      assertTrue(router.err().contains("llama#1 is down"), router.err());
    }
  }

  @Test
  void whereFailoverIsOnTheHeadWaitsForTheFirstByteSoThatAResetIsAnError() {
    first().always(all(sseHead(), reset()));
    try (var router = router("'retries': 1")) {
      Answer answer = router.ask(CHAT);
      assertEquals(502, answer.status());
      assertEquals(Optional.of("backend_bad_reply"), answer.jsonString("code"));
    }
  }

  @Test
  void aResetAfterTheFirstByteEndsTheStreamVisibly() {
    first().always(all(sseHead(), event("{\"n\":1}"), reset()));
    try (var router = router("'retries': 2")) {
      Answer answer = router.ask(CHAT);
      assertEquals(200, answer.status());
      assertTrue(answer.text().contains("{\"n\":1}"), answer::text);
      assertTrue(answer.text().contains("backend_bad_reply"), answer::text);
      assertFalse(answer.text().contains("[DONE]"), answer::text);
      assertFalse(answer.clean());
      assertEquals(0, second().executions() + third().executions());
    }
  }

  @Test
  void aHangIsATimeoutAndNotRepeatedOnTheSameModel() {
    first().always(holdUntilHangUp());
    try (var router = router("'retries': 2, 'timeouts': {'firstByte': '200ms'}")) {
      Answer answer = router.ask(CHAT);
      assertEquals(504, answer.status());
      assertEquals(Optional.of("backend_timeout"), answer.jsonString("code"));
      assertEquals(0, second().executions() + third().executions());
    }
  }

  @Test
  void anAnswerWithoutABodyIsNotHeldBack() {
    first().always(head(204));
    try (var router = router("'retries': 1")) {
      assertEquals(204, router.ask(CHAT).status());
    }
  }

  @Test
  void aWholeStreamPassesWhereTheHeadIsHeld() {
    first().always(all(sseHead(), event("1"), event("2"), lastChunk()));
    try (var router = router("'retries': 1")) {
      Answer answer = router.ask(CHAT);
      assertEquals("data: 1\n\ndata: 2\n\n", answer.text());
      assertTrue(answer.clean());
    }
  }

  @Test
  void anAnswerUntilTheConnectionEndsPassesToo() {
    first().always(all(head(200, "Connection: close", "Content-Type: text/plain"), close()));
    try (var router = router("'retries': 1")) {
      assertEquals(200, router.ask(CHAT).status());
    }
  }
}
