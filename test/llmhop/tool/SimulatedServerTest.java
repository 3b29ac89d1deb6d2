package llmhop.tool;

import static llmhop.tool.Simulator.at;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import llmhop.kit.Answer;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SimulatedServerTest {
  private final Simulator simulator = Simulator.quick("--tokens", "5");

  @AfterEach
  void stop() {
    simulator.close();
  }

  @Test
  void modelsAreListed() {
    Answer answer = simulator.get("/v1/models");
    assertEquals("list", at(answer, "object"));
    assertEquals("llama", at(answer, "data", 0, "id"));
    assertEquals("org/qwen", at(answer, "data", 1, "id"));
    assertEquals("model", at(answer, "data", 1, "object"));
  }

  @Test
  void oneModelIsFoundWhateverItsSpelling() {
    assertEquals("org/qwen", at(simulator.get("/v1/models/org/qwen"), "id"));
    assertEquals("org/qwen", at(simulator.get("/v1/models/org%2Fqwen"), "id"));
    assertEquals(404, simulator.get("/v1/models/qwen").status());
  }

  @Test
  void anUnknownModelIsNotFoundInTheWordsOfEachApi() {
    String body =
        """
        {"model":"other","max_tokens":1,"input":"x","prompt":"x",
         "messages":[{"role":"user","content":"x"}]}\
        """;
    for (String path :
        List.of("/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/embeddings")) {
      Answer answer = simulator.post(path, body);
      assertEquals(404, answer.status(), path);
      assertEquals("The model `other` does not exist.", at(answer, "error", "message"));
      assertEquals("NotFoundError", at(answer, "error", "type"));
      assertEquals("404", at(answer, "error", "code"));
      assertEquals("model", at(answer, "error", "param"));
    }
    for (String path : List.of("/v1/messages", "/v1/messages/count_tokens")) {
      Answer answer = simulator.post(path, body);
      assertEquals(404, answer.status(), path);
      assertEquals("not_found_error", at(answer, "error", "type"));
    }
    for (String path : List.of("/api/chat", "/api/generate")) {
      Answer answer = simulator.post(path, body);
      assertEquals(404, answer.status(), path);
      assertEquals("The model `other` does not exist.", at(answer, "error"));
    }
  }

  @Test
  void aBodyThatIsNotAnObjectIsRefused() {
    for (String body : List.of("", "{", "[]", "{\"model\":\"llama\",}", "{\"model\":7}")) {
      Answer answer = simulator.post("/v1/chat/completions", body);
      assertEquals(400, answer.status(), body);
      assertEquals("BadRequestError", at(answer, "error", "type"));
    }
  }

  @Test
  void whatIsNotThereIsNotFoundAndTheConnectionLivesOn() {
    try (RawCaller caller = simulator.caller()) {
      assertEquals(404, caller.ask(Request.post("/v1/nothing", "x".repeat(200_000))).status());
      Answer wrong = caller.ask(Request.get("/v1/chat/completions"));
      assertEquals(405, wrong.status());
      assertEquals("POST", wrong.field("Allow").orElse(""));
      assertEquals(405, caller.ask(Request.post("/v1/models", "{}")).status());
      assertEquals(200, caller.ask(Request.get("/health")).status());
    }
  }

  @Test
  void headsAreAnsweredWithoutABody() {
    Answer answer = simulator.ask(Request.of("HEAD", "/v1/models", new byte[0]));
    assertEquals(200, answer.status());
    assertEquals(0, answer.body().length);
  }

  @Test
  void everyRequestIsOneLineOfTheLogButProbesAreNone() {
    simulator.get("/health");
    simulator.ask(
        Request.post("/v1/completions?key=secret", "{\"model\":\"llama\",\"prompt\":\"private\"}")
            .with("X-Request-Id: abc-1"));
    simulator.post("/v1/completions", "{\"model\":\"a b\\u0007\\n\",\"prompt\":\"x\"}");
    simulator.get("/v1/%0Anothing");
    simulator.get("/metrics");
    simulator.awaitLog("POST /v1/completions llama 200 5 tokens abc-1");
    simulator.awaitLog("POST /v1/completions a?b?? 404 0 tokens sim-3");
    simulator.awaitLog("GET /v1/?nothing - 404 0 tokens sim-4");
    assertEquals(3, simulator.log().size(), simulator.log().toString());
  }

  @Test
  void theIdOfAnAnswerIsTheRequests() {
    Answer answer =
        simulator.ask(
            Request.post("/v1/completions", "{\"model\":\"llama\",\"prompt\":\"x\"}")
                .with("X-Request-Id: abc-1"));
    assertEquals("cmpl-abc-1", at(answer, "id"));
  }

  @Test
  void metricsAreWrittenAsPrometheusReadsThem() {
    simulator.post("/v1/completions", "{\"model\":\"llama\",\"prompt\":\"x\"}");
    simulator.awaitLog("POST /v1/completions llama 200 5 tokens sim-1");
    Answer answer = simulator.get("/metrics");
    String type = "text/plain; version=0.0.4; charset=utf-8";
    assertEquals(type, answer.field("Content-Type").orElse(""));
    List<String> lines = answer.text().lines().toList();
    assertTrue(lines.contains("# TYPE vllm:num_requests_running gauge"), answer.text());
    assertTrue(lines.contains("vllm:num_requests_running{model_name=\"llama\"} 0.0"));
    assertTrue(lines.contains("vllm:num_requests_waiting{model_name=\"org/qwen\"} 0.0"));
    assertTrue(lines.contains("vllm:kv_cache_usage_perc{model_name=\"llama\"} 0.0"));
    assertTrue(lines.contains("llmhop_sim_requests_total 1"), answer.text());
    assertTrue(lines.contains("llmhop_sim_tokens_total 5"), answer.text());
    assertTrue(lines.contains("llmhop_sim_cancelled_total 0"), answer.text());
  }

  @Test
  void aBodyThatEndsEarlyIsACallerThatLeft() {
    try (RawCaller caller = simulator.caller()) {
      caller.send("POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{");
      caller.halfClose();
      simulator.awaitLog("cancelled sim-1 after 0 tokens");
    }
  }

  @Test
  void aLargePromptIsRead() {
    int length = 3 << 20;
    String body = "{\"model\":\"llama\",\"prompt\":\"" + "x".repeat(length) + "\"}";
    Request request = Request.post("/v1/completions", body);
    String text = "[simulated llama] I read " + length + " characters";
    assertEquals(text, at(simulator.ask(request), "choices", 0, "text"));
    assertEquals(text, at(simulator.ask(request.chunked(100_000)), "choices", 0, "text"));
  }

  @Test
  void aPromptInEveryLanguageIsCountedInCharacters() {
    byte[] body = "{\"model\":\"llama\",\"prompt\":\"日本語 😀\"}".getBytes(StandardCharsets.UTF_8);
    Answer answer = simulator.ask(Request.post("/v1/completions", body, "application/json"));
    assertEquals("[simulated llama] I read 5 characters", at(answer, "choices", 0, "text"));
  }
}
