package llmhop.wire;

import static llmhop.kit.Steps.all;
import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.byRequest;
import static llmhop.kit.Steps.hold;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
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
import org.junit.jupiter.params.provider.ValueSource;

/// What engines say of their models, passed on from memory; and the model that takes whatever they
/// list.
class CatalogTest {
  private static final String VLLM =
      """
      {"object":"list","data":[{"id":"llama-v2","object":"model","created":5,"owned_by":"vllm",
       "root":"/models/secret","parent":null,"max_model_len":4096,"permission":[{"id":"p"}],
       "meta":{"n_ctx_train":8192}},{"id":"other","object":"model"}]}
      """;

  private ScriptedBackend one;
  private ScriptedBackend two;

  @BeforeEach
  void start() throws IOException {
    one = ScriptedBackend.onTcp();
    two = ScriptedBackend.onTcp();
  }

  @AfterEach
  void end() {
    one.close();
    two.close();
  }

  private static void lists(ScriptedBackend backend, String list) {
    backend.always(
        byRequest(
            seen -> answerJson(200, seen.target().equals("/v1/models") ? list : "{\"a\":1}")));
  }

  private static Answer models(RouterUnderTest router) {
    return router.ask(Request.get("/v1/models"));
  }

  @Test
  void theListCarriesWhatTheEngineSaysAndKeepsOurName() {
    lists(one, VLLM);
    String json = "{'models': {'llama': {'url': '%s', 'rename': 'llama-v2', 'catalog': '60s'}}}";
    try (var router = RouterUnderTest.of(json.formatted(one.url()))) {
      Waiting.await("the list", () -> models(router).text().contains("max_model_len"));
      assertEquals(
          "{\"object\":\"list\",\"data\":[{\"id\":\"llama\",\"object\":\"model\",\"created\":5,"
              + "\"owned_by\":\"vllm\",\"max_model_len\":4096,\"meta\":{\"n_ctx_train\":8192}}]}",
          models(router).text());
      Answer single = router.ask(Request.get("/v1/models/llama"));
      assertTrue(single.text().contains("\"max_model_len\":4096"), single::text);
      assertFalse(single.text().contains("secret"), single::text);
      int asked = one.executions();
      for (int i = 0; i < 20; i++) models(router);
      assertEquals(asked, one.executions(), "never asked inline");
    }
  }

