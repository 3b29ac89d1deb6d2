package llmhop.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static llmhop.kit.Steps.answer;
import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.byRequest;
import static llmhop.kit.Steps.hold;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import llmhop.kit.Answer;
import llmhop.kit.Gate;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Step;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Which backend a request reaches, seen from outside: by what is in hand, by its prompt, by its
/// session.
class BalanceTest {
  private static final String PATH = "/v1/chat/completions";
  private final List<ScriptedBackend> backends = new ArrayList<>();

  @BeforeEach
  void start() throws IOException {
    for (int i = 0; i < 4; i++) {
      ScriptedBackend backend = ScriptedBackend.onTcp();
      backend.always(answerJson(200, "{}"));
      backends.add(backend);
    }
  }

  @AfterEach
  void end() {
    backends.forEach(ScriptedBackend::close);
  }

  private RouterUnderTest router(String members) {
    List<String> urls = new ArrayList<>();
    for (ScriptedBackend backend : backends) urls.add("'" + backend.url() + "'");
    return RouterUnderTest.of(
        "{'models': {'m': {'urls': [" + String.join(", ", urls) + "], " + members + "}}}");
  }

  private static String by(Answer answer) {
    assertEquals(200, answer.status(), answer::toString);
    return answer.field("X-LLMhop-Backend").orElseThrow();
  }

  private static String ask(RouterUnderTest router, String body) {
    return by(router.ask(Request.post(PATH, body.replace('\'', '"'))));
  }

  @Test
  void whoHasNothingInHandIsNext() {
    var gate = new Gate();
    backends.get(0).next(hold(gate), answerJson(200, "{}"));
    try (var router = router("'unlisted': false");
        RawCaller busy = router.caller()) {
      busy.send(Request.post(PATH, "{\"model\":\"m\"}"));
      gate.awaitReached();
      Map<String, Integer> counts = new TreeMap<>();
      for (int i = 0; i < 30; i++) counts.merge(ask(router, "{'model':'m'}"), 1, Integer::sum);
      assertEquals(Map.of("m#2", 10, "m#3", 10, "m#4", 10), counts);
      gate.open();
      busy.read();
    }
  }

  @Test
  void headersOfAUrlWinOverTheModels() {
    String second = backends.get(1).url();
    String json =
        "{'models': {'m': {'headers': {'X-A': 'model', 'X-B': 'model'}, 'urls': [{'url': '%s',"
            + " 'headers': {'X-A': 'url'}}]}}}";
    try (var router = RouterUnderTest.of(json.formatted(second))) {
      ask(router, "{'model':'m'}");
      assertEquals("url", backends.get(1).request(1).field("X-A").orElseThrow());
      assertEquals("model", backends.get(1).request(1).field("X-B").orElseThrow());
    }
  }

  @Test
  void anEngineThatSaysThatItIsBusyWithOthersRequestsIsSparedByTheRulesThatGoByIt() {
    byte[] busy = "vllm:num_requests_running{model_name=\"m\"} 50.0\n".getBytes(UTF_8);
    byte[] idle = "vllm:num_requests_running{model_name=\"m\"} 0.0\n".getBytes(UTF_8);
    for (int i = 0; i < 4; i++) {
      byte[] load = i == 0 ? busy : idle;
      backends
          .get(i)
          .always(byRequest(seen -> seen.target().equals("/metrics") ? answer(200, load) : fine()));
    }
    for (String policy : List.of("least-busy", "power-of-two")) {
      String members = "'balance': '" + policy + "', 'load': {'from': 'vllm', 'every': '1s'}";
      int before = backends.getFirst().executions();
      try (var router = router(members)) {
        Waiting.await("it was asked", () -> backends.getFirst().executions() > before + 1);
        for (int i = 0; i < 30; i++) assertNotEquals("m#1", ask(router, "{'model':'m'}"), policy);
      }
    }
  }

  @Test
  void oneThatCameBackIsGivenLittleAtFirst() throws IOException {
    int port = backends.getFirst().port();
    backends.getFirst().close();
    try (var router = router("'balance': 'round-robin', 'slowStart': '1h', 'retries': 1")) {
      for (int i = 0; i < 4; i++) ask(router, "{'model':'m'}");
      backends.set(0, ScriptedBackend.onTcp("127.0.0.1", port));
      backends.getFirst().always(fine());
      Waiting.await("it is back", () -> ask(router, "{'model':'m'}").equals("m#1"));
      int own = 0;
      for (int i = 0; i < 31; i++) own += ask(router, "{'model':'m'}").equals("m#1") ? 1 : 0;
      assertTrue(own <= 2, "a tenth of a share, not " + own + " of 31");
    }
  }

  private static Step fine() {
    return answerJson(200, "{}");
  }

  // ---- prefix

