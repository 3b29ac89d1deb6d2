package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.close;
import static llmhop.kit.Steps.raw;
import static llmhop.kit.Steps.readBody;
import static llmhop.kit.Steps.reset;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Optional;
import llmhop.kit.Answer;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.SilentPort;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The whole table of refusals: status, code, type, sentence, fields, and that no backend saw it.
class RefusalsTest {
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
            {'authTokens': [
               {'name': 'all', 'token': 'key-all'},
               {'name': 'some', 'token': 'key-some', 'models': ['qwen*']}],
             'maxBodyBytes': 200000,
             'maxConcurrentRequests': 100,
             'models': {
               'llama-3': {'url': '%1$s', 'aliases': ['gpt-4']},
               'qwen-2.5': {'url': '%1$s'},
               'hidden-1': {'url': '%1$s', 'unlisted': true},
               'openai/*': {'url': '%1$s'}}}
            """
                .formatted(backend.url()));
  }

  @AfterEach
  void end() {
    router.close();
    backend.close();
  }

  private Answer ask(String target, String body) {
    return router.ask(Request.post(target, body).withToken("key-all"));
  }

  private void assertRefused(Answer answer, int status, String code, String type) {
    assertEquals(status, answer.status(), answer::toString);
    assertEquals(Optional.of(code), answer.field("X-LLMhop-Error"));
    assertEquals(Optional.of(code), answer.jsonString("code"), answer::text);
    assertEquals(Optional.of(type), answer.jsonString("type"), answer::text);
    assertTrue(answer.jsonString("message").orElse("").length() > 20, answer::text);
    assertEquals(Optional.of("application/json"), answer.field("Content-Type"));
    assertTrue(answer.field("X-Request-Id").isPresent());
    assertTrue(answer.clean());
    assertEquals(0, backend.requests().size(), "no backend sees a refused request");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"model\": \"llama-3\"", "{\"model\": \"llama-3\"} x", "{model: 1}", "{\"a\": NaN}",
        "{\"a\": \"\u0001\"}", "not json", "{\"model\": \"llama-3\",}", "{\"a\": 01}"
      })
  void invalidJson(String body) {
    assertRefused(ask(CHAT, body), 400, "invalid_json", "invalid_request_error");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]", "\"llama-3\"", "1", "null", "[{\"model\": \"llama-3\"}]"})
  void aBodyThatIsNoObject(String body) {
    assertRefused(ask(CHAT, body), 400, "invalid_json", "invalid_request_error");
  }

  @Test
  void aBodyInUtf16OrWithInvalidUtf8() {
    for (byte[] body :
        new byte[][] {
          "{\"model\": \"llama-3\"}".getBytes(java.nio.charset.StandardCharsets.UTF_16LE),
          "{\"model\": \"llama-3\"}".getBytes(java.nio.charset.StandardCharsets.UTF_16BE),
          {'{', '"', 'm', '"', ':', '"', (byte) 0xc0, (byte) 0xaf, '"', '}'}
        }) {
      Answer answer = router.ask(Request.post(CHAT, body, "application/json").withToken("key-all"));
      assertRefused(answer, 400, "invalid_json", "invalid_request_error");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"models\": \"llama-3\"}",
        "{\"x\": {\"model\": \"llama-3\"}}",
        "{\"model\": null}",
        "{\"model\": \"\"}",
        "{\"Model\": \"llama-3\"}"
      })
  void missingModel(String body) {
    Answer answer = ask(CHAT, body);
    assertRefused(answer, 400, "missing_model", "invalid_request_error");
    assertEquals(Optional.of("model"), answer.jsonString("param"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"model\": \"llama-3\", \"model\": \"qwen-2.5\"}",
        "{\"model\": \"llama-3\", \"model\": \"llama-3\"}",
        "{\"model\": \"llama-3\", \"Model\": \"qwen-2.5\"}",
        "{\"MODEL\": \"llama-3\", \"model\": \"llama-3\"}",
        "{\"model\": \"llama-3\", \"mod\\u0065l\": \"qwen-2.5\"}",
        "{\"model\": \"llama-3\", \"model\": null}"
      })
  void duplicateModel(String body) {
    assertRefused(ask(CHAT, body), 400, "duplicate_model", "invalid_request_error");
  }

  @ParameterizedTest
  @CsvSource({
    "/route/llama-3/v1/chat/completions, qwen-2.5",
    "/route/llama-3/v1/chat/completions, unknown",
    "/route/openai%2Fa/v1/chat/completions, openai/b"
  })
  void modelMismatch(String target, String inBody) {
    Answer answer = ask(target, "{\"model\": \"" + inBody + "\"}");
    assertRefused(answer, 400, "model_mismatch", "invalid_request_error");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"model\": 3}", "{\"model\": [\"llama-3\"]}", "{\"model\": {}}"})
  void aModelThatIsNoString(String body) {
    assertRefused(ask(CHAT, body), 400, "invalid_request", "invalid_request_error");
  }

  @Test
  void aNameOverTheLimitIsRefusedAndOneAtItIsLookedUp() {
    Answer at = ask(CHAT, "{\"model\": \"" + "x".repeat(1024) + "\"}");
    assertRefused(at, 404, "model_not_found", "invalid_request_error");
    Answer over = ask(CHAT, "{\"model\": \"" + "x".repeat(1025) + "\"}");
    assertRefused(over, 400, "invalid_request", "invalid_request_error");
  }

  @Test
  void jsonAtTheDepthLimitPassesAndOneDeeperIsRefused() {
    String at = "{\"model\": \"llama-3\", \"x\": " + "[".repeat(255) + "]".repeat(255) + "}";
    assertEquals(200, ask(CHAT, at).status());
    backend.close();
    String over = "{\"model\": \"llama-3\", \"x\": " + "[".repeat(256) + "]".repeat(256) + "}";
    Answer answer = ask(CHAT, over);
    assertEquals(Optional.of("invalid_json"), answer.jsonString("code"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "wrong", "key-al", "key-all "})
  void invalidApiKey(String key) {
    Request request = Request.post(CHAT, "{\"model\": \"llama-3\"}");
    boolean right = key.strip().equals("key-all");
    Answer answer = router.ask(key.isEmpty() ? request : request.withToken(key));
    if (right) {
      assertEquals(200, answer.status());
      return;
    }
    assertRefused(answer, 401, "invalid_api_key", "invalid_request_error");
    assertEquals(Optional.of("Bearer"), answer.field("WWW-Authenticate"));
    assertFalse(answer.text().contains("key-"));
  }

  @Test
  void aRefusedCallersBodyIsNotReadButItsAnswerArrives() {
    byte[] body = new byte[150_000];
    Request request = Request.post(CHAT, body, "application/json");
    try (RawCaller caller = router.caller()) {
      caller.sendHead(request);
      Answer answer = caller.read();
      assertRefused(answer, 401, "invalid_api_key", "invalid_request_error");
      assertEquals(Optional.of("close"), answer.field("Connection"));
    }
  }

  @Test
  void modelNotAllowed() {
    for (String body : new String[] {"{\"model\": \"llama-3\"}", "{\"model\": \"gpt-4\"}"}) {
      Answer answer = router.ask(Request.post(CHAT, body).withToken("key-some"));
      assertRefused(answer, 403, "model_not_allowed", "permission_error");
    }
    Answer byPath = router.ask(Request.get("/route/llama-3/x").withToken("key-some"));
    assertRefused(byPath, 403, "model_not_allowed", "permission_error");
    Answer allowed =
        router.ask(Request.post(CHAT, "{\"model\": \"qwen-2.5\"}").withToken("key-some"));
    assertEquals(200, allowed.status());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/sleep", "/%73leep", "//SLEEP/", "/v1/../sleep", "/route/llama-3/sleep"})
  void pathNotAllowed(String target) {
    Answer answer = ask(target, "{\"model\": \"llama-3\"}");
    assertRefused(answer, 403, "path_not_allowed", "permission_error");
    assertTrue(answer.text().contains("allowPaths"));
  }

  @Test
  void modelNotFoundNamesTheNearestThatTheCallerMayUseAndSee() {
    Answer answer = ask(CHAT, "{\"model\": \"lama-3\"}");
    assertRefused(answer, 404, "model_not_found", "invalid_request_error");
    assertTrue(answer.text().contains("llama-3"), answer::text);
    Request near = Request.post(CHAT, "{\"model\": \"lama-3\"}").withToken("key-some");
    assertFalse(router.ask(near).text().contains("llama-3"), "not one that it may not use");
    assertFalse(ask(CHAT, "{\"model\": \"hiden-1\"}").text().contains("hidden-1"));
    assertRefused(
        ask(CHAT, "{\"model\": \"openai/\"}"), 404, "model_not_found", "invalid_request_error");
  }

  @Test
  void aHostileNameIsRepeatedHarmlessly() {
    Answer answer = ask(CHAT, "{\"model\": \"a\\r\\nX: 1\\u0000<b>" + "y".repeat(900) + "\"}");
    assertRefused(answer, 404, "model_not_found", "invalid_request_error");
    assertFalse(answer.text().chars().anyMatch(c -> c < ' '), answer::text);
    assertTrue(answer.text().length() < 600);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/favicon.ico", "/v1/files", "/v1/batches/x", "/metrics", "/nothing"})
  void unknownUrl(String target) {
    Answer answer = router.ask(Request.get(target).withToken("key-all"));
    assertRefused(answer, 404, "unknown_url", "invalid_request_error");
  }

  @Test
  void anInferencePathWithoutABodyLacksItsModel() {
    Answer answer = router.ask(Request.get(CHAT).withToken("key-all"));
    assertRefused(answer, 400, "missing_model", "invalid_request_error");
  }

  @Test
  void requestTooLargeDeclaredAndCounted() {
    String at = "{\"model\":\"llama-3\",\"x\":\"" + "y".repeat(199_974) + "\"}";
    assertEquals(200_000, at.length());
    assertEquals(200, ask(CHAT, at).status());
    Request request = Request.post(CHAT, at).withToken("key-all");
    assertEquals(200, router.ask(request.chunked(9_999)).status());
    assertEquals(2, backend.executions());

    String over = at.replace("yy", "yyy").substring(0, 199_999) + "\"}";
    assertEquals(200_001, over.length());
    Request tooLarge = Request.post(CHAT, over).withToken("key-all");
    for (Request each : new Request[] {tooLarge, tooLarge.chunked(9_999)}) {
      Answer answer = router.ask(each);
      assertEquals(413, answer.status());
      assertEquals(Optional.of("request_too_large"), answer.jsonString("code"));
      assertTrue(answer.text().contains("200000"), answer::text);
      assertEquals(Optional.of("close"), answer.field("Connection"));
    }
    assertEquals(2, backend.executions());
  }

  @Test
  void unsupportedContentEncodingUnlessThePathNamesTheModel() {
    Request request =
        Request.post(CHAT, "\u001f\u008b....").with("Content-Encoding: gzip").withToken("key-all");
    assertRefused(
        router.ask(request), 415, "unsupported_content_encoding", "invalid_request_error");
    Request routed =
        Request.post("/route/llama-3" + CHAT, "gzipped").with("Content-Encoding: gzip");
    assertEquals(200, router.ask(routed.withToken("key-all")).status());
    assertEquals("gzipped", backend.request(1).text());
    assertEquals(Optional.of("gzip"), backend.request(1).field("Content-Encoding"));
    Request restricted =
        Request.post("/route/qwen-2.5" + CHAT, "gzipped").with("Content-Encoding: gzip");
    assertEquals(415, router.ask(restricted.withToken("key-some")).status());
  }

  @Test
  void backendUnreachable() throws IOException {
    try (var down =
        RouterUnderTest.of(
            "{'models': {'llama': {'url': 'http://127.0.0.1:"
                + ScriptedBackend.unusedPort()
                + "'}}}")) {
      Answer answer = down.ask(Request.post(CHAT, "{\"model\": \"llama\"}"));
      assertRefused(answer, 502, "backend_unreachable", "server_error");
      assertEquals(Optional.of("true"), answer.field("x-should-retry"));
      assertFalse(answer.text().contains("127.0.0.1"), "addresses are nobody's business");
    }
  }

  @Test
  void aBackendThatDoesNotAnswerConnectsIsUnreachable() throws IOException {
    try (var silent = new SilentPort();
        var slow =
            RouterUnderTest.of(
                "{'models': {'llama': {'url': 'http://127.0.0.1:"
                    + silent.port()
                    + "', 'timeouts': {'connect': '200ms'}}}}")) {
      Answer answer = slow.ask(Request.post(CHAT, "{\"model\": \"llama\"}"));
      assertRefused(answer, 502, "backend_unreachable", "server_error");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
        "HTTP/1.1 200 OK\r\n"
            + "Content-Length: 1\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n"
            + "1\r\n"
            + "x\r\n"
            + "0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\u0001b\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        "HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n folded: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\nx",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        "rubbish\r\n\r\n"
      })
  void backendBadReply(String reply) {
    backend.next(readBody(), raw(reply), close());
    Answer answer = ask(CHAT, "{\"model\": \"llama-3\"}");
    assertEquals(502, answer.status(), answer::toString);
    assertEquals(Optional.of("backend_bad_reply"), answer.jsonString("code"));
    assertEquals(Optional.of("server_error"), answer.jsonString("type"));
    assertEquals(Optional.of("false"), answer.field("x-should-retry"));
    assertEquals(1, backend.executions(), "the request ran once");
    assertEquals(200, ask(CHAT, "{\"model\": \"llama-3\"}").status(), "and life goes on");
  }

  @Test
  void aBackendThatResetsOrClosesWithoutAnAnswer() {
    for (var end : new llmhop.kit.Step[] {reset(), close()}) {
      backend.next(readBody(), end);
      Answer answer = ask(CHAT, "{\"model\": \"llama-3\"}");
      assertEquals(502, answer.status());
      assertEquals(Optional.of("backend_bad_reply"), answer.jsonString("code"));
    }
    assertEquals(2, backend.executions(), "each request ran once");
  }
}
