package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
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

/// What callers reach of a backend by `kind`, `allowPaths` and `denyPaths`, and that nothing else
/// gets to it.
final class PathsTest {
  private static final String CHAT = "/v1/chat/completions";

  private ScriptedBackend backend;
  private RouterUnderTest router;

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
    backend.always(answerJson(200, "{}"));
    router =
        RouterUnderTest.of(
            """
            {'models': {
               'any': {'url': '%1$s'},
               'vllm': {'url': '%1$s', 'kind': 'vllm'},
               'sglang': {'url': '%1$s', 'kind': 'sglang'},
               'llamacpp': {'url': '%1$s', 'kind': 'llamacpp', 'allowPaths': ['/slots', '/props']},
               'ollama': {'url': '%1$s', 'kind': 'ollama'},
               'openai': {'baseUrl': '%1$s/api/v3', 'kind': 'openai'},
               'sub': {'url': '%1$s/sub/v1', 'kind': 'vllm'},
               'llamaswap': {'url': '%1$s', 'kind': 'llamaswap'},
               'tabbyapi': {'url': '%1$s', 'kind': 'tabbyapi'},
               'aphrodite': {'url': '%1$s', 'kind': 'aphrodite'},
               'localai': {'url': '%1$s', 'kind': 'localai'},
               'lmstudio': {'url': '%1$s', 'kind': 'lmstudio'},
               'kobold': {'url': '%1$s', 'kind': 'koboldcpp'},
               'tgi': {'url': '%1$s', 'kind': 'tgi'},
               'router2': {'url': '%1$s/route/a', 'kind': 'openai'},
               'denied': {'url': '%1$s', 'denyPaths': ['/v1/embeddings', '/v1/audio/*']},
               'stripped': {'baseUrl': '%1$s', 'denyPaths': ['/embeddings']}}}
            """
                .formatted(backend.url()));
  }

  @AfterEach
  void end() {
    router.close();
    backend.close();
  }

  private Answer ask(String model, String target) {
    return router.ask(Request.post(target, "{\"model\": \"" + model + "\"}"));
  }

  private void assertClosed(Answer answer) {
    assertEquals(403, answer.status(), answer::toString);
    assertEquals(Optional.of("path_not_allowed"), answer.field("X-LLMhop-Error"));
    assertTrue(answer.text().contains("allowPaths"), answer::text);
    assertTrue(answer.text().contains("denyPaths"), answer::text);
    assertEquals(0, backend.requests().size(), "no backend sees a refused request");
  }

  private void assertReaches(Answer answer, String target) {
    assertEquals(200, answer.status(), answer::toString);
    assertEquals(target, backend.request(1).target());
  }

  @ParameterizedTest
  @CsvSource({
    "any, /v1/chat/completions, /v1/chat/completions",
    "any, /v1//chat/%63ompletions/, /v1//chat/%63ompletions/",
    "any, /whatever, /whatever",
    "any, /v1/models/x, /v1/models/x",
    "any, /v1/models/org%2Fname%20x, /v1/models/org%2Fname%20x",
    "any, /v1/models/%E6%A8%A1, /v1/models/%E6%A8%A1",
    "any, /v1/chat/completions/, /v1/chat/completions/",
    "llamaswap, /v1/chat/completions, /v1/chat/completions",
    "llamaswap, /infill, /infill",
    "tabbyapi, /v1/token/encode, /v1/token/encode",
    "aphrodite, /api/v1/generate, /api/v1/generate",
    "localai, /v1/images/generations, /v1/images/generations",
    "lmstudio, /api/v1/chat, /api/v1/chat",
    "kobold, /api/extra/generate/stream, /api/extra/generate/stream",
    "kobold, /v1/chat/completions?x=y, /v1/chat/completions?x=y",
    "tgi, /generate_stream, /generate_stream",
    "tgi, /route/tgi/generate, /generate",
    "router2, /v1/chat/completions, /route/a/v1/chat/completions",
    "vllm, /v1/chat/completions, /v1/chat/completions",
    "vllm, /route/vllm/pooling?x=%2e%2e, /pooling?x=%2e%2e",
    "vllm, /v1/responses/resp_1/cancel, /v1/responses/resp_1/cancel",
    "sglang, /generate, /generate",
    "llamacpp, /infill, /infill",
    "llamacpp, /slots/0?action=erase, /slots/0?action=erase",
    "ollama, /api/chat, /api/chat",
    "openai, /v1/chat/completions, /api/v3/chat/completions",
    "openai, /route/openai/v1/moderations, /api/v3/moderations",
    "sub, /v1/chat/completions, /sub/v1/chat/completions",
    "sub, /tokenize, /sub/v1/tokenize",
    "denied, /v1/chat/completions, /v1/chat/completions",
    "stripped, /v1/chat/completions, /chat/completions"
  })
  void whatIsOpenReachesTheBackendAsItCame(String model, String target, String sent) {
    assertReaches(ask(model, target), sent);
  }

  @ParameterizedTest
  @CsvSource({
    "any, /pause",
    "any, /v1/streams",
    "any, /tools",
    "any, //v1/chat/completions",
    "any, /x/../api//../delete",
    "any, ///h/api/delete",
    "any, /\\/h/api/delete",
    "any, /route/any/x/../api//../delete",
    "any, /route/any///h/api/delete",
    "any, /route/any/%5C/h/api/delete",
    "any, /x/%252e%252e/api/delete",
    "any, /route/any/api/captures/6",
    "any, /route/any/upstream/other/completion",
    "any, /unload",
    "any, /v1/realtime/client_secrets",
    "any, /route/any/route/vllm/v1/chat/completions",
    "any, /route/any/llmhop/status",
    "any, /route/any/ROUTE/vllm/v1/chat/completions",
    "any, /route/any/%72oute%2Fvllm/completion",
    "any, /v1/chat/completions?x=/api/extra/abort",
    "stripped, /v1/route/vllm/v1/chat/completions",
    "stripped, /v1//h/api/delete",
    "kobold, /v1/chat/completions?x=/api/extra/abort",
    "llamaswap, /route/llamaswap/upstream/other/completion",
    "llamaswap, /route/llamaswap/api/captures/6",
    "tabbyapi, /v1/model/load",
    "localai, /models/apply",
    "lmstudio, /api/v1/models/load",
    "tgi, /route/tgi",
    "tgi, /invocations",
    "vllm, /pause",
    "vllm, /route/vllm/metrics",
    "vllm, /generate",
    "vllm, /v1/models/x",
    "vllm, /route/vllm",
    "vllm, /route/vllm/v1/models",
    "vllm, /route/vllm/pause",
    "vllm, /route/vllm//v1/chat/completions",
    "vllm, //route/vllm/v1/chat/completions",
    "sglang, /flush_cache",
    "sglang, /route/sglang/open_session",
    "llamacpp, /lora-adapters",
    "llamacpp, /slots/../lora-adapters",
    "llamacpp, /%73lots",
    "llamacpp, /slots/",
    "ollama, /api/pull",
    "ollama, /api/chat/",
    "ollama, /v1/audio/speech",
    "openai, /route/openai/v1/files",
    "openai, /v1/fine_tuning/jobs",
    "openai, /api/v3/chat/completions",
    "openai, /chat/completions",
    "openai, /v1/../v1/chat/completions",
    "sub, /sub/v1/chat/completions",
    "sub, /v1/pause",
    "denied, /v1/embeddings",
    "denied, /V1/%65mbeddings/",
    "denied, /v1/audio/speech",
    "denied, /route/denied/v1/embeddings",
    "stripped, /v1/embeddings"
  })
  void whatIsClosedDoesNot(String model, String target) {
    assertClosed(ask(model, target));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "//v1/chat/completions",
        "/v1//chat/completions",
        "/v1/chat/completions/",
        "/v1/chat/completions.",
        "/v1/chat/completions;x",
        "/v1/chat/completions%20",
        "/v1/chat/completions%00",
        "/v1/chat/%63ompletions",
        "/v1/chat%2fcompletions",
        "/v1/./chat/completions",
        "/pause/../v1/chat/completions",
        "/V1/chat/completions",
        "/v1/chat\\completions"
      })
  void noOtherSpellingPassesByAKind(String target) {
    for (String model : List.of("vllm", "sglang", "openai", "sub", "localai", "tgi", "router2")) {
      assertClosed(ask(model, target));
    }
  }

  @Test
  void aMethodMatters() {
    assertReaches(
        router.ask(Request.get("/route/openai/v1/responses/resp_1")), "/api/v3/responses/resp_1");
    Answer list = router.ask(Request.get("/route/openai/v1/chat/completions"));
    assertEquals(403, list.status(), "what all callers have stored");
    assertEquals(403, router.ask(Request.get("/v1/realtime?model=ollama")).status());
    assertEquals(1, backend.requests().size());
  }

  @Test
  void whoStandsInIsAskedOnlyWhereItsOwnRulesAllow() throws IOException {
    int nobody = ScriptedBackend.unusedPort();
    try (var standIns =
        RouterUnderTest.of(
            """
            {'models': {
               'first': {'url': 'http://127.0.0.1:%d', 'fallback': ['second']},
               'second': {'url': '%s', 'kind': 'ollama'}}}
            """
                .formatted(nobody, backend.url()))) {
      Answer pooling = standIns.ask(Request.post("/pooling", "{\"model\": \"first\"}"));
      assertEquals(502, pooling.status());
      assertEquals(0, backend.requests().size());
      assertEquals(200, standIns.ask(Request.post(CHAT, "{\"model\": \"first\"}")).status());
    }
  }
}
