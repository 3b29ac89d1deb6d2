package llmhop.wire;

import static llmhop.kit.Steps.all;
import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.byRequest;
import static llmhop.kit.Steps.close;
import static llmhop.kit.Steps.interim;
import static llmhop.kit.Steps.readBody;
import static llmhop.kit.Steps.reset;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import llmhop.kit.Answer;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Seen;
import llmhop.kit.Step;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A request that kills the backend that reads it. One backend of a fleet may die of it, no more.
class PoisonTest {
  private static final String PATH = "/v1/chat/completions";
  private static final Request CHAT = Request.post(PATH, "{\"model\":\"llama\"}");
  private static final Request POISON =
      Request.post(PATH, "{\"model\":\"llama\",\"x\":\"poison\"}");
  private static final int BACKENDS = 3;

  /// Longer than the 100 ms in which an end may be the end of an idle connection.
  private static final long WORK_MILLIS = 250;

  private final List<ScriptedBackend> backends = new ArrayList<>();
  private final AtomicInteger deaths = new AtomicInteger();

  @BeforeEach
  void start() throws IOException {
    for (int i = 0; i < BACKENDS; i++) {
      backends.add(ScriptedBackend.onTcp());
    }
  }

  @AfterEach
  void end() {
    backends.forEach(ScriptedBackend::close);
  }

  private static boolean isPoison(Seen seen) {
    return seen.text().contains("poison");
  }

  /// All backends answer, and each that reads the poison does this and is gone.
  private void whenPoisoned(Step dying) {
    for (ScriptedBackend backend : backends) {
      Step dies =
          visit -> {
            deaths.incrementAndGet();
            dying.perform(visit);
            Thread.ofVirtual().start(backend::close);
          };
      backend.always(byRequest(seen -> isPoison(seen) ? dies : answerJson(200, "{}")));
    }
  }

  private RouterUnderTest fleet(String members) {
    List<String> urls = backends.stream().map(each -> "'" + each.url() + "'").toList();
    return RouterUnderTest.of(
        "{'models': {'llama': {'urls': [%s], 'balance': 'round-robin'%s}}}"
            .formatted(String.join(", ", urls), members));
  }

  /// Each backend keeps a connection to the router afterwards.
  private void warm(RouterUnderTest router) {
    for (int i = 0; i < BACKENDS; i++) {
      assertEquals(200, router.ask(CHAT).status());
    }
    assertEquals(BACKENDS, router.gauge("idleBackendConnections"));
  }

  private static void assertMayHaveRun(Answer answer) {
    assertEquals(502, answer.status(), answer::toString);
    assertEquals(Optional.of("backend_bad_reply"), answer.jsonString("code"));
    assertEquals(Optional.of("false"), answer.field("x-should-retry"));
  }

  private static Step works() {
    return visit -> WaitingTime.pass(WORK_MILLIS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ", 'retries': 5", ", 'waitForBackend': '5s', 'retries': 5"})
  void poisonThatKillsAfterWorkKillsOneBackend(String members) {
    whenPoisoned(works());
    try (var router = fleet(members)) {
      warm(router);
      assertMayHaveRun(router.ask(POISON));
      assertEquals(1, deaths.get());
      for (int i = 0; i < 2 * BACKENDS; i++) {
        Answer answer = router.ask(CHAT);
        assertTrue(answer.status() == 200, answer::toString);
      }
    }
  }

  @Test
  void poisonThatKillsAtOnceGoesToNoOtherBackendWithoutRetries() {
    whenPoisoned(visit -> {});
    try (var router = fleet("")) {
      warm(router);
      assertMayHaveRun(router.ask(POISON));
      assertEquals(1, deaths.get());
    }
  }

  @Test
  void poisonThatKillsAtOnceGoesToNoOtherModelWithoutRetries() throws IOException {
    whenPoisoned(visit -> {});
    try (var other = ScriptedBackend.onTcp();
        var router =
            RouterUnderTest.of(
                ("{'models': {'llama': {'url': '%s', 'fallback': ['small']},"
                        + " 'small': {'url': '%s'}}}")
                    .formatted(backends.getFirst().url(), other.url()))) {
      assertEquals(200, router.ask(CHAT).status());
      assertMayHaveRun(router.ask(POISON));
      assertEquals(0, other.executions());
      assertEquals(1, deaths.get());
    }
  }

