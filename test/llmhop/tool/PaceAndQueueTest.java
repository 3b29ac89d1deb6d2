package llmhop.tool;

import static llmhop.tool.Simulator.at;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import llmhop.kit.Answer;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.Test;

/// When things come, and what happens when the caller doesn't wait for them.
class PaceAndQueueTest {
  private static final String RUNNING = "vllm:num_requests_running{model_name=\"llama\"}";
  private static final String WAITING = "vllm:num_requests_waiting{model_name=\"llama\"}";
  private static final String CACHE = "vllm:kv_cache_usage_perc{model_name=\"llama\"}";

  private static final String[] SLOW = {
    "--ttft", "300ms", "--tokens-per-second", "10", "--tokens", "8", "--max-running", "1"
  };

  @Test
  void theHeadOfAStreamComesAtOnceAndEachTokenInItsTime() {
    try (Simulator simulator = Simulator.standing(SLOW);
        RawCaller caller = simulator.caller()) {
      caller.send(stream("a"));
      assertEquals(200, caller.readHead().status());
      simulator.awaitWaiting(1);
      simulator.time().advance(Duration.ofMillis(299));
      simulator.time().advance(Duration.ofMillis(1));
      String first = caller.readUntil("[simulated llama]");
      assertTrue(first.startsWith("data: {\"id\":\"chatcmpl-a\""), first);
      assertFalse(first.contains("\" I\""), first);
      simulator.awaitWaiting(1);
      simulator.time().advance(Duration.ofMillis(100));
      String second = caller.readUntil("\" I\"");
      assertFalse(second.contains("\" read\""), second);
      simulator.awaitWaiting(1);
      simulator.time().advance(Duration.ofMillis(600));
      assertTrue(caller.readUntil("[DONE]").contains("\"stop\""));
    }
  }

  @Test
  void aPlainAnswerComesWhenItsLastTokenIsMade() {
    try (Simulator simulator = Simulator.quick(SLOW)) {
      assertEquals(200, simulator.post("/v1/chat/completions", body("")).status());
      assertEquals(Duration.ofMillis(300 + 7 * 100), simulator.time().passed());
      assertEquals(200, simulator.post("/v1/embeddings", embedding()).status());
      assertEquals(Duration.ofMillis(1300), simulator.time().passed());
    }
  }

  @Test
  void whoCameFirstRunsFirstAndTheOthersWait() {
    try (Simulator simulator = Simulator.standing(SLOW);
        RawCaller first = simulator.caller();
        RawCaller second = simulator.caller();
        RawCaller third = simulator.caller()) {
      first.send(stream("first"));
      first.readHead();
      simulator.awaitWaiting(1);
      second.send(stream("second"));
      // Its head comes though it waits in line.
      second.readHead();
      third.send(stream("third"));
      third.readHead();
      Waiting.await("two to wait", () -> simulator.metric(WAITING) == 2);
      assertEquals(1, simulator.metric(RUNNING));
      simulator.time().advance(Duration.ofSeconds(2));
      first.readUntil("[DONE]");
      simulator.awaitWaiting(1);
      assertEquals(1, simulator.metric(WAITING));
      simulator.time().advance(Duration.ofSeconds(2));
      second.readUntil("[DONE]");
      simulator.awaitWaiting(1);
      assertEquals(0, simulator.metric(WAITING));
      simulator.time().advance(Duration.ofSeconds(2));
      third.readUntil("[DONE]");
      Waiting.await("none to run", () -> simulator.metric(RUNNING) == 0);
    }
  }

  @Test
  void theCacheFillsWhileRequestsRun() {
    try (Simulator simulator = Simulator.standing(SLOW);
        RawCaller caller = simulator.caller()) {
      String prompt = "x".repeat(4 * 32_768);
      caller.send(Request.post("/v1/completions", completion(prompt)));
      simulator.awaitWaiting(1);
      assertEquals(0.5, simulator.metric(CACHE));
      simulator.time().advance(Duration.ofSeconds(2));
      assertEquals(200, caller.read().status());
      assertEquals(0, simulator.metric(CACHE));
    }
  }

  @Test
  void aCallerThatResetsInMidStreamIsCancelledAtTheNextToken() {
    try (Simulator simulator = Simulator.standing(SLOW);
        RawCaller caller = simulator.caller()) {
      caller.send(stream("left\u00e9"));
      simulator.awaitWaiting(1);
      simulator.time().advance(Duration.ofMillis(400));
      caller.readUntil("\" I\"");
      simulator.awaitWaiting(1);
      caller.reset();
      simulator.time().advance(Duration.ofSeconds(2));
      simulator.awaitLog("cancelled left? after 2 tokens");
      simulator.awaitLog("POST /v1/chat/completions llama 499 2 tokens left?");
      assertEquals(1, simulator.metric("llmhop_sim_cancelled_total"));
      assertEquals(0, simulator.metric(RUNNING));
    }
  }

