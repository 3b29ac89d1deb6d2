package llmhop.wire;

import static llmhop.kit.Steps.fill;
import static llmhop.kit.Steps.head;
import static llmhop.kit.Steps.hold;
import static llmhop.kit.Steps.lastChunk;
import static llmhop.kit.Steps.raw;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import llmhop.kit.Answer;
import llmhop.kit.Gate;
import llmhop.kit.JarProcess;
import llmhop.kit.RawCaller;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Step;
import llmhop.kit.Steps;
import llmhop.kit.Waiting;
import llmhop.kit.WebSocketServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// An answer that only the connection's end ends (HTTP/1.0), and a tunnel, are cut by a reset: a
/// plain close would be taken for the end.
@Timeout(120)
class CutAnswersTest {
  private static final String GET =
      "GET /route/llama/x HTTP/1.0\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n";

  private static final Step CHUNKED = head(200, "Transfer-Encoding: chunked");

  private final Gate gate = new Gate();
  private ScriptedBackend backend;

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
  }

  @AfterEach
  void end() {
    gate.open();
    backend.close();
  }

  private RouterUnderTest router(String members, Entrance entrance) {
    return router(members, entrance, backend.url());
  }

  private static RouterUnderTest router(String members, Entrance entrance, String url) {
    RouterUnderTest router =
        RouterUnderTest.of(
            "{%s%s 'models': {'llama': {'url': '%s'}}}".formatted(entrance.members(), members, url),
            entrance);
    router.expectFaults();
    return router;
  }

  private static void assertCut(RawCaller caller) {
    Answer answer = caller.read();
    assertEquals(200, answer.status());
    assertEquals(Answer.End.CUT, answer.end());
    assertTrue(answer.text().startsWith("half"), answer::toString);
  }

  private void half() {
    backend.next(CHUNKED, raw("5\r\nhalf \r\n"), hold(gate));
  }

  private static void ask(RawCaller caller, int port) {
    caller.send(GET.formatted(port));
    caller.readHead();
  }

  @ParameterizedTest
  @EnumSource(names = {"TCP", "TLS"})
  void callerThatTakesNothingForWriteStallSeesTheCut(Entrance entrance) {
    backend.next(CHUNKED, raw("7fffffff\r\nhalf"), fill(200_000_000));
    try (var router = router("'http': {'writeStall': '1s'},", entrance);
        RawCaller caller = router.caller()) {
      ask(caller, router.port());
      Waiting.await("the request", () -> router.gauge("inFlight") == 1);
      Waiting.await("the end of the stalled request", () -> router.gauge("inFlight") == 0);
      assertCut(caller);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"TCP", "TLS"})
  void endOfDrainIsACut(Entrance entrance) throws InterruptedException {
    half();
    try (var router = router("", entrance);
        RawCaller caller = router.caller()) {
      ask(caller, router.port());
      router.stop(Duration.ZERO, Duration.ofMillis(200));
      assertCut(caller);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"TCP", "TLS"})
  void backendThatBreaksOffIsACut(Entrance entrance) {
    for (Step end : new Step[] {Steps.close(), Steps.reset()}) {
      backend.next(CHUNKED, raw("5\r\nhalf \r\n"), end);
      try (var router = router("", entrance);
          RawCaller caller = router.caller()) {
        ask(caller, router.port());
        assertCut(caller);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"TCP", "TLS"})
  void deadlineIsACut(Entrance entrance) {
    half();
    String url = backend.url() + "', 'timeouts': {'idle': '1s'}, 'rename': 'x";
    try (var router = router("", entrance, url);
        RawCaller caller = router.caller()) {
      ask(caller, router.port());
      assertCut(caller);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"TCP", "TLS"})
  void wholeAnswerEndsWithAPlainClose(Entrance entrance) {
    backend.next(CHUNKED, raw("5\r\nwhole\r\n"), lastChunk());
    try (var router = router("", entrance);
        RawCaller caller = router.caller()) {
      ask(caller, router.port());
      Answer answer = caller.read();
      assertEquals("whole", answer.text());
      assertEquals(Answer.End.CLOSE, answer.end());
    }
  }

  /// SIGKILL, and a second signal, which ends the process at once.
  @ParameterizedTest
  @ValueSource(strings = {"KILL", "TERM TERM"})
  void endOfTheProcessIsACut(String signals, @TempDir Path folder) throws IOException {
    Path config = folder.resolve("config.json");
    Files.writeString(
        config,
        """
        {"listen": "127.0.0.1:0", "models": {"llama": {"url": "%s"}}}
        """
            .formatted(backend.url()));
    half();
    try (JarProcess router = JarProcess.command("--config", config.toString()).start()) {
      int port = Integer.parseInt(router.awaitLine("listens on \\S+:(\\d+)").group(1));
      try (RawCaller caller = RawCaller.to(port)) {
        ask(caller, port);
        for (String signal : signals.split(" ")) {
          router.signal(signal);
          if (signals.length() > signal.length()) {
            router.awaitLine("stopping");
          }
        }
        assertCut(caller);
      }
    }
  }

  private static RawCaller tunnel(RouterUnderTest router) {
    RawCaller caller = router.caller();
    caller.send(
        """
        GET /v1/realtime?model=llama HTTP/1.1\r
        Host: 127.0.0.1\r
        Connection: Upgrade\r
        Upgrade: websocket\r
        Sec-WebSocket-Version: 13\r
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
        \r
        """);
    assertEquals(101, caller.readHead().status());
    return caller;
  }

  @ParameterizedTest
  @EnumSource(names = {"TCP", "TLS"})
  void backendThatResetsATunnelIsACut(Entrance entrance) throws Exception {
    try (var server = WebSocketServer.echoing();
        var router = router("", entrance, server.url());
        RawCaller caller = tunnel(router)) {
      server.connection(1).reset();
      caller.awaitClosedByPeer();
      assertTrue(caller.wasReset());
    }
  }

  @Test
  void backendThatEndsATunnelInOrderIsNoCut() throws Exception {
    try (var server = WebSocketServer.echoing();
        var router = router("", Entrance.TCP, server.url());
        RawCaller caller = tunnel(router)) {
      server.connection(1).close();
      caller.awaitClosedByPeer();
      assertFalse(caller.wasReset());
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"TCP", "TLS"})
  void endOfDrainCutsATunnel(Entrance entrance) throws Exception {
    try (var server = WebSocketServer.echoing();
        var router = router("", entrance, server.url());
        RawCaller caller = tunnel(router)) {
      router.stop(Duration.ZERO, Duration.ofMillis(200));
      caller.awaitClosedByPeer();
      assertTrue(caller.wasReset());
    }
  }
}
