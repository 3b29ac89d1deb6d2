package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import llmhop.config.Kind;
import llmhop.kit.Answer;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Lists of an engine's models show command lines, disk paths and other models. Below
/// `/route/{model}` the router answers them itself, in whichever spelling they are asked for, or
/// refuses them.
final class EngineListsTest {
  /// The list of llama.cpp, with fields of other engines' lists in it.
  private static final String RAW =
      """
      {"object":"list","models":[{"name":"/srv/secret.gguf"}],"model_path":"/srv/secret.gguf",
       "data":[{"id":"a","object":"model","created":5,"owned_by":"llamacpp",
       "root":"/srv/secret.gguf","status":{"args":["llama-server","--api-key","secret"]},
       "meta":{"n_ctx_train":8192}},{"id":"secret-other"}]}
      """;

  private ScriptedBackend backend;
  private RouterUnderTest router;

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
    backend.always(answerJson(200, RAW));
    router =
        RouterUnderTest.of(
            """
            {'authTokens': [
               {'name': 'all', 'token': 'all'},
               {'name': 'some', 'token': 'some', 'models': ['a', 'open/*', 'at-*']}],
             'default': 'a',
             'models': {
               'a': {'url': '%1$s', 'aliases': ['alias'], 'adapters': ['adapter']},
               'open/*': {'url': '%1$s'},
               'at-url': {'url': '%1$s/api/v3'},
               'at-base': {'baseUrl': '%1$s/api/v3'},
               'at-root': {'baseUrl': '%1$s'},
               'at-models': {'url': '%1$s/models'},
               'at-api': {'url': '%1$s/api'},
               'hidden': {'url': '%1$s', 'unlisted': true},
               'allowed': {'url': '%1$s', 'allowPaths': ['/v1/models', '/api/show']},
               'allowed-vllm': {'url': '%1$s', 'kind': 'vllm', 'allowPaths': ['/v1/models']},
               'denied': {'url': '%1$s', 'denyPaths': ['/v1/models', '/api/*']},
               %2$s}}
            """
                .formatted(backend.url(), kinds()));
  }

  private String kinds() {
    var all = new StringBuilder();
    for (Kind kind : Kind.values()) {
      String word = kind.word();
      all.append(all.isEmpty() ? "" : ", ")
          .append("'kind-%1$s': {'url': '%2$s', 'kind': '%1$s'}".formatted(word, backend.url()));
    }
    return all.toString();
  }

  @AfterEach
  void end() {
    router.close();
    backend.close();
  }

  private Answer get(String target) {
    return router.ask(Request.get(target).withToken("all"));
  }

  private Answer show(String target, String body) {
    return router.ask(Request.post(target, body).withToken("all"));
  }

  private static void assertRefused(Answer answer, int status, String code) {
    assertEquals(status, answer.status(), answer::toString);
    assertEquals(Optional.of(code), answer.field("X-LLMhop-Error"));
  }

  private void assertTellsNothing(Answer answer) {
    assertFalse(answer.text().contains("secret"), answer::text);
    assertFalse(answer.text().contains("/srv"), answer::text);
    assertEquals(0, backend.requests().size(), "no backend is asked");
  }

  private static String timeless(Answer answer) {
    assertEquals(200, answer.status(), answer::toString);
    assertEquals(Optional.of("application/json"), answer.field("Content-Type"));
    return answer.text().replaceAll("\"created\":[0-9]{10}\\b", "\"created\":NOW");
  }

  // ---- the router's own answer

  @ParameterizedTest
  @CsvSource({
    "/route/a/v1/models, a",
    "/route/a/v1/models?x=y, a",
    "/route/a/v1/models?model=a, a",
    "/route/a/models, a",
    "/route/%61/v1/models, a",
    "/route/alias/v1/models, alias",
    "/route/adapter/v1/models, adapter",
    "/route/open%2Fx/v1/models, open/x",
    "/route/hidden/v1/models, hidden",
    "/route/at-url/v1/models, at-url",
    "/route/at-base/v1/models, at-base",
    "/route/at-root/models, at-root",
    "http://anywhere/route/a/v1/models, a"
  })
  void aListBelowAModelNamesThisModelOnly(String target, String name) {
    String entry = "{\"id\":\"%s\",\"object\":\"model\",\"created\":NOW,\"owned_by\":\"llmhop\"}";
    assertEquals(
        "{\"object\":\"list\",\"data\":[" + entry.formatted(name) + "]}", timeless(get(target)));
    assertTellsNothing(get(target));
  }

  @ParameterizedTest
  @EnumSource
  void aListIsAnsweredForEveryKind(Kind kind) {
    String route = "/route/kind-" + kind.word();
    for (String path : List.of("/v1/models", "/models", "/api/tags", "/api/ps")) {
      Answer answer = get(route + path);
      assertEquals(200, answer.status(), answer::toString);
      assertTrue(answer.text().contains("\"kind-" + kind.word() + "\""), answer::text);
      assertTellsNothing(answer);
    }
    assertEquals(200, show(route + "/api/show", "{}").status());
    assertTellsNothing(get(route + "/v1/models/a"));
  }

  @Test
  void theListHasTheShapeOfTheCallersApi() {
    Answer anthropic =
        router.ask(
            Request.get("/route/a/v1/models")
                .with("anthropic-version: 2023-06-01")
                .withToken("all"));
    assertTrue(anthropic.text().contains("\"first_id\":\"a\""), anthropic::text);
    assertTrue(get("/route/a/api/tags").text().startsWith("{\"models\":[{\"name\":\"a\""));
    assertTrue(get("/route/a/api/ps").text().contains("\"expires_at\""));
    Answer head =
        router.ask(Request.of("HEAD", "/route/a/v1/models", new byte[0]).withToken("all"));
    assertEquals(200, head.status());
    assertEquals(Answer.End.NO_BODY, head.end());
    assertTellsNothing(get("/route/a/api/tags"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "alias", "%61", "a?x=y"})
  void oneModelIsFoundByEachOfItsNames(String id) {
    assertEquals(200, get("/route/a/v1/models/" + id).status());
    assertEquals(200, get("/route/a/models/" + id).status());
    assertTellsNothing(get("/route/a/v1/models/" + id));
  }

  @ParameterizedTest
  @ValueSource(strings = {"hidden", "open/x", "adapter", "another", "x%2Fy"})
  void anotherModelIsNotFoundBelowThisOne(String id) {
    assertRefused(get("/route/a/v1/models/" + id), 404, "model_not_found");
    assertRefused(get("/route/a/models/" + id), 404, "model_not_found");
    assertTellsNothing(get("/route/a/v1/models/" + id));
  }

  @Test
  void theListCarriesThePublishedFieldsOfTheCatalog() throws IOException {
    String config =
        """
        {'models': {'llama': {'url': '%s', 'rename': 'a', 'catalog': '60s'}}}
        """
            .formatted(backend.url());
    try (var listing = RouterUnderTest.of(config)) {
      Waiting.await("the list", () -> backend.requests().size() > 0);
      Waiting.await(
          "its fields",
          () ->
              listing
                  .ask(Request.get("/route/llama/v1/models"))
                  .text()
                  .equals(
                      "{\"object\":\"list\",\"data\":[{\"id\":\"llama\",\"object\":\"model\","
                          + "\"created\":5,\"owned_by\":\"llamacpp\",\"meta\":{\"n_ctx_train\":8192}}]}"));
    }
  }

  // ---- callers

  @Test
  void aTokenSeesTheListsOfItsModelsOnly() {
    assertEquals(200, router.ask(Request.get("/route/a/v1/models").withToken("some")).status());
    for (String path : List.of("/v1/models", "/models", "/v1/models/hidden", "/api/tags")) {
      Request request = Request.get("/route/hidden" + path);
      assertRefused(router.ask(request.withToken("some")), 403, "model_not_allowed");
      assertRefused(router.ask(request.withToken("wrong")), 401, "invalid_api_key");
      assertRefused(router.ask(request), 401, "invalid_api_key");
      assertRefused(get("/route/none" + path), 404, "model_not_found");
    }
    assertTellsNothing(get("/route/a/v1/models"));
  }

  // ---- what no backend gets

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/route/a/v1/models",
        "/route/a/v1/models/",
        "/route/a//v1/models",
        "/route/a/v1//models",
        "/route/a/V1/Models",
        "/route/a/v1/%6dodels",
        "/route/a/v1/%256dodels",
        "/route/a/v1%2Fmodels",
        "/route/a/v1/models;x",
        "/route/a/v1/models%3Fx",
        "/route/a/v1/models%20",
        "/route/a/v1/models.",
        "/route/a/v1/models//a",
        "/route/a/x/../v1/models",
        "/route/a/models/",
        "/route/a/MODELS",
        "/route/a/%6dodels",
        "/route/a/api/tags/",
        "/route/a/Api/Tags",
        "/route/a/api/p%73",
        "/route/a/api/v0/models",
        "/route/a/api/v0/models/a",
        "/route/a/api/v1/models",
        "/route/a/get_model_info",
        "/route/a/model_info",
        "/route/a/v1/model",
        "/route/a/v1/model/list",
        "/route/a/v1/model/draft/list",
        "/route/a/v1/loras",
        "/route/a/v1/lora/list",
        "/route/a/v1/templates",
        "/route/a/v1/sampling/overrides",
        "/route/at-api/tags",
        "/route/at-api/v1/models",
        "/route/at-api/ps",
        "/route/at-models/v1/models",
        "/route/at-root/v1/models/",
        "/route/at-url/models/",
        "/models",
        "/models?model=a",
        "/models/a?model=a",
        "/v1/models/?model=a",
        "//v1/models?model=a",
        "/V1/models?model=a",
        "/get_model_info?model=a"
      })
  void anEnginesListReachesNoCallerInAnySpelling(String target) {
    for (String method : List.of("GET", "HEAD", "get", "Head")) {
      Answer answer = router.ask(Request.of(method, target, new byte[0]).withToken("all"));
      assertTrue(List.of(200, 400, 403, 404, 405, 501).contains(answer.status()), answer::toString);
      assertTellsNothing(answer);
    }
    byte[] body = "{\"model\":\"a\"}".getBytes(StandardCharsets.UTF_8);
    assertTellsNothing(router.ask(Request.of("GET", target, body).withToken("all")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/api/show", "/api/show/", "/API/show", "/api/sho%77", "/api//show", "//api/show"})
  void aDescriptionReachesNoCallerInAnySpelling(String path) {
    for (String body : List.of("{}", "{\"name\":\"another\"}", "{\"model\":\"a\"}")) {
      Answer answer = show("/route/a" + path, body);
      assertTrue(answer.status() != 502, answer::toString);
      assertTellsNothing(answer);
    }
  }

  @Test
  void aDescriptionIsThatOfThePathsModel() {
    for (String body :
        List.of("{}", "{\"name\":\"a\"}", "{\"model\":\"alias\",\"verbose\":true}")) {
      Answer answer = show("/route/a/api/show", body);
      assertEquals(200, answer.status(), answer::toString);
      assertTrue(answer.text().contains("\"capabilities\":[\"completion\"]"), answer::text);
    }
    assertRefused(show("/route/a/api/show", "{\"name\":\"hidden\"}"), 400, "model_mismatch");
    assertRefused(show("/route/a/api/show", "{\"model\":\"none\"}"), 400, "model_mismatch");
    assertRefused(show("/route/a/api/show", "[]"), 400, "missing_model");
    assertRefused(show("/route/a/api/show", "no"), 400, "invalid_json");
    assertTellsNothing(get("/route/a/v1/models"));
  }

  // ---- what the operator says

  @Test
  void theOperatorOpensTheEnginesOwnList() {
    for (String target :
        List.of(
            "/route/allowed/v1/models",
            "/route/allowed/v1/models/",
            "/route/allowed/v1/models/org%2Fname",
            "/route/allowed-vllm/v1/models")) {
      assertTrue(get(target).text().contains("secret"), target);
    }
    assertTrue(show("/route/allowed/api/show", "{}").text().contains("secret"));
    assertEquals(5, backend.requests().size());
  }

  @Test
  void theOperatorDeniesTheRoutersListToo() {
    for (String path : List.of("/v1/models", "/v1/models/denied", "/api/tags", "/api/ps")) {
      assertRefused(get("/route/denied" + path), 403, "path_not_allowed");
    }
    assertRefused(show("/route/denied/api/show", "{}"), 403, "path_not_allowed");
    assertEquals(200, get("/route/denied/models").status());
    assertTellsNothing(get("/route/denied/v1/models"));
  }

  // ---- what stays open

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /route/a/props",
        "GET /route/a/health",
        "GET /route/a/metrics",
        "GET /route/a/modelsx",
        "GET /route/a/v1/models-of-mine",
        "GET /route/a/api/version",
        "POST /route/a/v1/models",
        "POST /route/a/api/chat",
        "DELETE /route/a/v1/models/x",
        "GET /route/at-models/health",
        "GET /route/at-models/v1/responses/resp_1",
        "POST /route/at-models/v1/chat/completions"
      })
  void whatIsNoListIsForwarded(String line) {
    String[] words = line.split(" ");
    byte[] body = words[0].equals("POST") ? "{}".getBytes(StandardCharsets.UTF_8) : new byte[0];
    Answer answer = router.ask(Request.of(words[0], words[1], body).withToken("all"));
    assertEquals(200, answer.status(), answer::toString);
    assertEquals(1, backend.requests().size());
  }
}
