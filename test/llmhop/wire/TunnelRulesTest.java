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

/// The messages of a WebSocket name models and are requests that nobody counts: which tokens get
/// one.
final class TunnelRulesTest {
  private static final String[] HANDSHAKE = {
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
  };

  private static final List<String> BOUND = List.of("models", "rpm", "slots", "both");

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
               {'name': 'free', 'token': 'free'},
               {'name': 'models', 'token': 'models', 'models': ['a*']},
               {'name': 'rpm', 'token': 'rpm', 'rpm': 1000},
               {'name': 'slots', 'token': 'slots', 'maxConcurrent': 50},
               {'name': 'both', 'token': 'both', 'models': ['a*'], 'rpm': 1000}],
             'models': {
               'a': {'url': '%1$s'},
               'a-under': {'url': '%1$s/api', 'allowPaths': ['/*']},
               'a-stripped': {'baseUrl': '%1$s'},
               'a-vllm': {'url': '%1$s', 'kind': 'vllm'},
               'a-sglang': {'url': '%1$s', 'kind': 'sglang'},
               'a-aphrodite': {'url': '%1$s', 'kind': 'aphrodite'},
               'a-localai': {'url': '%1$s', 'kind': 'localai'},
               'a-openai': {'url': '%1$s', 'kind': 'openai'},
               'b': {'url': '%1$s'}}}
            """
                .formatted(backend.url()));
  }

  @AfterEach
  void end() {
    router.close();
    backend.close();
  }

  private Answer open(String token, String target) {
    return router.ask(Request.get(target).with(HANDSHAKE).withToken(token));
  }

  private void assertNoTunnel(String token, String target) {
    Answer answer = open(token, target);
    assertEquals(426, answer.status(), () -> token + " " + answer);
    assertEquals(Optional.of("websocket_not_allowed"), answer.field("X-LLMhop-Error"));
    assertEquals(Optional.of("HTTP/1.1"), answer.field("Upgrade"));
    assertTrue(answer.text().contains("HTTP/1.1"), answer::text);
    assertEquals(0, backend.requests().size(), "no backend sees it");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/responses?model=a",
        "/v1/responses/?model=a",
        "/V1/Responses?model=a",
        "/v1/%72esponses?model=a",
        "//v1/responses?model=a",
        "/v1//responses?model=a",
        "/v1/./responses?model=a",
        "/v1/responses;x?model=a",
        "/responses?model=a",
        "/v/responses?model=a",
        "/route/a/v1/responses",
        "/route/a/v1/responses?model=a",
        "/route/a/v1/responses/",
        "/route/a//v1/responses",
        "/route/a/v1%2Fresponses",
        "/route/a/v1/responses/ws",
        "/route/a-under/v1/responses",
        "/route/a-stripped/v1/responses",
        "/route/a-vllm/v1/responses",
        "/route/a-localai/v1/responses",
        "/route/a-openai/v1/responses",
        "/route/a/v1/realtime",
        "/v1/realtime?model=a",
        "/route/a-localai/v1/realtime",
        "/route/a-openai/v1/realtime",
        "/route/a-vllm/v1/realtime/",
        "/route/a-vllm/V1/realtime",
        "/route/a-vllm/other",
        "/route/a/llm",
        "/route/a/ws",
        "/route/a/"
      })
  void aTokenWithModelsOrALimitGetsNoTunnelInWhichMessagesAreRequests(String target) {
    for (String token : BOUND) assertNoTunnel(token, target);
  }

  @ParameterizedTest
  @CsvSource({"a-vllm", "a-sglang", "a-aphrodite"})
  void whereAServerHasOneModelATokenWithModelsMaySpeakToIt(String model) {
    assertEquals(200, open("models", "/v1/realtime?model=" + model).status());
    assertEquals(200, open("models", "/route/" + model + "/v1/realtime").status());
    assertEquals(2, backend.requests().size());
    for (String token : List.of("rpm", "slots", "both")) {
      assertEquals(426, open(token, "/v1/realtime?model=" + model).status(), token);
    }
    assertEquals(2, backend.requests().size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/responses?model=a",
        "/v1/responses?model=b",
        "/route/a/v1/responses",
        "/route/a-openai/v1/responses",
        "/route/a-localai/v1/responses",
        "/v1/realtime?model=a",
        "/route/a/ws"
      })
  void aTokenWithoutThemGetsOne(String target) {
    assertEquals(200, open("free", target).status());
    assertEquals(Optional.of("websocket"), backend.request(1).field("Upgrade"));
  }

  @Test
  void aModelThatTheTokenMayNotUseIsRefusedAsEver() {
    assertEquals(403, open("models", "/v1/responses?model=b").status());
    assertEquals(404, open("models", "/v1/responses?model=c").status());
    assertEquals(403, open("free", "/route/a-vllm/v1/responses").status(), "no path of its kind");
    assertEquals(0, backend.requests().size());
  }

  /// A request that only offers another protocol is one.
  @ParameterizedTest
  @ValueSource(strings = {"models", "rpm", "slots", "both", "free"})
  void requestsOverHttpStayOpen(String token) {
    String body = "{\"model\": \"a\"}";
    assertEquals(200, router.ask(Request.post("/v1/responses", body).withToken(token)).status());
    assertEquals(
        200,
        router
            .ask(
                Request.post("/v1/responses", body)
                    .with("Connection: Upgrade", "Upgrade: h2c")
                    .withToken(token))
            .status());
    assertEquals(
        200, router.ask(Request.get("/route/a/v1/responses/resp_1").withToken(token)).status());
  }

  @Test
  void aTokenIsNotChargedForARefusedTunnel() throws IOException {
    try (var tight =
        RouterUnderTest.of(
            """
            {'authTokens': [{'name': 'one', 'token': 'one', 'rpm': 1}], 'models': {'a': {'url': '%s'}}}
            """
                .formatted(backend.url()))) {
      Request tunnel = Request.get("/v1/responses?model=a").with(HANDSHAKE).withToken("one");
      assertEquals(426, tight.ask(tunnel).status());
      assertEquals(426, tight.ask(tunnel).status());
      Request plain = Request.post("/v1/responses", "{\"model\": \"a\"}").withToken("one");
      assertEquals(200, tight.ask(plain).status());
      assertEquals(429, tight.ask(plain).status());
    }
  }
}
