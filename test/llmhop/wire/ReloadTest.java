package llmhop.wire;

import static llmhop.kit.Steps.all;
import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.byRequest;
import static llmhop.kit.Steps.echoBody;
import static llmhop.kit.Steps.event;
import static llmhop.kit.Steps.hold;
import static llmhop.kit.Steps.lastChunk;
import static llmhop.kit.Steps.sseHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import llmhop.Changes;
import llmhop.kit.Answer;
import llmhop.kit.Certificates;
import llmhop.kit.Gate;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Step;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A config that is swapped in while requests run: what goes on, what is new, what is kept.
class ReloadTest {
  private static final String PATH = "/v1/chat/completions";
  private static final Request CHAT = Request.post(PATH, "{\"model\":\"llama\"}");
  private static final Request OTHER = Request.post(PATH, "{\"model\":\"other\"}");
  private static final Step FINE = answerJson(200, "{\"fine\":true}");

  @TempDir Path folder;
  private ScriptedBackend one;
  private ScriptedBackend two;

  @BeforeEach
  void start() throws IOException {
    one = ScriptedBackend.onTcp();
    two = ScriptedBackend.onTcp();
    one.always(FINE);
    two.always(FINE);
  }

  @AfterEach
  void end() {
    one.close();
    two.close();
  }

  private String llama(String members) {
    return "'llama': {'url': '" + one.url() + "'" + members + "}";
  }

  private String other(String members) {
    return "'other': {'url': '" + two.url() + "'" + members + "}";
  }

  private static String config(String keys, String... models) {
    return "{" + keys + "'models': {" + String.join(", ", models) + "}}";
  }

  /// Both servers for one model, with these weights.
  private String both(int first, int second, String members) {
    return "'llama': {'urls': [{'url': '%s', 'weight': %d}, {'url': '%s', 'weight': %d}]%s}"
        .formatted(one.url(), first, two.url(), second, members);
  }

  private static int status(RawCaller caller, Request request) {
    return caller.ask(request).status();
  }

  // ---- what runs goes on

  @Test
  void aStreamGoesOnToItsEndWhenItsModelIsRemoved() throws IOException {
    var gate = new Gate();
    one.always(all(sseHead(), event("1"), hold(gate), event("2"), lastChunk()));
    try (var router = RouterUnderTest.of(config("", llama(""), other("")));
        RawCaller caller = router.caller()) {
      caller.send(CHAT);
      gate.awaitReached();
      Changes changes = router.reload(config("", other("")));
      assertEquals("models: 1 removed (llama)", changes.summary());
      assertEquals(404, router.ask(CHAT).status());
      assertEquals(200, router.ask(OTHER).status());
      assertEquals(1, router.gauge("atBackends"));
      assertEquals(1, router.gauge("olderConfigs"));
      gate.open();
      Answer answer = caller.read();
      assertTrue(answer.clean(), answer::toString);
      assertEquals("data: 1\n\ndata: 2\n\n", answer.text());
      Waiting.await("no connection is left", () -> one.openConnections() == 0);
      Waiting.await("the old config is forgotten", () -> router.gauge("olderConfigs") == 0);
      assertEquals(0, router.gauge("atBackends"));
    }
  }

  @Test
  void aBodyThatIsStillComingGoesWhereItWasMeantTo() {
    one.always(echoBody());
    try (var router = RouterUnderTest.of(config("", llama("")));
        RawCaller caller = router.caller()) {
      String body = "{\"model\":\"llama\",\"x\":\"" + "y".repeat(300_000) + "\"}";
      byte[] bytes = Request.post(PATH, body).bytes();
      String text = new String(bytes, StandardCharsets.ISO_8859_1);
      caller.send(text.substring(0, 100_000));
      Waiting.await("it is being read", () -> router.gauge("bufferedBytes") > 0);
      router.reload(config("", other("")));
      router.reload(config("", other(", 'unlisted': true")));
      assertEquals(2, router.gauge("olderConfigs") + 1, "the one that the upload goes by");
      caller.send(text.substring(100_000));
      Answer answer = caller.read();
      assertEquals(200, answer.status(), answer::toString);
      assertEquals(body, answer.text());
      assertEquals(404, status(caller, CHAT), "the next request goes by the new one");
    }
  }

