package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.hold;
import static llmhop.kit.Steps.holdUntilHangUp;
import static llmhop.kit.Steps.sse;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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

/// What becomes of those who wait, and of what was counted, when a new config is put into use; and
/// what those who wait hear.
class LiveLimitsTest {
  private static final String PATH = "/v1/chat/completions";
  private static final String BODY = "{\"model\":\"llama\",\"stream\":true}";
  private static final Request CHAT = Request.post(PATH, BODY);
  private static final Step FINE = answerJson(200, "{}");
  private static final String BEAT = ": keep-alive\n\n";

  private final Gate gate = new Gate();
  private ScriptedBackend backend;
  private ScriptedBackend other;

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
    other = ScriptedBackend.onTcp();
  }

  @AfterEach
  void end() {
    backend.close();
    other.close();
  }

  private String llama(String members) {
    return "{'models': {'llama': {'url': '" + backend.url() + "'" + members + "}}}";
  }

  private String ofBackends(String ofFirst, String members) {
    return "{'models': {'llama': {'urls': [{'url': '%s'%s}]%s}}}"
        .formatted(backend.url(), ofFirst, members);
  }

  private static void awaitQueued(RouterUnderTest router, int n) {
    Waiting.await(n + " in the queue", () -> router.gauge("queued") == n);
  }

  private static List<RawCaller> ask(RouterUnderTest router, int running, int waiting) {
    List<RawCaller> callers = new ArrayList<>();
    for (int i = 1; i <= running + waiting; i++) {
      RawCaller caller = router.caller();
      callers.add(caller);
      caller.send(CHAT);
      int n = i;
      if (n <= running) {
        Waiting.await(n + " at backends", () -> router.gauge("atBackends") == n);
      } else {
        awaitQueued(router, n - running);
      }
    }
    return callers;
  }

  private static void assertAnswered(List<RawCaller> callers) {
    for (RawCaller caller : callers) {
      assertEquals(200, caller.read().status());
      caller.close();
    }
  }

  // ---- those who wait

  @Test
  void aHigherLimitLetsInWhoWaits() {
    backend.always(hold(gate), FINE);
    try (var router = RouterUnderTest.of(llama(", 'maxConcurrent': 1, 'queue': {}"))) {
      List<RawCaller> callers = ask(router, 1, 3);
      router.reload(llama(", 'maxConcurrent': 3, 'queue': {}"));
      backend.awaitRequests(3);
      awaitQueued(router, 1);
      gate.open();
      assertAnswered(callers);
    }
  }

  @Test
  void aLimitThatIsTakenAwayLetsInAll() {
    backend.always(hold(gate), FINE);
    try (var router = RouterUnderTest.of(llama(", 'maxConcurrent': 1, 'queue': {}"))) {
      List<RawCaller> callers = ask(router, 1, 3);
      router.reload(llama(""));
      backend.awaitRequests(4);
      gate.open();
      assertAnswered(callers);
    }
  }

  @Test
  void whoWaitsForAModelThatIsRemovedIsAnsweredAllTheSame() {
    backend.always(hold(gate), FINE);
    String without = "{'models': {'qwen': {'url': '" + other.url() + "'}}}";
    try (var router = RouterUnderTest.of(llama(", 'maxConcurrent': 1, 'queue': {}"))) {
      List<RawCaller> callers = ask(router, 1, 2);
      router.reload(without);
      assertEquals(404, router.ask(CHAT).status());
      gate.open();
      assertAnswered(callers);
    }
  }

  @Test
  void whatIsInHandCountsUnderTheNextConfigToo() {
    backend.always(hold(gate), FINE);
    try (var router = RouterUnderTest.of(llama(", 'maxConcurrent': 3, 'queue': {}"))) {
      List<RawCaller> callers = ask(router, 3, 0);
      router.reload(llama(", 'maxConcurrent': 2"));
      assertEquals(Optional.of("queue_full"), router.ask(CHAT).jsonString("code"));
      gate.open();
      assertAnswered(callers);
      assertEquals(200, router.ask(CHAT).status());
    }
  }

  @Test
  void aBackendsLimitCountsWhatItHadBeforeItHadOne() {
    backend.always(hold(gate), FINE);
    try (var router = RouterUnderTest.of(ofBackends("", ""))) {
      List<RawCaller> callers = ask(router, 2, 0);
      backend.awaitRequests(2);
      router.reload(ofBackends(", 'maxConcurrent': 2", ", 'queue': {'wait': '60s'}"));
      RawCaller waiting = router.caller();
      callers.add(waiting);
      waiting.send(CHAT);
      awaitQueued(router, 1);
      assertEquals(2, backend.executions());
      gate.open();
      assertAnswered(callers);
    }
  }

  @Test
  void aBackendsHigherLimitLetsInWhoWaits() {
    backend.always(hold(gate), FINE);
    String queue = ", 'queue': {'wait': '60s'}";
    try (var router = RouterUnderTest.of(ofBackends(", 'maxConcurrent': 1", queue))) {
      List<RawCaller> callers = ask(router, 1, 2);
      router.reload(ofBackends(", 'maxConcurrent': 2", queue));
      backend.awaitRequests(2);
      awaitQueued(router, 1);
      router.reload(ofBackends("", ""));
      backend.awaitRequests(3);
      gate.open();
      assertAnswered(callers);
    }
  }

  @Test
  void whoWaitsForABackendOfOldHoldsUpNobodyWhoGoesToANewOne() {
    backend.always(hold(gate), FINE);
    other.always(FINE);
    String queue = ", 'queue': {'wait': '60s'}";
    try (var router = RouterUnderTest.of(ofBackends(", 'maxConcurrent': 1", queue))) {
      List<RawCaller> callers = ask(router, 1, 1);
      router.reload(ofBackends(", 'maxConcurrent': 1", queue).replace(backend.url(), other.url()));
      for (int i = 0; i < 3; i++) assertEquals(200, router.ask(CHAT).status());
      assertEquals(3, other.executions());
      gate.open();
      assertAnswered(callers);
      assertEquals(2, backend.executions());
    }
  }

  // ---- tokens

  @Test
  void whatATokenHasUsedIsUsedUnderTheNextConfigToo() {
    backend.always(FINE);
    String json =
        "{'authTokens': [{'name': 'ann', 'token': 't', 'rpm': %d}], 'models': {'llama': {'url':"
            + " '%s'}}}";
    Request chat = CHAT.withToken("t");
    try (var router = RouterUnderTest.of(json.formatted(3, backend.url()))) {
      for (int i = 0; i < 3; i++) assertEquals(200, router.ask(chat).status());
      assertEquals(429, router.ask(chat).status());
      router.reload(json.formatted(2, backend.url()));
      Answer refused = router.ask(chat);
      assertEquals(429, refused.status());
      assertEquals(Optional.of("2"), refused.field("x-ratelimit-limit-requests"));
      router.reload(json.formatted(0, backend.url()));
      assertTrue(router.ask(chat).text().contains("blocked"));
    }
  }

  // ---- what those who wait hear

  @Test
  void whoIsQueuedHearsHeartbeatsAndThenItsStream() {
    var beats = new ManualBeats();
    backend.next(hold(gate), sse("{\"n\":1}"));
    backend.next(sse("{\"n\":2}"));
    String json = llama(", 'maxConcurrent': 1, 'queue': {'wait': '60s'}, 'heartbeat': '15s'");
    try (var router = RouterUnderTest.of(json, Entrance.TCP, beats);
        RawCaller first = router.caller();
        RawCaller second = router.caller()) {
      first.send(Request.post(PATH, "{\"model\":\"llama\"}"));
      backend.awaitRequests(1);
      second.send(CHAT);
      awaitQueued(router, 1);
      // The first one asks for no stream: its heartbeat ends when it is due.
      for (int i = 0; i < 3; i++) beats.beat();
      assertTrue(second.readUntil(BEAT).contains("200"));
      gate.open();
      assertEquals(200, first.read().status());
      second.readUntil("{\"n\":2}");
    }
  }

  @Test
  void whoWaitsTooLongAfterAHeartbeatIsToldByAnEvent() {
    var beats = new ManualBeats();
    backend.always(holdUntilHangUp());
    String json = llama(", 'maxConcurrent': 1, 'queue': {'wait': '2s'}, 'heartbeat': '15s'");
    try (var router = RouterUnderTest.of(json, Entrance.TCP, beats);
        RawCaller first = router.caller();
        RawCaller second = router.caller()) {
      first.send(Request.post(PATH, "{\"model\":\"llama\"}"));
      backend.awaitRequests(1);
      second.send(CHAT);
      awaitQueued(router, 1);
      for (int i = 0; i < 2; i++) beats.beat();
      second.readUntil(BEAT);
      String event = second.readUntil("queue_full");
      assertTrue(event.contains("data: {\"error\":"), event);
      second.awaitClosedByPeer();
    }
  }

  @Test
  void whoHangsUpInTheQueueAmongHeartbeatsIsGone() {
    var beats = new ManualBeats();
    backend.next(hold(gate), FINE);
    backend.always(FINE);
    String json = llama(", 'maxConcurrent': 1, 'queue': {'wait': '60s'}, 'heartbeat': '15s'");
    try (var router = RouterUnderTest.of(json, Entrance.TCP, beats);
        RawCaller first = router.caller()) {
      first.send(Request.post(PATH, "{\"model\":\"llama\"}"));
      backend.awaitRequests(1);
      RawCaller leaver = router.caller();
      leaver.send(CHAT);
      awaitQueued(router, 1);
      for (int i = 0; i < 2; i++) beats.beat();
      leaver.readUntil(BEAT);
      leaver.close();
      awaitQueued(router, 0);
      gate.open();
      assertEquals(200, first.read().status());
      assertEquals(1, backend.executions());
    }
  }
}
