package llmhop.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import llmhop.kit.Certificates;
import llmhop.kit.Waiting;
import llmhop.kit.WebSocketPeer;
import llmhop.kit.WebSocketServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// WebSockets through the router, with the JDK's client and a server of the test kit.
final class WebSocketTest {
  private static final String REALTIME = "/v1/realtime?model=llama";
  private static final int MIB = 1024 * 1024;

  /// A side that ends is seen by the other within 100 ms; the rest is for a busy machine.
  private static final long SOON_MILLIS = 1_000;

  private static HttpClient client;

  @BeforeAll
  static void open() {
    client = HttpClient.newHttpClient();
  }

  @AfterAll
  static void shutDown() {
    client.shutdownNow();
  }

  /// What a client heard.
  private static final class Ear implements WebSocket.Listener {
    private final List<String> texts = new CopyOnWriteArrayList<>();
    private final List<byte[]> binaries = new CopyOnWriteArrayList<>();
    private final List<String> pongs = new CopyOnWriteArrayList<>();
    private final StringBuilder text = new StringBuilder();
    private final java.io.ByteArrayOutputStream binary = new java.io.ByteArrayOutputStream();
    private volatile Optional<Integer> closed = Optional.empty();
    private volatile Optional<Throwable> failed = Optional.empty();

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        texts.add(text.toString());
        text.setLength(0);
      }
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
      byte[] bytes = new byte[data.remaining()];
      data.get(bytes);
      binary.writeBytes(bytes);
      if (last) {
        binaries.add(binary.toByteArray());
        binary.reset();
      }
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onPong(WebSocket socket, ByteBuffer data) {
      pongs.add(StandardCharsets.UTF_8.decode(data).toString());
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      closed = Optional.of(code);
      return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
      failed = Optional.of(error);
    }

