package llmhop.tool;

import static llmhop.tool.Simulator.at;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import llmhop.json.Json;
import llmhop.kit.Answer;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import org.junit.jupiter.api.Test;

/// How `--prefix-cache` shows: in time, in what each API says of the usage, in the metrics.
class CachedPrefillTest {
  private static final String QUERIES = "vllm:prefix_cache_queries_total{model_name=\"llama\"}";
  private static final String HITS = "vllm:prefix_cache_hits_total{model_name=\"llama\"}";

  /// 64 tokens, which are 4 blocks.
  private static final String PROMPT = "x".repeat(256);

  private static final String[] ON = {
    "--ttft=300ms", "--tokens-per-second=10", "--tokens=3", "--prefix-cache=1024"
  };

  private static final String[] OFF = {"--ttft=300ms", "--tokens-per-second=10", "--tokens=3"};

  @Test
  void theFirstTokenOfAPromptThatWasThereComesAtOnce() {
    try (Simulator simulator = Simulator.standing(ON);
        RawCaller first = simulator.caller();
        RawCaller second = simulator.caller()) {
      first.send(Request.post("/v1/chat/completions", chat(PROMPT, ",\"stream\":true")));
      simulator.awaitWaiting(1);
      simulator.time().advance(Duration.ofMillis(500));
      first.readUntil("[DONE]");
      second.send(Request.post("/v1/chat/completions", chat(PROMPT, ",\"stream\":true")));
      String token = second.readUntil("[simulated llama]");
      assertFalse(token.contains("\" I\""), token);
      simulator.awaitWaiting(1);
      simulator.time().advance(Duration.ofMillis(100));
      second.readUntil("\" I\"");
      simulator.awaitWaiting(1);
      simulator.time().advance(Duration.ofMillis(100));
      second.readUntil("[DONE]");
    }
  }

  @Test
  void aPromptThatSharesHalfTakesHalfOfThePrefill() {
    try (Simulator simulator = Simulator.quick(ON)) {
      simulator.post("/v1/completions", completion(PROMPT));
      assertEquals(Duration.ofMillis(300 + 200), simulator.time().passed());
      String half = "x".repeat(128) + "y".repeat(128);
      Answer answer = simulator.post("/v1/completions", completion(half));
      assertEquals("32", cached(answer));
      assertEquals(Duration.ofMillis(500 + 150 + 200), simulator.time().passed());
    }
  }

  @Test
  void theLastPartOfABlockIsPrefilledAgain() {
    try (Simulator simulator = Simulator.quick("--ttft=260ms", "--tokens=1", "--prefix-cache=64")) {
      simulator.post("/v1/completions", completion(PROMPT + "y"));
      Answer answer = simulator.post("/v1/completions", completion(PROMPT + "y"));
      assertEquals("64", cached(answer));
      assertEquals(Duration.ofMillis(260 + 4), simulator.time().passed());
    }
  }

  @Test
  void aChatThatGoesOnHitsWhatWasSaidBefore() {
    try (Simulator simulator = Simulator.quick(ON)) {
      simulator.post("/v1/chat/completions", chat(PROMPT, ""));
      String more =
          PROMPT
              + "\"},{\"role\":\"assistant\",\"content\":\"[simulated]\"},"
              + "{\"role\":\"user\",\"content\":\"And now?";
      assertEquals("64", cached(simulator.post("/v1/chat/completions", chat(more, ""))));
    }
  }

  @Test
  void aCallerThatLeavesDuringThePrefillLeavesNothing() {
    try (Simulator simulator = Simulator.standing(ON);
        RawCaller gone = simulator.caller();
        RawCaller next = simulator.caller()) {
      gone.send(Request.post("/v1/chat/completions", chat(PROMPT, "")).with("X-Request-Id: gone"));
      simulator.awaitWaiting(1);
      simulator.time().advance(Duration.ofMillis(299));
      simulator.noticeHangUp(0);
      simulator.awaitLog("cancelled gone after 0 tokens");
      next.send(Request.post("/v1/chat/completions", chat(PROMPT, "")));
      simulator.awaitWaiting(1);
      simulator.time().advance(Duration.ofMillis(500));
      assertEquals("0", cached(next.read()));
    }
  }

  @Test
  void aPromptIsThereOnceItsPrefillIsDoneThoughItsAnswerIsNot() {
    try (Simulator simulator = Simulator.standing(ON);
        RawCaller gone = simulator.caller();
        RawCaller next = simulator.caller()) {
      gone.send(
          Request.post("/v1/chat/completions", chat(PROMPT, ",\"stream\":true"))
              .with("X-Request-Id: gone"));
      simulator.awaitWaiting(1);
      simulator.time().advance(Duration.ofMillis(300));
      gone.readUntil("[simulated llama]");
      simulator.noticeHangUp(0);
      simulator.awaitLog("cancelled gone after 1 tokens");
      next.send(Request.post("/v1/chat/completions", chat(PROMPT, ",\"stream\":true")));
      next.readUntil("[simulated llama]");
    }
  }