  /// A backend that dies may still have taken the second connection, which ends the request too.
  @ParameterizedTest
  @CsvSource({"0, 1", "1, 2"})
  void poisonThatKillsAtOnceGoesOnAtMostAsOftenAsRetriesSay(int retries, int mostKilled) {
    whenPoisoned(visit -> {});
    try (var router = fleet(", 'retries': " + retries)) {
      warm(router);
      assertMayHaveRun(router.ask(POISON));
      assertTrue(deaths.get() <= mostKilled, deaths + " backends died");
    }
  }

  /// The end of a connection says nothing of the other backends.
  @Test
  void oneDeadConnectionCountsAgainstItsOwnBackendOnly() {
    for (ScriptedBackend backend : backends) {
      backend.always(
          byRequest(seen -> isPoison(seen) ? all(works(), close()) : answerJson(200, "{}")));
    }
    try (var router = fleet(", 'whenAllDown': 'refuse'")) {
      warm(router);
      for (int i = 0; i < 2; i++) {
        assertMayHaveRun(router.ask(POISON));
      }
      for (int i = 0; i < BACKENDS; i++) {
        assertEquals(200, router.ask(CHAT).status());
      }
      assertEquals("", router.err());
    }
  }

  private static Step death(String kind) {
    return kind.equals("reset") ? reset() : close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"close", "reset"})
  void endSoonAfterTheRequestIsTheEndOfAnIdleConnection(String kind) {
    ScriptedBackend backend = backends.getFirst();
    backend.next(answerJson(200, "{}"));
    backend.next(death(kind));
    backend.next(answerJson(200, "{\"second\":true}"));
    try (var router = RouterUnderTest.inNoTime(backend)) {
      assertEquals(200, router.ask(CHAT).status());
      assertEquals("{\"second\":true}", router.ask(CHAT).text());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"close", "reset"})
  void requestIsNotSentAgainAfterALargeBodyWasRead(String kind) {
    ScriptedBackend backend = backends.getFirst();
    backend.keepOfEachBody(1000);
    backend.next(answerJson(200, "{}"));
    backend.nextBeforeBody(readBody(), death(kind));
    String body = "{\"model\":\"llama\",\"x\":\"" + "y".repeat(16_000_000) + "\"}";
    try (var router = RouterUnderTest.to(backend)) {
      assertEquals(200, router.ask(CHAT).status());
      assertMayHaveRun(router.ask(Request.post(PATH, body)));
      assertEquals(2, backend.executions());
    }
  }

  /// A kernel resets a connection whose program left bytes unread, so an end in order says that all
  /// was read.
  @Test
  void requestIsNotSentAgainWhenAllOfABodyOf100KilobytesWasRead() {
    ScriptedBackend backend = backends.getFirst();
    backend.next(answerJson(200, "{}"));
    backend.next(close());
    String body = "{\"model\":\"llama\",\"x\":\"" + "y".repeat(100_000) + "\"}";
    try (var router = RouterUnderTest.to(backend)) {
      assertEquals(200, router.ask(CHAT).status());
      assertMayHaveRun(router.ask(Request.post(PATH, body)));
      assertEquals(2, backend.executions());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 102, 103})
  void requestIsNotSentAgainAfterAnInterimAnswer(int status) {
    ScriptedBackend backend = backends.getFirst();
    backend.next(answerJson(200, "{}"));
    backend.next(interim(status), close());
    try (var router = RouterUnderTest.to(backend)) {
      assertEquals(200, router.ask(CHAT).status());
      assertMayHaveRun(router.ask(CHAT));
      assertEquals(2, backend.executions());
    }
  }

  /// A probe asks on kept connections too, and is no reason to ask twice.
  @Test
  void probeThatItsBackendDropsAfterWorkIsNotSentAgain() {
    ScriptedBackend backend = backends.getFirst();
    var probes = new AtomicInteger();
    backend.always(
        byRequest(
            seen -> {
              boolean probe = seen.target().equals("/health");
              return probe && probes.incrementAndGet() == 2
                  ? all(works(), close())
                  : answerJson(200, "{}");
            }));
    try (var router =
        RouterUnderTest.to(backend, "'health': {'path': '/health', 'every': '1s', 'down': 1}")) {
      Waiting.await("the probe's failure to be told", () -> router.err().contains("is down"));
      assertEquals(2, probes.get());
    }
  }
}
