package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import llmhop.kit.Answer;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A router behind a router: a token of the first one reaches the model that it names, and nothing
/// else that the second one has.
final class SecondRouterTest {
  private ScriptedBackend a;
  private ScriptedBackend b;
  private RouterUnderTest second;
  private RouterUnderTest first;

  @BeforeEach
  void start() throws IOException {
    a = ScriptedBackend.onTcp();
    b = ScriptedBackend.onTcp();
    a.always(answerJson(200, "{}"));
    b.always(answerJson(200, "{}"));
    second =
        RouterUnderTest.of(
            """
            {'authTokens': [{'name': 'first', 'token': 'operator'}],
             'models': {'a': {'url': '%s'}, 'b': {'url': '%s'}}}
            """
                .formatted(a.url(), b.url()));
    String url = "http://127.0.0.1:" + second.port();
    String key = "'headers': {'Authorization': 'Bearer operator'}";
    first =
        RouterUnderTest.of(
            """
            {'authTokens': [{'name': 'guest', 'token': 'guest', 'models': ['a', 'at', 'base', 'open']}],
             'models': {
               'a': {'url': '%1$s', %2$s},
               'open': {'url': '%1$s', %2$s, 'rename': 'a', 'allowPaths': ['/*', '/route', '/llmhop']},
               'base': {'baseUrl': '%1$s', %2$s, 'rename': 'a'},
               'at': {'url': '%1$s/route/a', %2$s, 'rename': 'a'}}}
            """
                .formatted(url, key));
  }

  @AfterEach
  void end() {
    first.close();
    second.close();
    a.close();
    b.close();
  }

  private Answer post(String target, String model) {
    String body = model.isEmpty() ? "{}" : "{\"model\": \"" + model + "\"}";
    return first.ask(Request.post(target, body).withToken("guest"));
  }

  @Test
  void theModelThatATokenNamesIsReached() {
    assertEquals(200, post("/route/a/v1/chat/completions", "a").status());
    assertEquals(200, post("/v1/chat/completions", "a").status());
    assertEquals(200, post("/v1/chat/completions", "open").status());
    assertEquals(200, post("/route/at/v1/chat/completions", "").status());
    assertEquals(200, post("/v1/chat/completions", "at").status());
    assertEquals(5, a.requests().size());
    assertEquals("/v1/chat/completions", a.request(5).target());
    assertEquals(0, b.requests().size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/route/a/route/b/completion",
        "/route/a/route/a/completion",
        "/route/a//route/b/completion",
        "/route/a/Route/b/completion",
        "/route/a/%72oute/b/completion",
        "/route/a/%2572oute/b/completion",
        "/route/a/route%2Fb/completion",
        "/route/a/x/../route/b/completion",
        "/route/a/x/%2e%2e/route/b/completion",
        "/route/a/route;x/b/completion",
        "/route/a/route",
        "/route/a/route/",
        "/route/a/llmhop/status",
        "/route/a/llmhop",
        "/route/a/LLMHOP/status",
        "/route/open/route/b/completion",
        "/route/open/llmhop/status",
        "/route/base/v1/route/b/completion",
        "/route/base/route/b/completion",
        "/route/base/v1/llmhop/status",
        "/route/at/../b/completion",
        "/route/at/%2e%2e/b/completion",
        "/route/at/..%2fb/completion",
        "/route/at/..;/b/completion",
        "/route/at/x/../../b/completion",
        "/route/at/\\..\\b/completion"
      })
  void anotherModelAndTheRoutersPagesAreNot(String target) {
    Answer answer = post(target, "");
    String model = target.split("/")[2];
    // Dot segments below the path of a model's URL are a mistake rather than a closed path.
    boolean leaves =
        !model.equals("a") && !model.equals("open") && target.matches(".*([.]|%2e){2}.*");
    int status = leaves && !target.contains(";") ? 400 : 403;
    String code = status == 400 ? "bad_request" : "path_not_allowed";
    assertEquals(status, answer.status(), () -> target + " " + answer);
    assertEquals(Optional.of(code), answer.field("X-LLMhop-Error"));
    assertEquals(status, first.ask(Request.get(target).withToken("guest")).status(), target);
    String rest = target.substring(("/route/" + model).length());
    if (!rest.startsWith("/route/") && !rest.toLowerCase(Locale.ROOT).contains("/llmhop")) {
      // The same where the body names the model. Behind /route/ the path does.
      assertEquals(status, post(rest, model).status(), rest);
    }
    assertEquals(0, a.requests().size() + b.requests().size());
  }

  /// The pages of a router answer GET and HEAD. To the second router any other request for them is
  /// one for the model that its body names.
  @Test
  void aPageOfTheSecondRouterIsNotReadByAModelInTheQuery() {
    for (String page : new String[] {"/LLMHOP/status", "/llmhop/status/", "/llmhop/%73tatus"}) {
      Request read = Request.get(page + "?model=a").withToken("guest");
      assertEquals(403, first.ask(read).status(), page);
    }
    assertEquals(0, a.requests().size());
    assertEquals(200, post("/llmhop/status", "a").status());
    assertEquals("/llmhop/status", a.request(1).target());
    assertEquals(0, b.requests().size());
  }

  @Test
  void aNameInTheQueryMustAgree() {
    assertEquals(400, post("/v1/chat/completions?model=b", "a").status());
    assertEquals(400, post("/route/a/v1/chat/completions?model=b", "").status());
    assertEquals(0, a.requests().size() + b.requests().size());
  }
}