  @Test
  void whoWaitsForABackendIsAnsweredWhenItIsThere() throws Exception {
    int port = ScriptedBackend.unusedPort();
    String urls = "'llama': {'urls': [{'url': 'http://127.0.0.1:" + port + "', 'weight': %d}], ";
    String waits = "'waitForBackend': '30s'}";
    try (var router = RouterUnderTest.of(config("", urls.formatted(1) + waits));
        var callers = Executors.newVirtualThreadPerTaskExecutor()) {
      Callable<Answer> ask = () -> router.ask(CHAT);
      Future<Answer> early = callers.submit(ask);
      Waiting.await("it waits", () -> router.gauge("waitingForBackend") == 1);
      router.reload(config("", urls.formatted(2) + waits));
      Future<Answer> late = callers.submit(ask);
      Waiting.await("both wait", () -> router.gauge("waitingForBackend") == 2);
      try (ScriptedBackend back = ScriptedBackend.onTcp("127.0.0.1", port)) {
        back.always(FINE);
        assertEquals(200, early.get().status());
        assertEquals(200, late.get().status());
      }
    }
  }

  // ---- tokens

  @Test
  void tokensComeAndGoOnConnectionsThatAreKept() {
    var gate = new Gate();
    one.always(
        byRequest(
            seen ->
                seen.text().contains("stream")
                    ? all(sseHead(), event("1"), hold(gate), event("2"), lastChunk())
                    : FINE));
    String token = "'authTokens': [{'name': '%s', 'token': '%s'}], ";
    try (var router = RouterUnderTest.of(config(token.formatted("bob", "bobs-key"), llama("")));
        RawCaller bob = router.caller();
        RawCaller stream = router.caller();
        RawCaller eve = router.caller()) {
      assertEquals(200, status(bob, CHAT.withToken("bobs-key")));
      assertEquals(401, router.ask(CHAT.withToken("eves-key")).status());
      String streamed = "{\"model\":\"llama\",\"stream\":true}";
      stream.send(Request.post(PATH, streamed).withToken("bobs-key"));
      gate.awaitReached();
      Changes changes = router.reload(config(token.formatted("eve", "eves-key"), llama("")));
      assertEquals("tokens: 1 added (eve), 1 removed (bob)", changes.summary());
      assertEquals(401, status(bob, CHAT.withToken("bobs-key")));
      assertEquals(200, status(eve, CHAT.withToken("eves-key")));
      gate.open();
      assertTrue(stream.read().clean());
    }
  }

  // ---- what is known of backends is kept

  @Test
  void noConnectionIsMadeAnewForAModelWhoseConnectionsAreAsTheyWere() {
    try (var router = RouterUnderTest.of(config("", llama(""), other("")))) {
      assertEquals(200, router.ask(CHAT).status());
      router.reload(config("", llama(""), other(", 'unlisted': true")));
      assertEquals(200, router.ask(CHAT).status());
      router.reload(config("", llama(", 'headers': {'X-New': 'yes'}, 'retries': 2")));
      assertEquals(200, router.ask(CHAT).status());
      assertEquals(1, one.connections());
      assertEquals(Optional.of("yes"), one.request(3).field("X-New"));
      router.reload(config("", llama(", 'timeouts': {'connect': '3s'}")));
      assertEquals(200, router.ask(CHAT).status());
      assertEquals(2, one.connections());
      Waiting.await("the old one is closed", () -> one.openConnections() == 1);
      assertEquals(1, router.gauge("backendConnections"));
    }
  }

  @Test
  void whoIsBusyIsKnownToBeSo() {
    var gate = new Gate();
    one.always(all(sseHead(), event("1"), hold(gate), lastChunk()));
    try (var router = RouterUnderTest.of(config("", both(9, 1, "")));
        RawCaller caller = router.caller()) {
      caller.send(CHAT);
      gate.awaitReached();
      router.reload(config("", both(1, 1, "")));
      for (int i = 0; i < 5; i++) {
        assertEquals(Optional.of("llama#2"), router.ask(CHAT).field("X-LLMhop-Backend"));
      }
      gate.open();
      assertTrue(caller.read().clean());
    }
  }

  @Test
  void whoIsDownIsNotAskedAgainForAReload() throws IOException {
    String dead = "http://127.0.0.1:" + ScriptedBackend.unusedPort();
    String urls = "'llama': {'urls': [{'url': '" + dead + "', 'weight': %d}, '" + one.url() + "']";
    try (var router = RouterUnderTest.of(config("", urls.formatted(9) + "}"))) {
      for (int i = 0; i < 3; i++) assertEquals(200, router.ask(CHAT).status());
      assertTrue(router.err().contains("llama#1 is down"), router.err());
      router.reload(config("", urls.formatted(8) + ", 'whenAllDown': 'refuse'}"));
      String states = router.ask(Request.get("/llmhop/status")).text();
      assertTrue(states.contains("\"llama#1\",\"state\":\"down\""), states);
    }
  }

