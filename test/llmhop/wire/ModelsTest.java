package llmhop.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Optional;
import llmhop.kit.Answer;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What the router answers by itself, without asking a backend.
class ModelsTest {
  private ScriptedBackend backend;
  private RouterUnderTest router;

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
    router =
        RouterUnderTest.of(
            """
            {'authTokens': [{'name': 'all', 'token': 'all'},
                            {'name': 'some', 'token': 'some', 'models': ['qwen*']}],
             'models': {
               'meta/llama': {'url': '%1$s', 'aliases': ['gpt-4'], 'adapters': ['lora']},
               'qwen': {'url': '%1$s'},
               'hidden': {'url': '%1$s', 'unlisted': true},
               'openai/*': {'url': '%1$s'}}}
            """
                .formatted(backend.url()));
  }

  @AfterEach
  void end() {
    assertEquals(0, backend.requests().size(), "no backend is asked");
    router.close();
    backend.close();
  }

  private Answer get(String target) {
    return router.ask(Request.get(target).withToken("all"));
  }

  @Test
  void healthAndReadinessAreOpenToAll() {
    Answer health = router.ask(Request.get("/health"));
    assertEquals("{\"status\":\"ok\",\"models\":4}", health.text());
    assertEquals("{\"status\":\"ready\"}", router.ask(Request.get("/ready")).text());
    Answer head = router.ask(Request.of("HEAD", "/health", new byte[0]));
    assertEquals(200, head.status());
    assertEquals(Answer.End.NO_BODY, head.end());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/", "/v1/models", "/v1/models/qwen", "/llmhop/status", "/api/tags", "/api/ps"})
  void everythingElseNeedsAToken(String target) {
    assertEquals(401, router.ask(Request.get(target)).status());
    assertEquals(200, get(target).status());
  }

  @Test
  void theListShowsWhatTheCallerMayUseAndSee() {
    String all = get("/v1/models").text();
    assertTrue(all.startsWith("{\"object\":\"list\",\"data\":[{\"id\":\"meta/llama\","), all);
    assertTrue(all.contains("\"id\":\"lora\"") && all.contains("\"id\":\"qwen\""), all);
    assertTrue(all.contains("\"object\":\"model\",\"created\":"), all);
    for (String absent : new String[] {"hidden", "gpt-4", "openai/"}) {
      assertFalse(all.contains(absent), absent);
    }
    String some = router.ask(Request.get("/v1/models").withToken("some")).text();
    assertTrue(some.contains("qwen") && !some.contains("llama"), some);
  }

  @ParameterizedTest
  @CsvSource({
    "meta/llama, meta/llama",
    "meta%2Fllama, meta/llama",
    "gpt-4, gpt-4",
    "lora, lora",
    "openai/gpt-4o, openai/gpt-4o"
  })
  void oneModelIsShownByAnyOfItsNames(String id, String shown) {
    Answer answer = get("/v1/models/" + id);
    assertEquals(200, answer.status(), answer::toString);
    assertEquals(Optional.of(shown), answer.jsonString("id"));
  }

  @Test
  void whatIsHiddenOrForbiddenIsNotThere() {
    assertEquals(404, get("/v1/models/hidden").status());
    assertEquals(404, get("/v1/models/nothing").status());
    Answer forbidden = router.ask(Request.get("/v1/models/meta/llama").withToken("some"));
    assertEquals(Optional.of("model_not_found"), forbidden.jsonString("code"));
  }

  @Test
  void anthropicsClientsGetTheirOwnShape() {
    Answer list =
        router.ask(
            Request.get("/v1/models").with("x-api-key: some", "anthropic-version: 2023-06-01"));
    assertTrue(
        list.text().startsWith("{\"data\":[{\"id\":\"qwen\",\"type\":\"model\","), list::text);
    assertTrue(
        list.text().endsWith("\"has_more\":false,\"first_id\":\"qwen\",\"last_id\":\"qwen\"}"));
  }

  @Test
  void ollamasClientsFindTheirModels() {
    assertTrue(get("/api/tags").text().contains("{\"name\":\"qwen\",\"model\":\"qwen\""));
    assertTrue(get("/api/ps").text().contains("\"expires_at\""));
    assertTrue(get("/api/version").text().matches("\\{\"version\":\"[0-9.]+\"}"));
    assertEquals(200, show("{\"model\":\"qwen\"}").status());
    assertEquals(200, show("{\"name\":\"gpt-4\"}").status());
    Answer unknown = show("{\"model\":\"qwenn\"}");
    assertEquals(404, unknown.status());
    assertTrue(unknown.text().startsWith("{\"error\":\"The model "), unknown::text);
    assertTrue(unknown.text().contains("qwen"), unknown::text);
    assertEquals(Optional.of("model_not_found"), unknown.field("X-LLMhop-Error"));
    assertEquals(400, show("{").status());
    assertEquals(400, show("{}").status());
    String padding = " ".repeat(16 * 1024 - "{\"model\":\"qwen\"}".length());
    assertEquals(200, show("{\"model\":\"qwen\"}" + padding).status());
    assertEquals(413, show("{\"model\":\"qwen\"}" + padding + " ").status());
  }

  private Answer show(String json) {
    return router.ask(Request.post("/api/show", json).withToken("all"));
  }

  @Test
  void errorsSpeakTheDialectOfTheirPath() {
    Answer anthropic =
        router.ask(Request.post("/v1/messages", "{\"model\":\"x\"}").with("x-api-key: all"));
    assertEquals(404, anthropic.status());
    assertTrue(
        anthropic
            .text()
            .startsWith("{\"type\":\"error\",\"error\":{\"type\":\"not_found_error\",\"message\":"),
        anthropic::text);
    Answer ollama = router.ask(Request.post("/api/chat", "{\"model\":\"x\"}").withToken("all"));
    assertTrue(ollama.text().startsWith("{\"error\":\"The model"), ollama::text);
    Answer stranger = router.ask(Request.post("/v1/messages", "{}").with("x-api-key: no"));
    assertEquals(401, stranger.status());
    assertTrue(stranger.text().contains("authentication_error"), stranger::text);
  }

  @Test
  void thePageAtTheRootSaysWhatThisIs() {
    Answer page = get("/");
    assertEquals(Optional.of("text/html; charset=utf-8"), page.field("Content-Type"));
    assertTrue(page.text().contains("One port, many models"));
  }

  @Test
  void theStatusPageShowsGauges() {
    String status = get("/llmhop/status").text();
    for (String gauge : new String[] {"inFlight", "requests", "bufferedBytes", "threads"}) {
      assertTrue(status.matches(".*\"" + gauge + "\":\\d+.*"), status);
    }
  }

  @Test
  void aListIsNoPlaceToPostTo() {
    Answer answer = router.ask(Request.post("/v1/models", "{\"x\":1}").withToken("all"));
    assertEquals(Optional.of("missing_model"), answer.jsonString("code"));
  }
}
