package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.event;
import static llmhop.kit.Steps.holdUntilHangUp;
import static llmhop.kit.Steps.raw;
import static llmhop.kit.Steps.sseHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import llmhop.kit.JarProcess;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A process with a small heap and thousands of callers that hold on to all that they can: no
/// OutOfMemoryError, and everybody else is answered.
@Timeout(180)
class SmallHeapTest {
  private static final Request CHAT = Request.post("/v1/chat/completions", "{\"model\":\"llama\"}");
  private static final int CALLERS = 1_500;

  /// Field lines of 54 KB together.
  private static final String LONG_FIELDS = ("X: " + "h".repeat(3_000) + "\r\n").repeat(18);

  @TempDir Path folder;
  private final List<RawCaller> callers = new ArrayList<>();
  private ScriptedBackend backend;
  private ScriptedBackend hostile;

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
    backend.always(answerJson(200, "{}"));
    hostile = ScriptedBackend.onTcp();
  }

  @AfterEach
  void end() {
    leave();
    backend.close();
    hostile.close();
  }

  private void leave() {
    callers.forEach(RawCaller::close);
    callers.clear();
  }

  private JarProcess router(String heap, String members) throws IOException {
    Path config = folder.resolve("config.json");
    String models =
        "\"models\":{\"llama\":{\"url\":\"%s\"},\"hostile\":{\"url\":\"%s\"}}}"
            .formatted(backend.url(), hostile.url());
    Files.writeString(config, "{" + members + models);
    return JarProcess.command("--config=" + config, "--listen=127.0.0.1:0")
        .jvm("-XX:+UseSerialGC", "-XX:+UseCompactObjectHeaders", heap)
        .start();
  }

  private static int port(JarProcess router) {
    return Integer.parseInt(router.awaitLine("listens on 127\\.0\\.0\\.1:(\\d+)").group(1));
  }

  private static long gauge(int port, String name) {
    String status = RawCaller.ask(port, Request.get("/llmhop/status")).text();
    return Long.parseLong(status.replaceAll(".*\"" + name + "\":([0-9]+).*", "$1"));
  }

  private static boolean isAnswered(int port) {
    try {
      return RawCaller.ask(port, CHAT).status() == 200;
    } catch (AssertionError | UncheckedIOException e) {
      return false;
    }
  }

  /// Opens connections that each send this, and asks in between as an honest caller would.
  private void flood(int port, String message, JarProcess router) {
    byte[] bytes = message.getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i < CALLERS; i++) {
      RawCaller caller = RawCaller.to(port);
      callers.add(caller);
      caller.sendMeanwhile(bytes);
      if (i % 250 == 249) {
        Waiting.await("an answer to an honest caller", () -> isAnswered(port), router::toString);
      }
    }
  }

  private static void assertNoMemoryRanOut(JarProcess router) {
    assertTrue(router.isAlive(), router::toString);
    assertTrue(
        router.err().stream().noneMatch(line -> line.contains("OutOfMemory")), router::toString);
  }

  private void assertRecovers(int port, JarProcess router) {
    leave();
    Waiting.await("an answer again", () -> isAnswered(port), router::toString);
    Waiting.await("nothing to be held", () -> gauge(port, "bufferedBytes") == 0, router::toString);
    Waiting.await("all to have left", () -> gauge(port, "connections") <= 1, router::toString);
    assertNoMemoryRanOut(router);
  }

  @Test
  void halfHeadsDoNotFillASmallHeap() throws IOException {
    try (JarProcess router = router("-Xmx64m", "")) {
      int port = port(router);
      String head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nX: ";
      flood(port, head + "h".repeat(40_000), router);
      assertNoMemoryRanOut(router);
      assertRecovers(port, router);
    }
  }

  /// The whole lines of a head whose end has not come.
  @Test
  void linesOfHalfHeadsDoNotFillASmallHeap() throws IOException {
    survives("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n" + LONG_FIELDS + "Y: ");
  }

  @Test
  void shortFieldsOfHalfHeadsDoNotFillASmallHeap() throws IOException {
    String fields = "X: 1\r\n".repeat(90) + "Y: " + "h".repeat(3_000);
    survives("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n" + fields);
  }

  /// The bodies stay below what all bodies together may hold.
  @Test
  void longHeadsBeforeHalfBodiesDoNotFillASmallHeap() throws IOException {
    survives(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
            + LONG_FIELDS
            + "Content-Length: 16000\r\n\r\n{\"a\":\""
            + "y".repeat(9_000));
  }

  /// A long body whose path names the model is passed on in pieces.
  @Test
  void halfBodiesThatArePassedOnDoNotFillASmallHeap() throws IOException {
    hostile.always(holdUntilHangUp());
    survives(
        "POST /route/hostile/v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
            + "Content-Length: 300000\r\n\r\n{\"a\":\""
            + "y".repeat(1_000));
  }

  @Test
  void halfBodiesDoNotFillASmallHeap() throws IOException {
    try (JarProcess router = router("-Xmx64m", "")) {
      int port = port(router);
      String head =
          "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\n\r\n";
      flood(port, head + "{\"model\":\"llama\",\"x\":\"" + "y".repeat(60_000), router);
      assertNoMemoryRanOut(router);
      assertRecovers(port, router);
    }
  }

  /// A whole request with a head of 56 KB, which its backend keeps waiting.
  @Test
  void longHeadsOfRequestsInHandDoNotFillASmallHeap() throws IOException {
    hostile.always(sseHead(), event("{}"), holdUntilHangUp());
    String body = "{\"model\":\"hostile\"}";
    String head =
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nX: %s\r\nY: %s\r\n"
            .formatted("h".repeat(28_000), "h".repeat(28_000));
    survives(head + "Content-Length: " + body.length() + "\r\n\r\n" + body);
  }

  @Test
  void longHeadsOfAnswersDoNotFillASmallHeap() throws IOException {
    String fields = ("X: " + "h".repeat(3_900) + "\r\n").repeat(16);
    hostile.always(raw("HTTP/1.1 200 OK\r\n" + fields + "X: h"), holdUntilHangUp());
    survives(chatOfHostile());
  }

  @Test
  void linesOfAnswersThatDoNotEndDoNotFillASmallHeap() throws IOException {
    hostile.always(raw("HTTP/1.1 200 OK\r\nX: " + "h".repeat(60_000)), holdUntilHangUp());
    survives(chatOfHostile());
  }

  @Test
  void tunnelsDoNotFillASmallHeap() throws IOException {
    String upgrade =
        "GET /v1/realtime?model=hostile HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
            + "Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            + "Sec-WebSocket-Version: 13\r\n\r\n";
    hostile.always(
        raw(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
                + "z".repeat(20_000)),
        holdUntilHangUp());
    survives(upgrade + "q".repeat(20_000));
  }

  private static String chatOfHostile() {
    String body = "{\"model\":\"hostile\"}";
    return "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  private void survives(String message) throws IOException {
    try (JarProcess router = router("-Xmx64m", "")) {
      int port = port(router);
      flood(port, message, router);
      assertNoMemoryRanOut(router);
      assertRecovers(port, router);
    }
  }

  @Test
  void whatTheHeapAllowsIsSaidAtTheStart() throws IOException {
    try (JarProcess router = router("-Xmx64m", "")) {
      var said =
          router.awaitLine("this heap of (\\d+) MB allows (\\d+) connections and (\\d+) MB of");
      assertEquals(61, Integer.parseInt(said.group(1)));
      assertTrue(Integer.parseInt(said.group(2)) < 2_000, router::toString);
      assertTrue(Integer.parseInt(said.group(3)) < 32, router::toString);
      router.awaitLine("warning: 'http.maxConnections' is 10000, more than this heap allows");
    }
    try (JarProcess router = router("-Xmx512m", "")) {
      router.awaitLine("this heap of 494 MB allows 10000 connections and 247 MB of request bodies");
      assertTrue(router.err().stream().noneMatch(line -> line.contains("than this heap")));
    }
    try (JarProcess router = router("-Xmx64m", "\"http\":{\"maxConnections\":100},")) {
      router.awaitLine("this heap of 61 MB allows 100 connections");
      assertTrue(
          router.err().stream().noneMatch(line -> line.contains("maxConnections' is")),
          router::toString);
    }
  }
}
