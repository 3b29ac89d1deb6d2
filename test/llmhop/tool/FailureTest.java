package llmhop.tool;

import static llmhop.tool.Simulator.at;
import static llmhop.tool.Simulator.events;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;
import llmhop.kit.Answer;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import org.junit.jupiter.api.Test;

/// What goes wrong because it was asked for.
class FailureTest {
  private static final String BODY =
      """
      {"model":"llama","max_tokens":30,"prompt":"x","stream":%s,
       "messages":[{"role":"user","content":"x"}]}\
      """;

  @Test
  void aFailureOnDemandHasItsStatusInTheShapeOfEachApi() {
    try (Simulator simulator = Simulator.quick("--fail", "529:1")) {
      Answer openAi = simulator.post("/v1/chat/completions", BODY.formatted(true));
      assertEquals(529, openAi.status());
      assertEquals("529", at(openAi, "error", "code"));
      assertEquals("InternalServerError", at(openAi, "error", "type"));
      Answer anthropic = simulator.post("/v1/messages", BODY.formatted(false));
      assertEquals("overloaded_error", at(anthropic, "error", "type"));
      Answer ollama = simulator.post("/api/chat", BODY.formatted(false));
      assertEquals("Simulated failure, as --fail 529 asks for.", at(ollama, "error"));
      assertEquals(200, simulator.get("/health").status());
      assertEquals(200, simulator.get("/v1/models").status());
      simulator.awaitLog("POST /api/chat llama 529 0 tokens sim-3");
    }
  }

  @Test
  void aDroppedStreamEndsWithoutItsLastChunk() {
    try (Simulator simulator = Simulator.quick("--drop-mid-stream", "1", "--tokens", "30")) {
      for (int i = 1; i <= 20; i++) {
        Answer answer = simulator.post("/v1/chat/completions", BODY.formatted(true));
        assertEquals(200, answer.status());
        assertEquals(Answer.End.CUT, answer.end());
        assertFalse(answer.text().contains("[DONE]"));
        int tokens = events(answer).size() - 1;
        assertTrue(tokens >= 1 && tokens < 30, "tokens: " + tokens);
        simulator.awaitLog(
            "POST /v1/chat/completions llama 200 %d tokens sim-%d dropped on purpose"
                .formatted(tokens, i));
      }
      assertEquals(20, simulator.metric("llmhop_sim_dropped_total"));
      assertEquals(0, simulator.metric("llmhop_sim_cancelled_total"));
    }
  }

  @Test
  void onlyStreamsAreDropped() {
    try (Simulator simulator = Simulator.quick("--drop-mid-stream", "1")) {
      assertTrue(simulator.post("/v1/completions", BODY.formatted(false)).clean());
    }
  }

  @Test
  void aHungRequestGetsNothingAndTakesNoPlace() {
    try (Simulator simulator = Simulator.standing("--hang", "1", "--max-running", "1");
        RawCaller plain = simulator.caller();
        RawCaller stream = simulator.caller()) {
      plain.send(Request.post("/v1/completions", BODY.formatted(false)));
      stream.send(Request.post("/v1/completions", BODY.formatted(true)));
      assertEquals(200, stream.readHead().status());
      simulator.awaitWaiting(2);
      assertEquals(0, simulator.metric("vllm:num_requests_running{model_name=\"llama\"}"));
      assertEquals(0, simulator.metric("vllm:num_requests_waiting{model_name=\"llama\"}"));
      simulator.time().advance(Duration.ofMinutes(61));
      plain.awaitClosedByPeer();
      assertEquals(Answer.End.CUT, stream.read().end());
    }
  }

  @Test
  void theShareIsMetAndTheSeedDecidesWho() {
    long seed = 42;
    List<OptionalInt> first = statuses(seed, 10_000);
    assertEquals(first, statuses(seed, 10_000), "seed " + seed);
    assertEquals(1_000, first.stream().filter(OptionalInt.of(500)::equals).count(), 100);
    // A second rule judges what the first let pass.
    assertEquals(450, first.stream().filter(OptionalInt.of(429)::equals).count(), 75);
  }

  @Test
  void aProbabilityOfZeroNeverAndOfOneAlways() {
    Chance never = new Chance(7, List.of(new Chance.Fail(500, 0)), 0, 0);
    Chance always = new Chance(7, List.of(new Chance.Fail(500, 1)), 1, 1);
    for (int i = 0; i < 1_000; i++) {
      Chance.Fate lucky = never.draw();
      assertTrue(lucky.fail().isEmpty() && !lucky.drop() && !lucky.hang());
      Chance.Fate unlucky = always.draw();
      assertTrue(unlucky.fail().isPresent() && unlucky.drop() && unlucky.hang());
    }
  }

  @Test
  void aDropIsBehindTheFirstTokenAndBeforeTheEnd() {
    for (int count : new int[] {1, 2, 3, 64}) {
      assertEquals(1, new Chance.Fate(OptionalInt.empty(), false, true, 0).dropAfter(count));
      int last =
          new Chance.Fate(OptionalInt.empty(), false, true, Math.nextDown(1.0)).dropAfter(count);
      assertEquals(Math.max(1, count - 1), last);
    }
  }

  private static List<OptionalInt> statuses(long seed, int count) {
    var fails = List.of(new Chance.Fail(500, 0.1), new Chance.Fail(429, 0.05));
    Chance chance = new Chance(seed, fails, 0.2, 0.3);
    return Stream.generate(() -> chance.draw().fail()).limit(count).toList();
  }
}
