package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.hold;
import static llmhop.kit.Steps.holdUntilHangUp;
import static llmhop.kit.Steps.sse;
import static llmhop.kit.Steps.sseHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import llmhop.kit.Answer;
import llmhop.kit.Gate;
import llmhop.kit.JarProcess;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Stage;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The jar on the JDK's engine, in a JVM of its own: what matters most works there too. One JVM
/// serves all tests; the last one stops it.
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class JdkEngineTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String BODY = "{\"model\":\"llama\"}";
  private static final int LARGEST_BODY = 100_000;

  @TempDir static Path folder;
  private static ScriptedBackend backend;
  private static JarProcess router;
  private static int port;

  @BeforeAll
  static void start() throws IOException {
    backend = ScriptedBackend.onTcp();
    String config =
        "{'authTokens': ['key'], 'maxBodyBytes': %d, 'models': {'llama': {'url': '%s'},"
                .formatted(LARGEST_BODY, backend.url())
            + " 'calm': {'url': '%s', 'heartbeat': '1s'}}}".formatted(backend.url());
    Path file = Files.writeString(folder.resolve("router.json"), config.replace('\'', '"'));
    router =
        JarProcess.command("--config", file.toString(), "--listen=127.0.0.1:0")
            .jvm(
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Dcom.sun.net.httpserver.HttpServerProvider="
                    + "sun.net.httpserver.DefaultHttpServerProvider")
            .start();
    port = Integer.parseInt(router.awaitLine("listens on \\S+:(\\d+)").group(1));
  }

  @AfterAll
  static void end() {
    router.close();
    backend.close();
  }

  private static Request chat(String body) {
    return Request.post(CHAT, body).withToken("key");
  }

  /// Neither says its name; ours takes no bare line feeds.
  @Test
  void theJdksEngineServesIndeed() {
    try (RawCaller caller = RawCaller.to(port)) {
      caller.send("GET /health HTTP/1.1\r\nHost: localhost\n\r\n");
      assertEquals(200, caller.read().status());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "GET /health HTTP/1.2, Host: localhost, 200",
    "GET http://localhost/health HTTP/1.1, Host: localhost, 200",
    "GET http://user:secret@localhost/health HTTP/1.1, Host: localhost, 400",
    "GET /health HTTP/1.1, Host: user:secret@localhost, 400",
    "GET /health HTTP/1.1, 'Host: localhost\\r\\nContent_Type: a/b', 400"
  })
  void headsAreJudgedAsByTheOwnEngine(String line, String fields, int status) {
    try (RawCaller caller = RawCaller.to(port)) {
      caller.send(line + "\r\n" + fields.translateEscapes() + "\r\n\r\n");
      Answer answer = caller.read();
      assertEquals(status, answer.status(), answer::toString);
      assertFalse(new String(answer.raw()).contains("secret"), answer::toString);
    }
  }

  @Test
  void healthIsSaidToEverybody() {
    assertEquals(200, RawCaller.ask(port, Request.get("/health")).status());
    assertEquals(200, RawCaller.ask(port, Request.get("/ready")).status());
  }

  @Test
  void requestsAreRoutedOneAfterTheOtherOnAKeptConnection() {
    int before = backend.executions();
    try (RawCaller caller = RawCaller.to(port)) {
      for (int round = 0; round < 5; round++) {
        backend.next(answerJson(200, "{\"round\":" + round + "}"));
        Answer answer = caller.ask(chat(BODY));
        assertEquals("{\"round\":" + round + "}", answer.text());
        assertTrue(answer.clean());
      }
    }
    assertEquals(before + 5, backend.executions());
  }

  @Test
  void bodiesInChunksPassBothWays() {
    String long60k = "{\"model\":\"llama\",\"x\":\"" + "y".repeat(60_000) + "\"}";
    for (int size : new int[] {1000, 70_000}) {
      Stage stage = new Stage();
      backend.next(sseHead(), stage);
      try (RawCaller caller = RawCaller.to(port)) {
        caller.send(chat(long60k).chunked(size));
        stage.event("first");
        assertEquals(200, caller.readHead().status());
        caller.readUntil("first\n\n");
        stage.event("second");
        caller.readUntil("second\n\n");
        stage.end();
        assertEquals(Answer.End.LAST_CHUNK, caller.read().end());
      }
    }
  }

  @Test
  void whoHasNoTokenIsRefusedThoughItSendsMuch() {
    int before = backend.executions();
    byte[] much = new byte[4 * 1024 * 1024];
    for (Request request :
        List.of(
            Request.post(CHAT, BODY),
            Request.post(CHAT, much, "application/json"),
            Request.post(CHAT, much, "application/json").chunked(8192))) {
      try (RawCaller caller = RawCaller.to(port)) {
        caller.send(request);
        Answer answer = caller.read();
        assertEquals(401, answer.status());
        assertEquals(Optional.of("invalid_api_key"), answer.jsonString("code"));
      }
    }
    assertEquals(before, backend.executions());
  }

  @Test
  void aBodyThatIsTooLargeIsRefusedDeclaredAndCounted() {
    int before = backend.executions();
    String large = "{\"model\":\"llama\",\"x\":\"" + "y".repeat(LARGEST_BODY) + "\"}";
    for (Request request : List.of(chat(large), chat(large).chunked(5000))) {
      try (RawCaller caller = RawCaller.to(port)) {
        caller.send(request);
        Answer answer = caller.read();
        assertEquals(413, answer.status());
        assertEquals(Optional.of("request_too_large"), answer.jsonString("code"));
      }
    }
    assertEquals(before, backend.executions());
  }

  @Test
  void aStreamThatTheBackendCutsIsCutHereToo() {
    Stage stage = new Stage();
    backend.next(sseHead(), stage);
    try (RawCaller caller = RawCaller.to(port)) {
      caller.send(chat(BODY));
      stage.event("first");
      caller.readHead();
      caller.readUntil("first\n\n");
      stage.reset();
      Answer answer = caller.read();
      assertTrue(!answer.clean() || answer.text().contains("error"), answer::toString);
    }
  }

  @Test
  void heartbeatsComeAndShowThatACallerHasLeft() {
    Request stream = chat("{\"model\":\"calm\",\"stream\":true}");
    Gate gate = new Gate();
    backend.next(hold(gate), sse("one"));
    try (RawCaller caller = RawCaller.to(port)) {
      caller.send(stream);
      assertEquals(200, caller.readHead().status());
      caller.readUntil(": keep-alive\n\n");
      gate.open();
      Answer answer = caller.read();
      assertTrue(answer.text().endsWith("\n\ndata: one\n\n"), answer::text);
      assertEquals(Answer.End.LAST_CHUNK, answer.end());
    }
    // Here nobody watches callers: only a heartbeat that can't be written tells.
    var cancelled = new AtomicBoolean();
    backend.next(holdUntilHangUp(), visit -> cancelled.set(true));
    try (RawCaller caller = RawCaller.to(port)) {
      caller.send(stream);
      caller.readHead();
      caller.readUntil(": keep-alive\n\n");
    }
    Waiting.await("the backend's work to be cancelled", cancelled::get);
  }

  @Test
  @Order(Integer.MAX_VALUE)
  void aTermLetsWhatRunsFinish() throws IOException {
    Stage stage = new Stage();
    backend.next(sseHead(), stage);
    try (RawCaller caller = RawCaller.to(port)) {
      caller.send(chat(BODY));
      stage.event("first");
      caller.readHead();
      caller.readUntil("first\n\n");
      router.signal("TERM");
      router.awaitLine("stopping");
      stage.event("second");
      stage.end();
      Answer answer = caller.read();
      assertTrue(answer.clean() && answer.text().contains("second"), answer::toString);
    }
    Waiting.await("the process to end", () -> !router.isAlive(), router::toString);
    assertEquals(0, router.exitCode());
  }
}