  @Test
  void aCertificateFileThatHasAnotherContentMakesNewConnections() throws IOException {
    Certificates certificates = Certificates.get();
    Path ca = Files.copy(certificates.ca(), folder.resolve("ca.pem"));
    try (ScriptedBackend secure = ScriptedBackend.onTls(certificates.server())) {
      secure.always(FINE);
      String json =
          config("", "'llama': {'url': '" + secure.url() + "', 'tls': {'ca': '" + ca + "'}}");
      try (var router = RouterUnderTest.of(json)) {
        assertEquals(200, router.ask(CHAT).status());
        assertEquals("nothing has changed", router.reload(json).summary());
        assertEquals(200, router.ask(CHAT).status());
        assertEquals(1, secure.connections());
        Files.writeString(ca, Files.readString(certificates.strangerCertificate()));
        assertEquals("models: 1 changed (llama)", router.reload(json).summary());
        assertEquals(502, router.ask(CHAT).status(), "it trusts somebody else now");
        Files.copy(certificates.ca(), ca, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        router.reload(json);
        assertEquals(200, router.ask(CHAT).status());
        secure.forgetProblems();
      }
    }
  }

  // ---- settings

  @Test
  void settingsForAllRequestsAreLive() {
    String page = "https://chat.example";
    try (var router = RouterUnderTest.of(config("", llama("")))) {
      Request nameless = Request.post(PATH, "{\"x\":\"" + "y".repeat(100) + "\"}");
      Request foreign = CHAT.with("Origin: " + page);
      assertEquals(400, router.ask(nameless).status());
      assertEquals(403, router.ask(foreign).status());
      String keys =
          "'default': 'llama', 'maxBodyBytes': 50, 'maxConcurrentRequests': 7, 'drain': '7s', "
              + "'cors': {'origins': ['"
              + page
              + "']}, 'trustedProxies': ['127.0.0.1'], ";
      Changes changes = router.reload(config(keys, llama("")));
      assertEquals(
          "settings: cors, default, maxBodyBytes, maxConcurrentRequests, trustedProxies, drain",
          changes.summary());
      assertEquals(413, router.ask(nameless).status());
      assertEquals(200, router.ask(Request.post(PATH, "{}")).status());
      assertEquals(200, router.ask(foreign.with("X-Forwarded-For: 9.9.9.9")).status());
      assertEquals(Optional.of("9.9.9.9, 127.0.0.1"), one.request(2).field("X-Forwarded-For"));
    }
  }

  @Test
  void howManyMayRunIsLive() throws IOException {
    var gate = new Gate();
    one.always(all(hold(gate), FINE));
    try (var router = RouterUnderTest.of(config("", llama("")));
        RawCaller caller = router.caller()) {
      caller.send(CHAT);
      gate.awaitReached();
      router.reload(config("'maxConcurrentRequests': 1, ", llama("")));
      assertEquals(503, router.ask(CHAT).status());
      gate.open();
      assertEquals(200, caller.read().status());
      assertEquals(200, router.ask(CHAT).status());
    }
  }

  @Test
  void whatNeedsARestartIsSaidAndLeft() {
    try (var router = RouterUnderTest.of(config("", llama("")))) {
      String keys =
          "'http': {'maxHeaders': 5}, 'log': 'json', 'instance': 'x', 'default': 'llama', ";
      Changes changes =
          router.reload(config(keys + "'maxBufferedBytes': '2MiB', 'listen': ':1', ", llama("")));
      assertEquals(
          List.of("listen", "http", "maxBufferedBytes", "log", "instance"), changes.restart());
      assertEquals("settings: default", changes.summary());
      assertEquals(200, router.ask(CHAT.with("A: 1", "B: 2", "C: 3", "D: 4", "E: 5")).status());
      assertEquals("", router.out());
      assertEquals(List.of(), router.reload(config("", llama(""))).restart());
    }
  }

  @Test
  void aConfigThatCannotBeUsedChangesNothing() {
    try (var router = RouterUnderTest.of(config("", llama("")))) {
      assertEquals(200, router.ask(CHAT).status());
      String broken = "'secure': {'url': 'https://x', 'tls': {'ca': '" + folder + "/none.pem'}}";
      boolean refused = false;
      try {
        router.reload(config("", other(""), broken, broken.replace("secure", "safe")));
      } catch (java.io.UncheckedIOException e) {
        refused = true;
        assertTrue(e.getCause().getMessage().contains("models.secure.tls"), e.toString());
        assertEquals(1, e.getCause().getSuppressed().length);
      }
      assertTrue(refused);
      assertEquals(200, router.ask(CHAT).status());
      assertEquals(404, router.ask(OTHER).status());
      assertEquals(1, one.connections());
      assertEquals(0, router.gauge("olderConfigs"));
      assertFalse(router.err().contains("down"), router.err());
    }
  }
}
