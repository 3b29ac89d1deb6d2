package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.interim;
import static llmhop.kit.Steps.raw;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicLong;
import llmhop.kit.Answer;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Seen;
import llmhop.kit.Waiting;
import llmhop.kit.WebSocketServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What an upgrade is and what it isn't, byte for byte; interim answers.
final class UpgradeTest {
  private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

  private static final String[] FIELDS = {
    "Connection: keep-alive, Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: " + KEY
  };

  private static final Request HANDSHAKE = Request.get("/v1/realtime?model=llama").with(FIELDS);

  private static RouterUnderTest to(String url) {
    return RouterUnderTest.of("{'log': 'text', 'models': {'llama': {'url': '%s'}}}".formatted(url));
  }

  /// A caller whose socket the test has to itself, since what follows 101 is not HTTP.
  private static final class Caller implements AutoCloseable {
    private final Socket socket;

    Caller(RouterUnderTest router) throws IOException {
      socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), router.port());
      socket.setSoTimeout((int) Waiting.PATIENCE.toMillis());
    }

    void send(String text) throws IOException {
      send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    void send(byte[] bytes) throws IOException {
      socket.getOutputStream().write(bytes);
    }

    String readHead() throws IOException {
      var head = new ByteArrayOutputStream();
      while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
        int next = socket.getInputStream().read();
        assertTrue(next >= 0, "the end in a head: " + head);
        head.write(next);
      }
      return head.toString(StandardCharsets.ISO_8859_1);
    }

    String read(int count) throws IOException {
      return new String(socket.getInputStream().readNBytes(count), StandardCharsets.ISO_8859_1);
    }

    InputStream in() throws IOException {
      return socket.getInputStream();
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  @Test
  void theHandshakeGoesThroughBothWaysWithItsFields() throws IOException {
    try (var server =
            WebSocketServer.of(
                peer -> {
                  peer.accept("X-Engine: e", "Content-Length: 3", "Keep-Alive: timeout=1");
                  peer.drain();
                });
        var router = to(server.url());
        var caller = new Caller(router)) {
      caller.send(HANDSHAKE.bytes());
      List<String> lines = caller.readHead().lines().map(String::strip).toList();
      assertEquals("HTTP/1.1 101 Switching Protocols", lines.getFirst());
      assertTrue(lines.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
      assertTrue(lines.contains("Upgrade: websocket") && lines.contains("Connection: Upgrade"));
      assertTrue(lines.contains("X-Engine: e") && lines.contains("X-LLMhop-Backend: llama"));
      assertTrue(lines.stream().anyMatch(line -> line.startsWith("X-Request-Id: ")));
      assertFalse(lines.stream().anyMatch(line -> line.matches("(?i)(content-length|keep).*")));
      var peer = server.connection(1);
      assertEquals(Optional.of(KEY), peer.field("Sec-WebSocket-Key"));
      assertEquals(Optional.empty(), peer.field("Content-Length"));
    }
  }

  @Test
  void whatBothSidesSendAheadIsNotLost() throws IOException {
    String ahead = "ahead of the answer " + "x".repeat(5_000);
    try (var server =
            WebSocketServer.of(
                peer -> {
                  peer.accept();
                  peer.write("hello at once ");
                  peer.write(peer.read(ahead.length()));
                });
        var router = to(server.url());
        var caller = new Caller(router)) {
      var all = new ByteArrayOutputStream();
      all.writeBytes(HANDSHAKE.bytes());
      all.writeBytes(ahead.getBytes(StandardCharsets.ISO_8859_1));
      caller.send(all.toByteArray());
      assertTrue(caller.readHead().startsWith("HTTP/1.1 101 "));
      assertEquals("hello at once " + ahead, caller.read(14 + ahead.length()));
      assertEquals(-1, caller.in().read());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aSideThatDoesNotReadStopsTheOther(boolean callerSends) throws Exception {
    int chunk = 64 * 1024;
    long most = 256L * 1024 * 1024;
    var sent = new AtomicLong();
    var received = new AtomicLong();
    var mayRead = new java.util.concurrent.CountDownLatch(1);
    try (var server =
            WebSocketServer.of(
                peer -> {
                  peer.accept();
                  if (callerSends) {
                    await(mayRead);
                    received.set(peer.drain());
                  } else {
                    while (sent.get() < most) {
                      peer.write(new byte[chunk]);
                      sent.addAndGet(chunk);
                    }
                  }
                });
        var router = to(server.url());
        var caller = new Caller(router)) {
      caller.send(HANDSHAKE.bytes());
      caller.readHead();
      var sending =
          new FutureTask<>(
              () -> {
                while (callerSends && sent.get() < most) {
                  caller.send(new byte[chunk]);
                  sent.addAndGet(chunk);
                }
                return true;
              });
      Thread.ofVirtual().start(sending);
      awaitStandstill(sent);
      assertTrue(sent.get() < 64 * 1024 * 1024, sent.get() + " bytes are on the way");
      mayRead.countDown();
      if (callerSends) {
        sending.get();
        caller.socket.shutdownOutput();
        Waiting.await("all at the backend", () -> received.get() == most);
      } else {
        byte[] room = new byte[chunk];
        long count = 0;
        for (int read = 0; read >= 0; read = caller.in().read(room)) {
          count += read;
        }
        assertEquals(most, count);
      }
    }
  }

  private static void await(java.util.concurrent.CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void awaitStandstill(AtomicLong counter) {
    long[] last = {-1, System.nanoTime()};
    Waiting.await(
        "the sender to be stopped",
        () -> {
          if (last[0] != counter.get()) {
            last[0] = counter.get();
            last[1] = System.nanoTime();
          }
          return last[0] > 0 && System.nanoTime() - last[1] > Duration.ofMillis(300).toNanos();
        });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Upgrade: h2c\r\nConnection: Upgrade\r\n",
        "Upgrade: websocket\r\n",
        "Connection: Upgrade\r\n",
        "Upgrade: websocket, h2c\r\nConnection: Upgrade\r\n",
        "Upgrade: websocket\r\nConnection: close, keep-alive\r\n",
      })
  void aBackendThatSwitchesUnaskedIsNotBelieved(String fields) throws IOException {
    try (ScriptedBackend backend = ScriptedBackend.onTcp();
        var router = RouterUnderTest.to(backend)) {
      backend.next(raw("HTTP/1.1 101 Switching Protocols\r\n" + fields + "\r\n"));
      Answer unasked = router.ask(Request.post("/v1/chat/completions", "{\"model\":\"llama\"}"));
      assertEquals(502, unasked.status());
      assertEquals(Optional.of("backend_bad_reply"), unasked.jsonString("code"));
      backend.next(raw("HTTP/1.1 101 Switching Protocols\r\n" + fields + "\r\n"));
      Answer wrong = router.ask(HANDSHAKE);
      assertEquals(502, wrong.status());
      backend.awaitHangUp(2);
    }
  }

  @Test
  void anUpgradeWithABodyIsNoTunnel() throws IOException {
    try (ScriptedBackend backend = ScriptedBackend.onTcp();
        var router = RouterUnderTest.to(backend)) {
      backend.always(answerJson(200, "{}"));
      Request withBody =
          Request.of("GET", "/v1/realtime?model=llama", "abcde".getBytes()).with(FIELDS);
      assertEquals(200, router.ask(withBody).status());
      assertEquals(200, router.ask(withBody.chunked(2)).status());
      Request post = Request.post("/v1/chat/completions", "{\"model\":\"llama\"}").with(FIELDS);
      assertEquals(200, router.ask(post).status());
      for (Seen seen : backend.requests()) {
        assertEquals(Optional.empty(), seen.field("Upgrade"));
      }
    }
  }

  @Test
  void http10HasNoUpgrade() throws IOException {
    try (ScriptedBackend backend = ScriptedBackend.onTcp();
        var router = RouterUnderTest.to(backend);
        var caller = new Caller(router)) {
      backend.always(answerJson(200, "{}"));
      String head = new String(HANDSHAKE.bytes(), StandardCharsets.ISO_8859_1);
      caller.send(head.replace("HTTP/1.1", "HTTP/1.0"));
      assertTrue(caller.readHead().startsWith("HTTP/1.0 200 "));
      assertEquals(Optional.empty(), backend.request(1).field("Upgrade"));
    }
  }

  /// Java's own client offers HTTP/2 with each plain request, bodies included.
  @Test
  void theOfferOfHttp2IsDropped() throws Exception {
    try (ScriptedBackend backend = ScriptedBackend.onTcp();
        var router = RouterUnderTest.to(backend);
        var client = HttpClient.newHttpClient()) {
      backend.always(answerJson(200, "{\"n\":1}"));
      URI uri = URI.create("http://127.0.0.1:" + router.port() + "/v1/chat/completions");
      String json = "{\"model\":\"llama\",\"x\":\"" + "x".repeat(50_000) + "\"}";
      for (int i = 1; i <= 2; i++) {
        var request =
            HttpRequest.newBuilder(uri).POST(HttpRequest.BodyPublishers.ofString(json)).build();
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        assertEquals("{\"n\":1}", answer.body());
        assertEquals(HttpClient.Version.HTTP_1_1, answer.version());
        Seen seen = backend.request(i);
        assertEquals(json, seen.text());
        assertEquals(Optional.empty(), seen.field("Upgrade"));
        assertEquals(Optional.empty(), seen.field("HTTP2-Settings"));
      }
    }
  }

  @Test
  void earlyHintsReachWhoeverSpeaks11AndNobodyElse() throws IOException {
    try (ScriptedBackend backend = ScriptedBackend.onTcp();
        var router = RouterUnderTest.to(backend)) {
      Request chat = Request.post("/v1/chat/completions", "{\"model\":\"llama\"}");
      for (int i = 0; i < 2; i++) {
        backend.next(
            interim(100),
            interim(103, "Link: </a>", "Connection: X-Hop", "X-Hop: 1", "Keep-Alive: x"),
            interim(102),
            interim(103, "Link: </b>"),
            answerJson(200, "{}", "Link: </c>"));
      }
      try (RawCaller caller = router.caller()) {
        caller.send(chat);
        var first = caller.readHead();
        assertEquals(103, first.status());
        assertEquals(List.of("</a>"), first.fields("Link"));
        assertEquals(Optional.empty(), first.field("X-Hop"));
        assertEquals(Optional.empty(), first.field("Keep-Alive"));
        var second = caller.readHead();
        assertEquals(103, second.status());
        assertEquals(List.of("</b>"), second.fields("Link"));
        assertEquals(200, caller.read().status());
      }
      try (var caller = new Caller(router)) {
        String bytes = new String(chat.bytes(), StandardCharsets.ISO_8859_1);
        caller.send(bytes.replace("HTTP/1.1", "HTTP/1.0"));
        String head = caller.readHead();
        assertTrue(head.startsWith("HTTP/1.0 200 ") && head.contains("Link: </c>"), head);
      }
    }
  }
}