    void awaitEnd() {
      Waiting.await("the client to see the end", () -> closed.isPresent() || failed.isPresent());
    }
  }

  private static RouterUnderTest to(WebSocketServer server, String more) {
    return RouterUnderTest.of(
        "{'log': 'text', 'models': {'llama': {'url': '%s'%s}}}".formatted(server.url(), more));
  }

  private static WebSocket connect(RouterUnderTest router, String target, Ear ear) {
    URI uri = URI.create("ws://127.0.0.1:" + router.port() + target);
    return client
        .newWebSocketBuilder()
        .buildAsync(uri, ear)
        .orTimeout(Waiting.PATIENCE.toSeconds(), TimeUnit.SECONDS)
        .join();
  }

  private static void sent(java.util.concurrent.CompletableFuture<WebSocket> sending) {
    sending.orTimeout(Waiting.PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
  }

  private static void soon(long begin) {
    long millis = Duration.ofNanos(System.nanoTime() - begin).toMillis();
    assertTrue(millis < SOON_MILLIS, millis + " ms");
  }

  private static void logged(RouterUnderTest router, String part) {
    Waiting.await("a line with " + part, () -> router.out().contains(part), router::out);
  }

  @ParameterizedTest
  @ValueSource(strings = {REALTIME, "/route/llama/v1/realtime"})
  void messagesAreEchoed(String target) {
    try (var server = WebSocketServer.echoing();
        var router = to(server, "")) {
      var ear = new Ear();
      WebSocket socket = connect(router, target, ear);
      sent(socket.sendText("h\u00e9llo", true));
      sent(socket.sendBinary(ByteBuffer.wrap(new byte[] {0, -1, 127}), true));
      sent(socket.sendText("in ", false));
      sent(socket.sendText("two parts", true));
      sent(socket.sendText("", true));
      Waiting.await("all texts", () -> ear.texts.size() == 3);
      assertEquals(List.of("h\u00e9llo", "in two parts", ""), ear.texts);
      assertArrayEquals(new byte[] {0, -1, 127}, ear.binaries.getFirst());
      sent(socket.sendClose(WebSocket.NORMAL_CLOSURE, "bye"));
      ear.awaitEnd();
      assertEquals(Optional.of(1000), ear.closed);
      WebSocketPeer peer = server.connection(1);
      assertTrue(peer.head().startsWith("GET /v1/realtime"), peer.head());
      assertEquals(Optional.of("127.0.0.1"), peer.field("X-Forwarded-For"));
      assertTrue(peer.field("X-Request-Id").isPresent());
    }
  }

  @Test
  void messagesOfAMebibyteGoBothWays() {
    try (var server = WebSocketServer.echoing();
        var router = to(server, "")) {
      var ear = new Ear();
      WebSocket socket = connect(router, REALTIME, ear);
      byte[] large = new byte[MIB];
      new Random(1).nextBytes(large);
      String text = "x".repeat(MIB);
      for (int i = 0; i < 4; i++) {
        sent(socket.sendBinary(ByteBuffer.wrap(large), true));
        sent(socket.sendText(text, true));
      }
      Waiting.await("all messages", () -> ear.binaries.size() == 4 && ear.texts.size() == 4);
      ear.binaries.forEach(message -> assertArrayEquals(large, message));
      ear.texts.forEach(message -> assertTrue(text.equals(message)));
      sent(socket.sendClose(WebSocket.NORMAL_CLOSURE, ""));
      ear.awaitEnd();
    }
  }

  @Test
  void pingsAreAnsweredByTheOtherSideNotByUs() throws Exception {
    try (var server = WebSocketServer.echoing();
        var router = to(server, "")) {
      var ear = new Ear();
      WebSocket socket = connect(router, REALTIME, ear);
      sent(socket.sendPing(ByteBuffer.wrap("from the caller".getBytes(StandardCharsets.UTF_8))));
      Waiting.await("the pong", () -> ear.pongs.equals(List.of("from the caller")));
      server.connection(1).ping("from the backend");
      Waiting.await("the pong", () -> server.connection(1).hasPong("from the backend"));
      socket.abort();
    }
  }

  @Test
  void theSubprotocolIsAgreedOnByCallerAndBackend() {
    try (var server =
            WebSocketServer.of(
                peer -> {
                  peer.accept("Sec-WebSocket-Protocol: second", "X-Engine: e");
                  peer.echo();
                });
        var router = to(server, "")) {
      URI uri = URI.create("ws://127.0.0.1:" + router.port() + REALTIME);
      WebSocket socket =
          client
              .newWebSocketBuilder()
              .subprotocols("first", "second")
              .buildAsync(uri, new Ear())
              .join();
      assertEquals("second", socket.getSubprotocol());
      String offered = server.connection(1).field("Sec-WebSocket-Protocol").orElseThrow();
      assertEquals("first,second", offered.replace(" ", ""));
      socket.abort();
    }
  }

  @Test
  void aGoodbyeOfTheBackendReachesTheCaller() throws Exception {
    try (var server = WebSocketServer.echoing();
        var router = to(server, "")) {
      var ear = new Ear();
      connect(router, REALTIME, ear);
      long begin = System.nanoTime();
      server.connection(1).sayClose(1011);
      ear.awaitEnd();
      soon(begin);
      assertEquals(Optional.of(1011), ear.closed);
      Waiting.await(
          "the caller's goodbye", () -> server.connection(1).closeCode().equals(Optional.of(1011)));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aBackendThatVanishesTakesTheCallerAlong(boolean byReset) throws Exception {
    try (var server = WebSocketServer.echoing();
        var router = to(server, "")) {
      var ear = new Ear();
      connect(router, REALTIME, ear);
      long begin = System.nanoTime();
      if (byReset) {
        server.connection(1).reset();
      } else {
        server.connection(1).close();
      }
      ear.awaitEnd();
      soon(begin);
      logged(router, " 101 ");
    }
  }

  @Test
  void aCallerThatVanishesTakesTheBackendAlong() {
    try (var server = WebSocketServer.echoing();
        var router = to(server, "")) {
      WebSocket socket = connect(router, REALTIME, new Ear());
      long begin = System.nanoTime();
      socket.abort();
      server.connection(1).awaitEnd();
      soon(begin);
      logged(router, " 101 ");
    }
  }

  private static WebSocketHandshakeException refused(
      RouterUnderTest router, String target, String... fields) {
    URI uri = URI.create("ws://127.0.0.1:" + router.port() + target);
    WebSocket.Builder builder = client.newWebSocketBuilder();
    for (int i = 0; i < fields.length; i += 2) {
      builder.header(fields[i], fields[i + 1]);
    }
    var thrown =
        assertThrows(CompletionException.class, () -> builder.buildAsync(uri, new Ear()).join());
    return assertInstanceOf(WebSocketHandshakeException.class, thrown.getCause());
  }

  @Test
  void aBackendThatRefusesIsPassedOnAsItIs() {
    try (var server =
            WebSocketServer.of(
                peer -> {
                  peer.write(
                      "HTTP/1.1 403 Forbidden\r\nX-Why: x\r\nContent-Length: 4\r\n\r\nno!\n");
                  peer.drain();
                });
        var router = to(server, "")) {
      var answer = refused(router, REALTIME).getResponse();
      assertEquals(403, answer.statusCode());
      assertEquals(Optional.of("x"), answer.headers().firstValue("X-Why"));
      assertEquals(Optional.empty(), answer.headers().firstValue("X-LLMhop-Error"));
    }
  }

  /// A browser says whose page it is, and asks nobody before it opens a WebSocket.
  @Test
  void aPageOfAnotherOriginIsRefused() {
    try (var server = WebSocketServer.echoing();
        var router = to(server, "")) {
      var answer = refused(router, REALTIME, "Origin", "https://elsewhere.example").getResponse();
      assertEquals(403, answer.statusCode());
      assertEquals("origin_not_allowed", answer.headers().firstValue("X-LLMhop-Error").get());
      assertEquals(0, server.connections());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void overTlsWhoeverVanishesTakesTheOtherAlong(boolean callerLeaves) throws Exception {
    SSLContext trust = Certificates.get().withoutKey();
    try (var secure = HttpClient.newBuilder().sslContext(trust).build();
        var server = WebSocketServer.echoing();
        var router =
            RouterUnderTest.of(
                "{%s'models': {'llama': {'url': '%s'}}}"
                    .formatted(Entrance.TLS.members(), server.url()),
                Entrance.TLS)) {
      var ear = new Ear();
      URI uri = URI.create("wss://localhost:" + router.port() + REALTIME);
      WebSocket socket = secure.newWebSocketBuilder().buildAsync(uri, ear).join();
      byte[] large = new byte[3 * MIB];
      new Random(1).nextBytes(large);
      sent(socket.sendBinary(ByteBuffer.wrap(large), true));
      Waiting.await("the echo", () -> ear.binaries.size() == 1);
      assertArrayEquals(large, ear.binaries.getFirst());
      long begin = System.nanoTime();
      if (callerLeaves) {
        socket.abort();
        server.connection(1).awaitEnd();
      } else {
        server.connection(1).close();
        ear.awaitEnd();
      }
      soon(begin);
    }
  }

  @Test
  void anUnknownModelIsRefusedBeforeABackendIsTouched() {
    try (var server = WebSocketServer.echoing();
        var router = to(server, "")) {
      var unknown = refused(router, "/v1/realtime?model=other").getResponse();
      assertEquals(404, unknown.statusCode());
      assertEquals(Optional.of("model_not_found"), unknown.headers().firstValue("X-LLMhop-Error"));
      assertEquals(400, refused(router, "/v1/realtime").getResponse().statusCode());
      assertEquals(0, server.connections());
    }
  }

  @Test
  void tokensAndWhatTheyAllowHoldForWebSocketsToo() {
    try (var server = WebSocketServer.echoing();
        var router =
            RouterUnderTest.of(
                "{'authTokens': [{'name': 'a', 'token': 'all'}, {'name': 'b', 'token': 'less',"
                    + " 'models': ['other']}], 'models': {'llama': {'url': '%1$s'}, 'other':"
                        .formatted(server.url())
                    + " {'url': '%1$s'}}}".formatted(server.url()))) {
      assertEquals(401, refused(router, REALTIME).getResponse().statusCode());
      String name = "Authorization";
      assertEquals(401, refused(router, REALTIME, name, "Bearer no").getResponse().statusCode());
      assertEquals(403, refused(router, REALTIME, name, "Bearer less").getResponse().statusCode());
      assertEquals(0, server.connections());
      URI uri = URI.create("ws://127.0.0.1:" + router.port() + REALTIME);
      WebSocket socket =
          client.newWebSocketBuilder().header(name, "Bearer all").buildAsync(uri, new Ear()).join();
      assertEquals(Optional.empty(), server.connection(1).field(name), "the token is ours");
      socket.abort();
    }
  }

  @Test
  void theLogTellsOfBothWays() {
    try (var server = WebSocketServer.echoing();
        var router = to(server, "")) {
      var ear = new Ear();
      WebSocket socket = connect(router, REALTIME, ear);
      sent(socket.sendText("x".repeat(1000), true));
      Waiting.await("the echo", () -> ear.texts.size() == 1);
      sent(socket.sendClose(WebSocket.NORMAL_CLOSURE, ""));
      ear.awaitEnd();
      // A frame has 4 bytes of head here, and 4 of mask from a client.
      logged(router, " 101 ");
      String line = router.out().lines().filter(l -> l.contains(" 101 ")).findFirst().orElseThrow();
      assertTrue(line.contains(" in=1016 out=1008 ") || line.contains("in=1016 out=1008"), line);
      assertTrue(line.contains("GET /v1/realtime"), line);
    }
  }

  @Test
  void theLimitOnTheWholeEndsATunnel() {
    try (var server = WebSocketServer.echoing();
        var router = to(server, ", 'timeouts': {'total': '500ms', 'idle': '100ms'}")) {
      var ear = new Ear();
      long begin = System.nanoTime();
      connect(router, REALTIME, ear);
      ear.awaitEnd();
      long millis = Duration.ofNanos(System.nanoTime() - begin).toMillis();
      assertTrue(millis >= 450, "after " + millis + " ms: idle must not count");
      server.connection(1).awaitEnd();
      logged(router, "backend_timeout");
    }
  }

  @Test
  void aStopEndsTunnelsAtItsDeadline() throws Exception {
    try (var server = WebSocketServer.echoing();
        var router = to(server, "")) {
      var ear = new Ear();
      WebSocket socket = connect(router, REALTIME, ear);
      long begin = System.nanoTime();
      var stop =
          new java.util.concurrent.FutureTask<>(
              () -> router.stop(Duration.ZERO, Duration.ofMillis(700)));
      Thread.ofVirtual().start(stop);
      sent(socket.sendText("still here", true));
      Waiting.await("the echo while it drains", () -> ear.texts.size() == 1);
      assertEquals(1, stop.get());
      ear.awaitEnd();
      server.connection(1).awaitEnd();
      long millis = Duration.ofNanos(System.nanoTime() - begin).toMillis();
      assertTrue(millis >= 690 && millis < 5_000, millis + " ms");
    }
  }
}