  @Test
  void theCacheHoldsNoMoreThanItMay() {
    try (Simulator simulator = Simulator.quick("--prefix-cache=64", "--tokens=1")) {
      simulator.post("/v1/completions", completion(PROMPT));
      assertEquals("64", cached(simulator.post("/v1/completions", completion(PROMPT))));
      simulator.post("/v1/completions", completion("y".repeat(64)));
      assertEquals("48", cached(simulator.post("/v1/completions", completion(PROMPT))));
    }
  }

  @Test
  void everyApiSaysInItsWordsWhatWasCached() {
    try (Simulator simulator = Simulator.quick(ON)) {
      String response = "{\"model\":\"llama\",\"input\":\"" + PROMPT + "\"}";
      String item = "[{\"role\":\"user\",\"content\":\"" + PROMPT + "\"}]";
      assertEquals("0", inputCached(simulator.post("/v1/responses", response)));
      assertEquals("64", inputCached(simulator.post("/v1/responses", response)));
      String asItem = "{\"model\":\"llama\",\"input\":" + item + "}";
      assertEquals("64", inputCached(simulator.post("/v1/responses", asItem)));
      Answer message = simulator.post("/v1/messages", chat(PROMPT + "z", ",\"max_tokens\":9"));
      assertEquals("1", at(message, "usage", "input_tokens"));
      assertEquals("64", at(message, "usage", "cache_read_input_tokens"));
      String stream = ",\"max_tokens\":9,\"stream\":true";
      Json start =
          Simulator.events(simulator.post("/v1/messages", chat(PROMPT, stream))).getFirst();
      assertEquals("0", at(start, "message", "usage", "input_tokens"));
      assertEquals("64", at(start, "message", "usage", "cache_read_input_tokens"));
      stream = ",\"stream\":true,\"stream_options\":{\"include_usage\":true}";
      List<Json> chunks =
          Simulator.events(simulator.post("/v1/chat/completions", chat(PROMPT, stream)));
      String cached = at(chunks.getLast(), "usage", "prompt_tokens_details", "cached_tokens");
      assertEquals("64", cached);
      assertEquals(200, simulator.post("/api/chat", chat(PROMPT, "")).status());
    }
  }

  @Test
  void theMetricsCountTokensAsVllmDoes() {
    try (Simulator simulator = Simulator.quick(ON)) {
      simulator.post("/v1/completions", completion(PROMPT + "y"));
      assertEquals(65, simulator.metric(QUERIES));
      assertEquals(0, simulator.metric(HITS));
      simulator.post("/v1/completions", completion(PROMPT));
      assertEquals(65 + 64, simulator.metric(QUERIES));
      assertEquals(64, simulator.metric(HITS));
      String text = simulator.get("/metrics").text();
      assertTrue(text.contains("# TYPE vllm:prefix_cache_hits_total counter\n"), text);
    }
  }

  @Test
  void withoutItEveryPrefillTakesItsTimeAndNobodySpeaksOfACache() {
    try (Simulator simulator = Simulator.quick(OFF)) {
      simulator.post("/v1/chat/completions", chat(PROMPT, ""));
      Answer answer = simulator.post("/v1/chat/completions", chat(PROMPT, ""));
      assertEquals(Duration.ofMillis(2 * 500), simulator.time().passed());
      String usage =
          "\"usage\":{\"prompt_tokens\":64,\"total_tokens\":67,\"completion_tokens\":3}}";
      assertTrue(answer.text().endsWith(usage), answer.text());
      answer = simulator.post("/v1/messages", chat(PROMPT, ",\"max_tokens\":9"));
      usage = "\"usage\":{\"input_tokens\":64,\"output_tokens\":3}}";
      assertTrue(answer.text().endsWith(usage), answer.text());
      assertEquals(0, simulator.metric(QUERIES));
      assertEquals(0, simulator.metric(HITS));
    }
  }

  private static String cached(Answer answer) {
    return at(answer, "usage", "prompt_tokens_details", "cached_tokens");
  }

  private static String inputCached(Answer answer) {
    return at(answer, "usage", "input_tokens_details", "cached_tokens");
  }

  private static String chat(String prompt, String more) {
    return "{\"model\":\"llama\",\"messages\":[{\"role\":\"user\",\"content\":\""
        + prompt
        + "\"}]"
        + more
        + "}";
  }

  private static String completion(String prompt) {
    return "{\"model\":\"llama\",\"prompt\":\"" + prompt + "\"}";
  }
}
