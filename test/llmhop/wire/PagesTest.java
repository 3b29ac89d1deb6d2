package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.hold;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llmhop.kit.Answer;
import llmhop.kit.Gate;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What the router answers by itself: from memory, and never by asking a backend.
class PagesTest {
  private static final String SHOW = "/api/show";

  /// The largest body of `/api/show`, in bytes.
  private static final int LARGEST_SHOW = 16 * 1024;

  private ScriptedBackend backend;
  private RouterUnderTest router;

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
    router =
        RouterUnderTest.of(
            """
            {'authTokens': [
               {'name': 'all', 'token': 'key-all'},
               {'name': 'some', 'token': 'key-some', 'models': ['qwen*', 'openai/gpt*']},
               {'name': 'none', 'token': 'key-none', 'models': ['nothing-like-that']}],
             'models': {
               'llama-3': {'url': '%1$s', 'aliases': ['gpt-4'], 'adapters': ['llama-lora']},
               'meta/llama 4': {'url': '%1$s'},
               'qwen-2.5': {'url': '%1$s'},
               'hidden-1': {'url': '%1$s', 'unlisted': true, 'adapters': ['hidden-lora']},
               'openai/*': {'url': '%1$s'}}}
            """
                .formatted(backend.url()));
  }

  @AfterEach
  void end() {
    router.close();
    backend.close();
  }

  private void assertBackendNeverAsked() {
    assertEquals(0, backend.connections(), "pages are answered from memory");
  }

  private Answer get(String target) {
    return router.ask(Request.get(target).withToken("key-all"));
  }

  private Answer show(String json) {
    return router.ask(Request.post(SHOW, json).withToken("key-all"));
  }

  private static void assertRefused(Answer answer, int status, String code) {
    assertEquals(status, answer.status(), answer::toString);
    assertEquals(Optional.of(code), answer.field("X-LLMhop-Error"));
  }

  /// The answer with the moment of the router's start replaced, which no test can know.
  private static String timeless(Answer answer) {
    assertEquals(200, answer.status(), answer::toString);
    assertEquals(Optional.of("application/json"), answer.field("Content-Type"));
    return answer
        .text()
        .replaceAll("\"created\":[0-9]{10}\\b", "\"created\":NOW")
        .replaceAll("\"(20[0-9-]{8}T[0-9:]{8}Z)\"", "\"NOW\"");
  }

  private static List<String> all(String member, Answer answer) {
    assertEquals(200, answer.status(), answer::toString);
    List<String> values = new ArrayList<>();
    Matcher matcher = Pattern.compile("\"" + member + "\":\"([^\"]*)\"").matcher(answer.text());
    while (matcher.find()) {
      values.add(matcher.group(1));
    }
    return values;
  }

  // ---- who may see them

  @Test
  void healthAndReadyAreOpenToAll() {
    for (String[] fields :
        new String[][] {{}, {"Authorization: Bearer wrong"}, {"Authorization: x", "api-key: y"}}) {
      Answer health = router.ask(Request.get("/health").with(fields));
      assertEquals(200, health.status());
      assertEquals("{\"status\":\"ok\",\"models\":5}", health.text());
      Answer ready = router.ask(Request.get("/ready?verbose=1").with(fields));
      assertEquals(200, ready.status());
      assertEquals("{\"status\":\"ready\"}", ready.text());
    }
    assertBackendNeverAsked();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /",
        "GET /v1/models",
        "GET /v1/models/llama-3",
        "GET /v1/models/unknown",
        "GET /api/tags",
        "GET /api/ps",
        "GET /api/version",
        "POST /api/show",
        "GET /llmhop/status",
        "HEAD /v1/models",
        "HEAD /",
        "POST /health",
        "PUT /ready",
        "GET /health/",
        "GET /HEALTH",
        "GET /%68ealth",
        "GET /health/x",
        "GET /v1/../health",
        "GET /route/llama-3/health",
        "GET /nothing",
        "OPTIONS /v1/models"
      })
  void allElseNeedsAToken(String line) {
    String[] words = line.split(" ");
    Request request = Request.of(words[0], words[1], new byte[0]);
    for (Request each : List.of(request, request.withToken("wrong"))) {
      Answer answer = router.ask(each);
      assertRefused(answer, 401, "invalid_api_key");
      assertEquals(Optional.of("Bearer"), answer.field("WWW-Authenticate"));
      assertFalse(answer.text().contains("llama"), answer::text);
    }
    assertBackendNeverAsked();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/health",
        "/ready",
        "/v1/models",
        "/v1/models/llama-3",
        "/api/tags",
        "/api/ps",
        "/api/version"
      })
  void aHeadIsThatOfItsGetWithoutTheBody(String target) {
    Answer whole = get(target);
    try (RawCaller caller = router.caller()) {
      Request head = Request.of("HEAD", target, new byte[0]).withToken("key-all");
      Answer answer = caller.ask(head);
      assertEquals(200, answer.status());
      assertEquals(Answer.End.NO_BODY, answer.end());
      assertEquals(whole.field("Content-Type"), answer.field("Content-Type"));
      assertEquals(
          Optional.of(String.valueOf(whole.body().length)), answer.field("Content-Length"));
      assertEquals(200, caller.ask(head).status(), "and the connection lives on");
    }
    assertBackendNeverAsked();
  }

  // ---- the list of models

  @Test
  void theListNamesModelsAndTheirAdaptersAndNothingElse() {
    String entry = "{\"id\":\"%s\",\"object\":\"model\",\"created\":NOW,\"owned_by\":\"llmhop\"}";
    String expected =
        "{\"object\":\"list\",\"data\":[%s,%s,%s,%s]}"
            .formatted(
                entry.formatted("llama-3"),
                entry.formatted("llama-lora"),
                entry.formatted("meta/llama 4"),
                entry.formatted("qwen-2.5"));
    assertEquals(expected, timeless(get("/v1/models")));
    assertEquals(expected, timeless(get("/v1/models?limit=1")));
    assertBackendNeverAsked();
  }

  @Test
  void modelsWereCreatedWhenTheRouterStarted() {
    Matcher created = Pattern.compile("\"created\":([0-9]+)").matcher(get("/v1/models").text());
    assertTrue(created.find());
    long seconds = Long.parseLong(created.group(1));
    long now = System.currentTimeMillis() / 1000;
    assertTrue(seconds <= now && now - seconds < 60, created.group());
  }

  @Test
  void anAllowListFiltersTheListInAllItsShapes() {
    Request list = Request.get("/v1/models");
    assertEquals(List.of("qwen-2.5"), all("id", router.ask(list.withToken("key-some"))));
    assertEquals(
        "{\"object\":\"list\",\"data\":[]}", router.ask(list.withToken("key-none")).text());
    for (String target : List.of("/api/tags", "/api/ps")) {
      assertEquals(
          List.of("qwen-2.5"), all("name", router.ask(Request.get(target).withToken("key-some"))));
      assertEquals("{\"models\":[]}", router.ask(Request.get(target).withToken("key-none")).text());
    }
    assertBackendNeverAsked();
  }

  @ParameterizedTest
  @CsvSource({
    "llama-3, llama-3",
    "gpt-4, gpt-4",
    "llama-lora, llama-lora",
    "meta%2Fllama%204, meta/llama 4",
    "meta/llama%204, meta/llama 4",
    "openai/gpt-5, openai/gpt-5",
    "openai%2Fgpt-5, openai/gpt-5",
    "openai/a/b, openai/a/b",
    "%6Clama-3?x=y, llama-3"
  })
  void oneModelIsFoundByAnyNameThatARequestCouldUse(String id, String name) {
    assertEquals(
        "{\"id\":\"%s\",\"object\":\"model\",\"created\":NOW,\"owned_by\":\"llmhop\"}"
            .formatted(name),
        timeless(get("/v1/models/" + id)));
    assertBackendNeverAsked();
  }

  @Test
  void anUnknownModelIsNotFoundAndTheNearestIsNamed() {
    Answer near = get("/v1/models/lama-3");
    assertRefused(near, 404, "model_not_found");
    assertTrue(near.text().contains("Did you mean \\\"llama-3\\\"?"), near::text);
    for (String id : List.of("llama%2D3x%2Fy", "openai/", "openai", "nothing", "llama-3/")) {
      assertRefused(get("/v1/models/" + id), 404, "model_not_found");
    }
    assertRefused(get("/v1/models/"), 404, "unknown_url");
    assertBackendNeverAsked();
  }

  @Test
  void anUnlistedModelIsHiddenFromAllThatLists() {
    for (String name : List.of("hidden-1", "hidden-lora")) {
      assertRefused(get("/v1/models/" + name), 404, "model_not_found");
      assertRefused(show("{\"model\":\"" + name + "\"}"), 404, "model_not_found");
    }
    for (Answer answer : List.of(get("/v1/models/hiden-1"), show("{\"model\":\"hiden-1\"}"))) {
      assertRefused(answer, 404, "model_not_found");
      assertFalse(answer.text().contains("hidden"), answer::text);
    }
    for (String target : List.of("/v1/models", "/api/tags", "/api/ps", "/llmhop/status", "/")) {
      assertFalse(get(target).text().contains("hidden"), target);
    }
    assertBackendNeverAsked();
  }

  /// As if it didn't exist: the pages tell what there is to choose from.
  @Test
  void aCallerIsToldOfNoModelThatItMayNotUse() {
    for (String name : List.of("llama-3", "gpt-4", "openai/other")) {
      Request one = Request.get("/v1/models/" + name).withToken("key-some");
      Request show = Request.post(SHOW, "{\"model\":\"" + name + "\"}").withToken("key-some");
      for (Request request : List.of(one, show)) {
        Answer answer = router.ask(request);
        assertRefused(answer, 404, "model_not_found");
        assertTrue(answer.text().contains("does not exist here"), answer::text);
        assertFalse(answer.text().contains("Did you mean"), answer::text);
      }
    }
    Request allowed = Request.get("/v1/models/openai/gpt-5").withToken("key-some");
    assertEquals(200, router.ask(allowed).status());
    Answer near = router.ask(Request.get("/v1/models/lama-3").withToken("key-some"));
    assertRefused(near, 404, "model_not_found");
    assertFalse(near.text().contains("llama-3"), near::text);
    assertBackendNeverAsked();
  }

  @Test
  void anthropicsClientsGetTheListInAnthropicsShape() {
    String entry =
        "{\"id\":\"%1$s\",\"type\":\"model\",\"display_name\":\"%1$s\",\"created_at\":\"NOW\"}";
    Request list = Request.get("/v1/models").with("anthropic-version: 2023-06-01");
    assertEquals(
        "{\"data\":[%s],\"has_more\":false,\"first_id\":\"qwen-2.5\",\"last_id\":\"qwen-2.5\"}"
            .formatted(entry.formatted("qwen-2.5")),
        timeless(router.ask(list.with("x-api-key: key-some"))));
    Answer whole = router.ask(list.with("x-api-key: key-all"));
    assertEquals(List.of("llama-3", "llama-lora", "meta/llama 4", "qwen-2.5"), all("id", whole));
    assertEquals(Optional.of("llama-3"), whole.jsonString("first_id"));
    assertEquals(Optional.of("qwen-2.5"), whole.jsonString("last_id"));
    assertEquals(
        "{\"data\":[],\"has_more\":false,\"first_id\":null,\"last_id\":null}",
        router.ask(list.with("x-api-key: key-none")).text());
    Request one = Request.get("/v1/models/gpt-4").with("anthropic-version: 2023-06-01");
    assertEquals(entry.formatted("gpt-4"), timeless(router.ask(one.with("x-api-key: key-all"))));
    assertBackendNeverAsked();
  }

  // ---- what Ollama's clients ask

  @Test
  void ollamasListHasAnEntryForEachModel() {
    String details =
        "\"details\":{\"parent_model\":\"\",\"format\":\"\",\"family\":\"\",\"families\":[],"
            + "\"parameter_size\":\"\",\"quantization_level\":\"\"}";
    String entry =
        "\"name\":\"qwen-2.5\",\"model\":\"qwen-2.5\",\"modified_at\":\"NOW\",\"size\":0,"
            + "\"digest\":\"\","
            + details;
    Request tags = Request.get("/api/tags").withToken("key-some");
    assertEquals("{\"models\":[{" + entry + "}]}", timeless(router.ask(tags)));
    Request ps = Request.get("/api/ps").withToken("key-some");
    assertEquals(
        "{\"models\":[{" + entry + ",\"expires_at\":\"9999-12-31T23:59:59Z\",\"size_vram\":0}]}",
        timeless(router.ask(ps)));
    List<String> names = List.of("llama-3", "llama-lora", "meta/llama 4", "qwen-2.5");
    assertEquals(names, all("name", get("/api/tags")));
    assertEquals(names, all("model", get("/api/ps")));
    assertBackendNeverAsked();
  }

  @Test
  void ollamasVersionIsOne() {
    Answer answer = get("/api/version");
    assertTrue(timeless(answer).matches("\\{\"version\":\"[0-9]+\\.[0-9]+\\.[0-9]+\"}"));
    assertBackendNeverAsked();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"model\":\"llama-3\"}",
        "{\"name\":\"llama-3\"}",
        "{\"verbose\":true,\"model\":\"gpt-4\",\"system\":\"\"}",
        "{\"model\":\"openai/gpt-5\"}",
        "{\"model\":\"meta/llama 4\",\"name\":\"ignored\"}"
      })
  void ollamasShowTellsWhatIsKnownOfAModel(String json) {
    Answer answer = show(json);
    assertEquals(200, answer.status(), answer::toString);
    assertTrue(answer.text().contains("\"details\":{"), answer::text);
    assertTrue(answer.text().contains("\"model_info\":{}"), answer::text);
    assertTrue(answer.text().contains("\"capabilities\":[\"completion\"]"), answer::text);
    assertBackendNeverAsked();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"model\":\"unknown\"}|404|model_not_found",
        "{}|400|missing_model",
        "{\"model\":\"\"}|400|missing_model",
        "{\"model\":3}|400|missing_model",
        "[\"llama-3\"]|400|missing_model",
        "{\"model\":\"llama-3\"|400|invalid_json",
        "{\"model\":\"llama-3\"}}|400|invalid_json",
        "not json|400|invalid_json",
        "``|400|invalid_json"
      })
  void ollamasShowRefusesInOllamasShape(String json, int status, String code) {
    Answer answer = show(json);
    assertRefused(answer, status, code);
    assertTrue(answer.text().matches("\\{\"error\":\".{20,}\"}"), answer::text);
    assertBackendNeverAsked();
  }

  @Test
  void ollamasShowTakesABodyAtItsLimitAndNoneLarger() {
    String at = "{\"model\":\"llama-3\",\"x\":\"" + "y".repeat(LARGEST_SHOW - 26) + "\"}";
    assertEquals(LARGEST_SHOW, at.length());
    Request fits = Request.post(SHOW, at).withToken("key-all");
    Request over = Request.post(SHOW, at + " ").withToken("key-all");
    assertEquals(200, router.ask(fits).status());
    assertEquals(200, router.ask(fits.chunked(1000)).status());
    for (Request request : List.of(over, over.chunked(1000))) {
      Answer answer = router.ask(request);
      assertRefused(answer, 413, "request_too_large");
      assertTrue(answer.text().contains("16384"), answer::text);
      assertEquals(Optional.of("close"), answer.field("Connection"));
    }
    assertBackendNeverAsked();
  }

  // ---- the rest

  @Test
  void theFrontPageSaysWhatThisIs() {
    Answer answer = get("/");
    assertEquals(200, answer.status());
    assertEquals(Optional.of("text/html; charset=utf-8"), answer.field("Content-Type"));
    assertEquals(Optional.of("nosniff"), answer.field("X-Content-Type-Options"));
    assertTrue(answer.text().startsWith("<!doctype html>"), answer::text);
    assertTrue(answer.text().contains("<title>LLMhop</title>"), answer::text);
    assertTrue(answer.text().contains("/v1/models"), answer::text);
    assertFalse(answer.text().contains("<script"), answer::text);
    assertBackendNeverAsked();
  }

  @Test
  void noCacheKeepsAPage() {
    for (String target : List.of("/", "/health", "/v1/models", "/api/tags", "/llmhop/status")) {
      assertEquals(Optional.of("no-store"), get(target).field("Cache-Control"), target);
    }
  }

  @Test
  void theStatusShowsWhatIsHeldAndThatItIsGivenBack() {
    Answer idle = get("/llmhop/status");
    assertTrue(
        idle.text().matches("\\{(\"[a-zA-Z]+\":[0-9]+,)+\"models\":\\{.*\\}\\}"), idle::text);
    String one = "\"llama-3\":[{\"backend\":\"llama-3\",\"state\":\"up\",\"inHand\":0}]";
    assertTrue(idle.text().contains(one), idle::text);
    assertEquals(0, number("inFlight", idle));
    assertEquals(0, number("bufferedBytes", idle));
    assertEquals(0, number("backendConnections", idle));
    assertTrue(number("threads", idle) > 1, idle::text);
    assertBackendNeverAsked();

    var gate = new Gate();
    backend.next(hold(gate), answerJson(200, "{}"));
    try (RawCaller caller = router.caller()) {
      caller.send(Request.post("/v1/completions", "{\"model\":\"llama-3\"}").withToken("key-all"));
      gate.awaitReached();
      Answer busy = get("/llmhop/status");
      assertEquals(1, number("inFlight", busy));
      assertTrue(number("bufferedBytes", busy) > 0, busy::text);
      assertEquals(1, number("backendConnections", busy));
      assertEquals(0, number("idleBackendConnections", busy));
      gate.open();
      assertEquals(200, caller.read().status());
    }
    Waiting.await(
        "all of it to be given back", () -> number("inFlight", get("/llmhop/status")) == 0);
    Answer after = get("/llmhop/status");
    assertEquals(0, number("bufferedBytes", after));
    assertEquals(1, number("idleBackendConnections", after));
  }

  private static long number(String name, Answer answer) {
    Matcher member = Pattern.compile("\"" + name + "\":([0-9]+)").matcher(answer.text());
    assertTrue(member.find(), () -> name + " in " + answer);
    return Long.parseLong(member.group(1));
  }

  /// A list below a model is not forwarded, since engines tell command lines in it: see
  /// [EngineListsTest].
  @ParameterizedTest
  @ValueSource(
      strings = {
        "POST /v1/models",
        "POST /health",
        "POST /llmhop/status",
        "PUT /api/show",
        "POST /api/tags",
        "POST /route/llama-3/v1/models",
        "GET /route/llama-3/health",
        "DELETE /route/llama-3/v1/models/x"
      })
  void whatOnlyLooksLikeAPageIsRoutedByItsModel(String line) {
    String[] words = line.split(" ");
    backend.next(answerJson(200, "{\"from\":\"backend\"}"));
    boolean bodiless = words[0].equals("GET") || words[0].equals("DELETE");
    byte[] body = bodiless ? new byte[0] : "{\"model\":\"llama-3\"}".getBytes();
    Answer answer = router.ask(Request.of(words[0], words[1], body).withToken("key-all"));
    assertEquals("{\"from\":\"backend\"}", answer.text());
    assertEquals(words[0], backend.request(1).method());
    assertEquals(words[1].replace("/route/llama-3", ""), backend.request(1).target());
  }

  @Test
  void aPostToTheListWithoutAModelIsRefusedLikeAnyOther() {
    Request request = Request.post("/v1/models", "{}").withToken("key-all");
    assertRefused(router.ask(request), 400, "missing_model");
    assertBackendNeverAsked();
  }
}
