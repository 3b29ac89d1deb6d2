package llmhop.wire;

import static llmhop.kit.Steps.all;
import static llmhop.kit.Steps.chunk;
import static llmhop.kit.Steps.hold;
import static llmhop.kit.Steps.lastChunk;
import static llmhop.kit.Steps.sseHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import llmhop.kit.Answer;
import llmhop.kit.Gate;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Waiting;
import llmhop.kit.WebSocketServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A WebSocket ends with its token: at its `expires`, and when a reload takes it away.
final class TunnelEndTest {
  private static final Instant NOW = Instant.parse("2030-06-01T12:00:00Z");
  private static final Instant EXPIRES = Instant.parse("2030-06-01T13:00:00Z");

  private static final String TOKENS =
      "'authTokens': [{'name': 'guest', 'token': 'guest-key', 'expires': '2030-06-01T13:00:00Z'},"
          + " {'name': 'free', 'token': 'free-key'}]";

  private final AtomicReference<Instant> time = new AtomicReference<>(NOW);

  private static String config(String tokens, String url) {
    return "{'log': 'text', %s, 'models': {'llama': {'url': '%s'}}}".formatted(tokens, url);
  }

  /// A tunnel to a server that sends back what it gets.
  private static final class Tunnel implements AutoCloseable {
    private final Socket socket;

    Tunnel(RouterUnderTest router, String key) throws IOException {
      socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), router.port());
      socket.setSoTimeout((int) Waiting.PATIENCE.toMillis());
      Request handshake =
          Request.get("/v1/realtime?model=llama")
              .with(
                  "Connection: Upgrade",
                  "Upgrade: websocket",
                  "Sec-WebSocket-Version: 13",
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
              .withToken(key);
      socket.getOutputStream().write(handshake.bytes());
      var head = new ByteArrayOutputStream();
      while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
        int next = socket.getInputStream().read();
        assertTrue(next >= 0, "the end in a head: " + head);
        head.write(next);
      }
      assertTrue(head.toString(StandardCharsets.ISO_8859_1).startsWith("HTTP/1.1 101 "));
    }

    void assertPasses(String text) throws IOException {
      byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
      socket.getOutputStream().write(bytes);
      byte[] back = socket.getInputStream().readNBytes(bytes.length);
      assertEquals(text, new String(back, StandardCharsets.ISO_8859_1));
    }

    void assertEnds() {
      try {
        assertEquals(-1, socket.getInputStream().read());
      } catch (IOException e) {
        assertFalse(e instanceof java.net.SocketTimeoutException, "the tunnel goes on");
      }
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private static WebSocketServer echo() throws IOException {
    return WebSocketServer.of(
        peer -> {
          peer.accept();
          byte[] next = peer.read(1);
          while (next.length > 0) {
            peer.write(next);
            next = peer.read(1);
          }
        });
  }

  private static void assertLogged(RouterUnderTest router, String... texts) {
    for (String text : texts) {
      Waiting.await(text + " in the log", () -> router.out().contains(text), router::out);
    }
    assertFalse(router.out().contains("-key"), router::out);
  }

  @Test
  void tunnelEndsWhenItsTokenExpires() throws IOException {
    try (var server = echo();
        var router = RouterUnderTest.at(time::get, config(TOKENS, server.url()));
        var guest = new Tunnel(router, "guest-key");
        var free = new Tunnel(router, "free-key")) {
      guest.assertPasses("before");
      time.set(EXPIRES.minusMillis(1));
      guest.assertPasses("just before");
      time.set(EXPIRES);
      guest.assertEnds();
      assertLogged(router, "101", "invalid_api_key", "WebSocket ended: The API key has expired");
      free.assertPasses("goes on");
      assertFalse(router.out().contains("backend_bad_reply"), router::out);
      Waiting.await("its place to be free", () -> router.gauge("atBackends") == 1);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'authTokens': [{'name': 'free', 'token': 'free-key'}]",
        "'authTokens': [{'name': 'guest', 'token': 'another-key'}, {'token': 'free-key'}]",
        "'authTokens': [{'name': 'guest', 'token': 'guest-key', 'expires': '2030-06-01T11:00:00Z'},"
            + " {'token': 'free-key'}]"
      })
  void tunnelEndsWhenAReloadTakesItsTokenAway(String tokens) throws IOException {
    try (var server = echo();
        var router = RouterUnderTest.at(time::get, config(TOKENS, server.url()));
        var guest = new Tunnel(router, "guest-key");
        var free = new Tunnel(router, "free-key")) {
      guest.assertPasses("before");
      router.reload(config(tokens, server.url()));
      guest.assertEnds();
      assertLogged(router, "invalid_api_key", "WebSocket ended: ");
      free.assertPasses("goes on");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'authTokens': [{'name': 'renamed', 'token': 'guest-key'}, {'token': 'free-key'}]",
        "'maxConcurrentRequests': 50"
      })
  void tunnelGoesOnWhereTheCredentialIsStillGood(String tokens) throws IOException {
    try (var server = echo();
        var router = RouterUnderTest.at(time::get, config(TOKENS, server.url()));
        var guest = new Tunnel(router, "guest-key");
        var bound = new Tunnel(router, "free-key")) {
      guest.assertPasses("before");
      router.reload(config(tokens, server.url()));
      time.set(EXPIRES);
      // A tunnel of a third config ends, so that the guard has looked at the others.
      router.reload(config("'authTokens': ['guest-key']", server.url()));
      bound.assertEnds();
      guest.assertPasses("goes on");
    }
  }

  /// An answer ends by itself, and its work is done already.
  @Test
  void answerInFlightIsLeftAlone() throws IOException {
    var gate = new Gate();
    try (var backend = ScriptedBackend.onTcp();
        var server = echo();
        var router =
            RouterUnderTest.at(
                time::get,
                "{%s, 'models': {'a': {'url': '%s'}, 'llama': {'url': '%s'}}}"
                    .formatted(TOKENS, backend.url(), server.url()));
        RawCaller caller = router.caller();
        var guest = new Tunnel(router, "guest-key")) {
      backend.next(all(sseHead(), chunk("data: 1\n\n"), hold(gate), lastChunk()));
      String body = "{\"model\": \"a\", \"stream\": true}";
      caller.send(Request.post("/v1/chat/completions", body).withToken("guest-key"));
      gate.awaitReached();
      time.set(EXPIRES);
      guest.assertEnds();
      gate.open();
      Answer answer = caller.read();
      assertEquals(200, answer.status());
      assertEquals(Answer.End.LAST_CHUNK, answer.end());
      assertEquals(
          Optional.of("invalid_api_key"),
          router
              .ask(Request.post("/v1/chat/completions", body).withToken("guest-key"))
              .field("X-LLMhop-Error"));
    }
  }
}
