package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.readBody;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
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

/// Engines with several models may choose one for a body that names none. A token that may use some
/// models only gets no answer of a model that an engine has chosen.
final class UnnamedModelTest {
  private static final String CHAT = "/v1/chat/completions";

  private static final String FORM =
      "--b\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n--b--\r\n";

  private ScriptedBackend backend;
  private RouterUnderTest router;

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
    backend.always(answerJson(200, "{}"));
    router =
        RouterUnderTest.of(
            """
            {'authTokens': [
               {'name': 'all', 'token': 'all'},
               {'name': 'some', 'token': 'some', 'models': ['m-*']}],
             'default': 'm-localai',
             'models': {
               'm-any': {'url': '%1$s'},
               'm-vllm': {'url': '%1$s', 'kind': 'vllm'},
               'm-llamacpp': {'url': '%1$s', 'kind': 'llamacpp'},
               'm-tgi': {'url': '%1$s', 'kind': 'tgi'},
               'm-koboldcpp': {'url': '%1$s', 'kind': 'koboldcpp'},
               'm-tabbyapi': {'url': '%1$s', 'kind': 'tabbyapi'},
               'm-localai': {'url': '%1$s', 'kind': 'localai', 'aliases': ['m-alias']},
               'm-lmstudio': {'url': '%1$s', 'kind': 'lmstudio', 'allowPaths': ['/*']},
               'm-streams': {'url': '%1$s', 'kind': 'localai'},
               'm-openai': {'url': '%1$s', 'kind': 'openai'},
               'm-falls': {'url': 'http://127.0.0.1:%2$d', 'kind': 'vllm', 'fallback': ['m-localai']}}}
            """
                .formatted(backend.url(), ScriptedBackend.unusedPort()));
  }

  @AfterEach
  void end() {
    router.close();
    backend.close();
  }

  private Answer post(String token, String target, String type, String body) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    return router.ask(
        Request.of("POST", target, bytes).with("Content-Type: " + type).withToken(token));
  }

  private void assertUnnamed(Answer answer) {
    assertEquals(400, answer.status(), answer::toString);
    assertEquals(Optional.of("missing_model"), answer.field("X-LLMhop-Error"));
    assertTrue(answer.text().contains("must name its 'model'"), answer::text);
    assertEquals(0, backend.executions(), "no backend gets a whole request");
  }

  @ParameterizedTest
  @CsvSource({
    "m-localai, /v1/chat/completions",
    "m-localai, /v1/completions",
    "m-localai, /chat/completions",
    "m-localai, /v1/embeddings",
    "m-localai, /v1/rerank",
    "m-localai, /v1/audio/speech",
    "m-localai, /tts",
    "m-localai, /api/generate",
    "m-localai, /v1/responses",
    "m-lmstudio, /v1/chat/completions",
    "m-lmstudio, /V1/Chat/Completions",
    "m-lmstudio, /api/v0/chat/completions",
    "m-lmstudio, /api/v1/chat",
    "m-tabbyapi, /v1/chat/completions",
    "m-tabbyapi, /v1/completions",
    "m-openai, /v1/moderations",
    "m-openai, /v1/images/generations",
    "m-openai, /v1/responses"
  })
  void bodyThatLeavesTheChoiceToTheEngineIsRefused(String model, String path) {
    String target = "/route/" + model + path;
    assertUnnamed(post("some", target, "application/json", "{\"messages\": []}"));
    assertUnnamed(post("some", target + "?x=y", "text/plain", "{\"messages\": []}"));
    // A model in the query is read by LocalAI alone.
    assertUnnamed(post("some", target + "?model=" + model, "application/json", "{}"));
    String nested = "{\"x\": {\"model\": \"" + model + "\"}}";
    assertUnnamed(post("some", target, "application/json", nested));
    assertUnnamed(post("some", target, "application/json", "[]"));
    assertUnnamed(post("some", target, "application/json", ""));
    String form = FORM.formatted("file", "x");
    assertUnnamed(post("some", target, "multipart/form-data; boundary=b", form));

    assertEquals(200, post("all", target, "application/json", "{\"messages\": []}").status());
    String named = "{\"model\": \"" + model + "\"}";
    assertEquals(200, post("some", target, "application/json", named).status());
    String part = FORM.formatted("model", model);
    assertEquals(200, post("some", target, "multipart/form-data; boundary=b", part).status());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "null", "\"\"", "3", "\"m-vllm\""})
  void nameThatIsNoneDoesNotCount(String value) {
    String body = value.isEmpty() ? "{}" : "{\"model\": " + value + "}";
    Answer answer = post("some", "/route/m-localai" + CHAT, "application/json", body);
    assertEquals(400, answer.status(), answer::toString);
    assertEquals(0, backend.executions());
  }

  /// The head of a large body is sent before its end is known, and its last bytes never are.
  @Test
  void largeBodyIsJudgedBeforeItsLastBytesAreSent() {
    String filler = "x".repeat(300_000);
    backend.always(readBody(), answerJson(200, "{}"));
    String target = "/route/m-streams" + CHAT;
    assertUnnamed(post("some", target, "application/json", "{\"x\": \"" + filler + "\"}"));
    String named = "{\"x\": \"" + filler + "\", \"model\": \"m-streams\"}";
    assertEquals(200, post("some", target, "application/json", named).status());
    assertEquals(
        200, post("all", target, "application/json", named.replace("model", "n")).status());
  }

  @Test
  void defaultModelIsNamedToo() {
    assertUnnamed(post("some", CHAT, "application/json", "{\"messages\": []}"));
    assertEquals(200, post("all", CHAT, "application/json", "{\"messages\": []}").status());
    assertEquals(200, post("some", CHAT, "application/json", "{\"model\": \"m-alias\"}").status());
  }

  @Test
  void modelThatStandsInIsNotLeftToItsEngine() {
    String target = "/route/m-falls" + CHAT;
    assertEquals(502, post("some", target, "application/json", "{\"messages\": []}").status());
    assertEquals(0, backend.executions());
    String named = "{\"model\": \"m-falls\"}";
    assertEquals(200, post("some", target, "application/json", named).status());
    assertEquals(200, post("all", target, "application/json", "{\"messages\": []}").status());
  }

  @ParameterizedTest
  @CsvSource({
    "m-any, /v1/chat/completions",
    "m-any, /completion",
    "m-vllm, /v1/chat/completions",
    "m-llamacpp, /completion",
    "m-tgi, /generate",
    "m-koboldcpp, /api/v1/generate",
    "m-tabbyapi, /v1/token/encode",
    "m-tabbyapi, /api/v1/generate",
    "m-openai, /v1/responses/resp_1/cancel",
    "m-localai, /v1/responses/resp_1/cancel",
    "m-lmstudio, /other"
  })
  void bodyWithoutANameIsForwardedWhereItChoosesNothing(String model, String path) {
    for (String token : List.of("some", "all")) {
      Answer answer = post(token, "/route/" + model + path, "application/json", "{\"prompt\": 1}");
      assertEquals(200, answer.status(), answer::toString);
    }
    assertEquals(2, backend.executions());
  }

  @Test
  void readingARequestNeedsNoName() {
    for (String path : List.of("/v1/responses/resp_1", "/v1/responses/resp_1/input_items")) {
      Request request = Request.get("/route/m-openai" + path).withToken("some");
      assertEquals(200, router.ask(request).status(), path);
    }
  }
}