  /// The shape of llama.cpp's router mode, whose `status.args` is the command line of the server.
  private static final String LLAMA_CPP =
      """
      {"object":"list","models":[{"name":"/srv/secret.gguf"}],"data":[{"id":"llama-v2",
       "object":"model","created":5,"owned_by":"llamacpp","in_cache":true,"path":"/srv/secret.gguf",
       "status":{"value":"loaded","args":["llama-server","--api-key","secret","-m",
       "/srv/secret.gguf"],"preset":"secret"},"meta":{"n_ctx_train":8192,"path":"/srv/secret.gguf"},
       "architecture":{"input_modalities":["text"],"file":"/srv/secret.gguf"}}]}
      """;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /v1/models",
        "GET /v1/models/%s",
        "GET /api/tags",
        "GET /api/ps",
        "POST /api/show",
        "GET /",
        "GET /llmhop/status"
      })
  void noPageShowsCommandLinesOrPathsOfAnEngine(String line) {
    lists(one, LLAMA_CPP);
    lists(two, "{\"data\":[]}");
    String named = "{'models': {'llama-v2': {'url': '%s', 'catalog': '60s'}}}";
    try (var router = RouterUnderTest.of(named.formatted(one.url()));
        var star = star("", "")) {
      Waiting.await("the list", () -> models(router).text().contains("n_ctx_train"));
      Waiting.await("the list", () -> models(star).text().contains("n_ctx_train"));
      String[] words = line.formatted("llama-v2").split(" ");
      byte[] body = "{\"model\":\"llama-v2\"}".getBytes(StandardCharsets.UTF_8);
      for (RouterUnderTest each : List.of(router, star)) {
        for (String field : new String[] {"X-None: 1", "anthropic-version: 2023-06-01"}) {
          Request request =
              Request.of(words[0], words[1], words[0].equals("POST") ? body : new byte[0]);
          Answer answer = each.ask(request.with(field));
          assertEquals(200, answer.status(), answer::toString);
          assertFalse(answer.text().contains("secret"), answer::text);
          assertFalse(answer.text().contains("/srv"), answer::text);
        }
      }
    }
  }

  @Test
  void withoutACatalogNobodyIsAsked() {
    try (var router = RouterUnderTest.to(one)) {
      assertFalse(models(router).text().contains("max_model_len"));
      assertEquals(0, one.executions());
    }
  }

  @Test
  void aBackendThatListsNonsenseChangesNothing() {
    one.always(answerJson(200, "{\"data\":[5,{\"id\":7},{\"id\":\"\"},{\"id\":\"a\\nb\"}]}"));
    String json = "{'models': {'llama': {'url': '%s', 'catalog': '1s'}}}";
    try (var router = RouterUnderTest.of(json.formatted(one.url()))) {
      one.awaitRequests(2);
      assertTrue(models(router).text().contains("\"owned_by\":\"llmhop\""));
    }
  }

  private RouterUnderTest star(String top, String more) {
    String json = "{%s'models': {'*': {'urls': ['%s', '%s'], 'catalog': '1s'}%s}}";
    return RouterUnderTest.of(json.formatted(top, one.url(), two.url(), more));
  }

  @Test
  void aStarServesWhateverItsBackendsListEachWhereItIsListed() {
    lists(one, "{\"data\":[{\"id\":\"a\"},{\"id\":\"both\"}]}");
    lists(two, "{\"data\":[{\"id\":\"b\",\"max_model_len\":7},{\"id\":\"both\"}]}");
    try (var router = star("", "")) {
      String list = models(router).text();
      for (String name : new String[] {"a", "b", "both"}) {
        assertTrue(list.contains("\"id\":\"" + name + "\""), list);
      }
      assertTrue(list.contains("\"max_model_len\":7"), list);
      for (int i = 0; i < 6; i++) {
        assertEquals(Optional.of("*#1"), ask(router, "a").field("X-LLMhop-Backend"));
        assertEquals(Optional.of("*#2"), ask(router, "b").field("X-LLMhop-Backend"));
      }
      Answer unknown = ask(router, "c");
      assertEquals(404, unknown.status());
      assertEquals(Optional.of("model_not_found"), unknown.jsonString("code"));
      assertEquals(404, router.ask(Request.get("/v1/models/c")).status());
      assertEquals(200, router.ask(Request.get("/v1/models/both")).status());
      assertEquals(404, ask(router, "*").status());
    }
  }

  @Test
  void aListThatChangesIsFollowed() {
    lists(one, "{\"data\":[{\"id\":\"a\"}]}");
    lists(two, "{\"data\":[]}");
    try (var router = star("", "")) {
      assertEquals(200, ask(router, "a").status());
      lists(one, "{\"data\":[{\"id\":\"new\"}]}");
      Waiting.await("the new one", () -> ask(router, "new").status() == 200);
      assertEquals(404, ask(router, "a").status());
    }
  }

  @Test
  void modelsOfTheConfigComeFirstAndAllowListsHold() {
    lists(one, "{\"data\":[{\"id\":\"a\"},{\"id\":\"b\"},{\"id\":\"own\"}]}");
    lists(two, "{\"data\":[]}");
    String tokens = "'authTokens': [{'name': 't', 'token': 't', 'models': ['a', 'own']}], ";
    String own = ", 'own': {'url': '%s'}".formatted(two.url());
    try (var router = star(tokens, own)) {
      assertEquals(200, ask(router, "a").status());
      assertEquals(403, ask(router, "b").status());
      assertEquals(Optional.of("own"), ask(router, "own").field("X-LLMhop-Backend"));
      String list = router.ask(Request.get("/v1/models").withToken("t")).text();
      assertFalse(list.contains("\"b\""), list);
      assertEquals(list.indexOf("\"own\""), list.lastIndexOf("\"own\""), "listed once: " + list);
    }
  }

  private static Answer ask(RouterUnderTest router, String model) {
    String body = "{\"model\":\"" + model + "\"}";
    return router.ask(Request.post("/v1/chat/completions", body).withToken("t"));
  }

  @Test
  void whoWaitsForOneBackendDoesNotKeepThoseFromTheirsWhoAskForAnother() {
    var gate = new Gate();
    one.always(
        byRequest(
            seen ->
                seen.target().equals("/v1/models")
                    ? answerJson(200, "{\"data\":[{\"id\":\"a\"}]}")
                    : all(hold(gate), answerJson(200, "{}"))));
    lists(two, "{\"data\":[{\"id\":\"b\"}]}");
    String urls = "[{'url': '%s', 'maxConcurrent': 1}, {'url': '%s', 'maxConcurrent': 1}]";
    String json = "{'models': {'*': {'urls': %s, 'catalog': '1s', 'queue': {'max': 1}}}}";
    try (var router = RouterUnderTest.of(json.formatted(urls.formatted(one.url(), two.url())));
        RawCaller first = router.caller();
        RawCaller second = router.caller()) {
      Request a = Request.post("/v1/chat/completions", "{\"model\":\"a\"}");
      first.send(a);
      Waiting.await("one at the backend", () -> router.gauge("atBackends") == 1);
      second.send(a);
      Waiting.await("one in the queue", () -> router.gauge("queued") == 1);
      assertEquals(200, ask(router, "b").status());
      gate.open();
      assertEquals(200, first.read().status());
      assertEquals(200, second.read().status());
    }
  }
}