  @Test
  void aNoticedHangUpEndsTheWaitForTheFirstTokenAndMakesRoom() {
    try (Simulator simulator = Simulator.standing(SLOW);
        RawCaller caller = simulator.caller();
        RawCaller next = simulator.caller()) {
      caller.send(plain("gone"));
      simulator.awaitWaiting(1);
      next.send(stream("next"));
      next.readHead();
      simulator.noticeHangUp(0);
      simulator.awaitLog("cancelled gone after 0 tokens");
      caller.awaitClosedByPeer();
      simulator.awaitWaiting(1);
      simulator.time().advance(Duration.ofSeconds(2));
      next.readUntil("[DONE]");
    }
  }

  @Test
  void aNoticedHangUpOfAPlainRequestSaysHowFarItCame() {
    try (Simulator simulator = Simulator.standing(SLOW);
        RawCaller caller = simulator.caller()) {
      caller.send(plain("gone"));
      simulator.awaitWaiting(1);
      simulator.time().advance(Duration.ofMillis(300 + 250));
      simulator.awaitWaiting(1);
      simulator.noticeHangUp(0);
      simulator.awaitLog("cancelled gone after 3 tokens");
    }
  }

  @Test
  void aNoticedHangUpInLineLeavesTheLine() {
    try (Simulator simulator = Simulator.standing(SLOW);
        RawCaller first = simulator.caller();
        RawCaller second = simulator.caller()) {
      first.send(stream("first"));
      first.readHead();
      simulator.awaitWaiting(1);
      second.send(stream("second"));
      second.readHead();
      simulator.noticeHangUp(1);
      simulator.awaitLog("cancelled second after 0 tokens");
      assertEquals(0, simulator.metric(WAITING));
      assertEquals(1, simulator.metric(RUNNING));
      simulator.noticeHangUp(1);
      simulator.time().advance(Duration.ofSeconds(2));
      first.readUntil("[DONE]");
    }
  }

  @Test
  void aStopEndsAllWaitsAndIsNoCancel() {
    Simulator simulator = Simulator.standing(SLOW);
    try (RawCaller running = simulator.caller();
        RawCaller queued = simulator.caller()) {
      running.send(stream("running"));
      running.readHead();
      simulator.awaitWaiting(1);
      queued.send(stream("queued"));
      queued.readHead();
      simulator.close();
      simulator.awaitWaiting(0);
      assertEquals(Answer.End.CUT, running.read().end());
      assertEquals(Answer.End.CUT, queued.read().end());
      assertTrue(simulator.log().isEmpty(), simulator.log().toString());
    }
  }

  @Test
  void tokensAreCountedAsTheyAreMade() {
    Pace pace = new Pace(Duration.ofMillis(300), 10);
    assertEquals(0, pace.tokensAt(Duration.ofMillis(299).toNanos(), 8));
    for (int i = 0; i < 8; i++) {
      assertEquals(i + 1, pace.tokensAt(pace.nanosOf(i), 8));
    }
    assertEquals(8, pace.tokensAt(Long.MAX_VALUE / 2, 8));
  }

  @Test
  void theAnswerToAnEmbeddingWaitsItsTurnToo() {
    try (Simulator simulator = Simulator.standing(SLOW);
        RawCaller caller = simulator.caller()) {
      caller.send(Request.post("/v1/embeddings", embedding()));
      simulator.awaitWaiting(1);
      assertEquals(1, simulator.metric(RUNNING));
      simulator.time().advance(Duration.ofMillis(300));
      assertEquals("list", at(caller.read(), "object"));
    }
  }

  private static Request stream(String id) {
    return Request.post("/v1/chat/completions", body(",\"stream\":true"))
        .with("X-Request-Id: " + id);
  }

  private static Request plain(String id) {
    return Request.post("/v1/chat/completions", body("")).with("X-Request-Id: " + id);
  }

  private static String body(String more) {
    return "{\"model\":\"llama\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]"
        + more
        + "}";
  }

  private static String completion(String prompt) {
    return "{\"model\":\"llama\",\"prompt\":\"" + prompt + "\"}";
  }

  private static String embedding() {
    return "{\"model\":\"llama\",\"input\":\"x\"}";
  }
}