  @Test
  void aPromptReachesTheSameBackendHoweverItIsSpelled() {
    try (var router = router("'balance': 'prefix'")) {
      Set<String> all = new HashSet<>();
      for (int i = 0; i < 30; i++) {
        String system = "You are number " + i + ".";
        Set<String> reached = new HashSet<>();
        for (String body :
            List.of(
                "{'model':'m','messages':[{'role':'system','content':'S'},"
                    + "{'role':'user','content':'h\\u00e9'}]}",
                "{'messages':[{'content':'S','role':'system'},"
                    + "{'content':[{'type':'text','text':'hé'}],'role':'user'}],'model':'m'}",
                "{ 'temperature': 1,\n 'messages' : [ {'role' :'system' , 'content':'S'},"
                    + " {'role':'user','content':'hé'} ], 'stream':false, 'model' : 'm' }",
                "{'model':'m','messages':[{'role':'system','content':'S'},"
                    + "{'role':'user','content':'hé'},{'role':'assistant','content':'yes?'},"
                    + "{'role':'user','content':'more'}]}")) {
          reached.add(ask(router, body.replace("'S'", "'" + system + "'")));
        }
        assertEquals(1, reached.size(), "prompt " + i + " went to " + reached);
        all.addAll(reached);
      }
      assertEquals(4, all.size(), "and others elsewhere");
    }
  }

  @Test
  void onlyTheBeginningCounts() {
    String same = "x".repeat(1024);
    try (var router = router("'balance': 'prefix'")) {
      Set<String> reached = new HashSet<>();
      for (int i = 0; i < 20; i++) {
        String prompt = same + i;
        reached.add(ask(router, "{'model':'m','prompt':'" + prompt + "'}"));
      }
      assertEquals(1, reached.size());
      reached.clear();
      for (int i = 0; i < 40; i++) {
        String prompt = same.substring(0, 1021) + (100 + i);
        reached.add(ask(router, "{'model':'m','prompt':'" + prompt + "'}"));
      }
      assertEquals(4, reached.size(), "the 1024th byte does");
    }
  }

  @Test
  void aPromptUnderRouteCountsTooWhateverItsSize() {
    String large = "{'prompt':'" + "y".repeat(200_000) + "'}";
    try (var router = router("'balance': 'prefix'")) {
      Set<String> reached = new HashSet<>();
      for (int i = 0; i < 8; i++) {
        Request request = Request.post("/route/m/v1/completions", large.replace('\'', '"'));
        reached.add(by(router.ask(request)));
      }
      assertEquals(1, reached.size());
    }
  }

  @Test
  void whenItsBackendIsGoneAPromptGoesToAnotherAndComesBack() throws IOException {
    String body = "{'model':'m','prompt':'hot'}";
    // With a retry, since the end of the kept connection may come behind the next request.
    try (var router = router("'balance': 'prefix', 'retries': 1, 'waitForBackend': '10s'")) {
      int own = ask(router, body).charAt(2) - '1';
      int port = backends.get(own).port();
      backends.get(own).close();
      String other = ask(router, body);
      for (int i = 0; i < 5; i++) assertEquals(other, ask(router, body));
      backends.set(own, ScriptedBackend.onTcp("127.0.0.1", port));
      backends.get(own).always(answerJson(200, "{}"));
      Waiting.await("it is back", () -> ask(router, body).equals("m#" + (own + 1)));
    }
  }

  // ---- session

  @Test
  void aSessionIsKnownByItsHeaderOrByItsBody() {
    try (var router = router("'balance': 'session'")) {
      Set<String> all = new HashSet<>();
      for (int i = 0; i < 30; i++) {
        Set<String> reached = new HashSet<>();
        for (int turn = 0; turn < 3; turn++) {
          String body = "{\"model\":\"m\",\"user\":\"other " + turn + "\"}";
          Request request = Request.post(PATH, body).with("X-Session-ID: s" + i);
          reached.add(by(router.ask(request)));
        }
        assertEquals(1, reached.size(), "the header comes first");
        all.addAll(reached);
        reached.clear();
        reached.add(ask(router, "{'model':'m','user':'Ren\\u00e9 " + i + "'}"));
        reached.add(ask(router, "{ 'user' : 'René " + i + "', 'model':'m', 'n': 1}"));
        assertEquals(1, reached.size());
        reached.clear();
        reached.add(ask(router, "{'model':'m','prompt_cache_key':'k" + i + "'}"));
        reached.add(ask(router, "{'prompt_cache_key':'k" + i + "','model':'m','prompt':'x'}"));
        assertEquals(1, reached.size());
      }
      assertEquals(4, all.size());
    }
  }

  @Test
  void whatIsNoNameOfASessionIsNone() {
    try (var router = router("'balance': 'session'")) {
      for (String user : List.of("null", "7", "''", "{}", "['a']")) {
        Set<String> reached = new HashSet<>();
        for (int i = 0; i < 8; i++) {
          reached.add(ask(router, "{'model':'m','user':" + user + "}"));
        }
        assertTrue(reached.size() == 4, user + " went to " + reached);
      }
    }
  }
}
