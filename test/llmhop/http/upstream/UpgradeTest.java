package llmhop.http.upstream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import llmhop.http.upstream.Timing.Limit;
import llmhop.http.upstream.UpstreamException.BadReply;
import llmhop.http.upstream.UpstreamException.Cancelled;
import llmhop.http.upstream.UpstreamException.TimedOut;
import llmhop.http.wire.Fields;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A request that asks for another protocol, and Early Hints: what both sides of the wire see.
final class UpgradeTest {
  private static final String SWITCH =
      "HTTP/1.1 101 Switching Protocols\r\nConnection: keep-alive, Upgrade\r\n"
          + "Upgrade: WebSocket\r\nSec-WebSocket-Accept: abc=\r\n\r\n";

  private final Fields fields = new Fields();
  private final List<String> hints = new ArrayList<>();

  /// What is asked for unless a test says otherwise.
  private class Asking implements Request {
    @Override
    public Head head() {
      return new Head("GET", "/v1/realtime", fields);
    }

    @Override
    public Body body() {
      return Ask.bytes("");
    }

    @Override
    public Optional<String> upgrade() {
      return Optional.of("websocket");
    }

    @Override
    public void interim(int status, Fields fields) {
      hints.add(status + " " + fields.first("Link").orElse("-"));
    }
  }

  @Test
  void theRequestAsksInWordsOfOurOwn() throws Exception {
    fields.add("Connection", "close, X-Secret");
    fields.add("upgrade", "h2c");
    fields.add("Sec-WebSocket-Key", "key");
    var transport = new FakeTransport(List.of(Peer.OK));
    Kept.upstream(transport).send(new Asking(), Timing.NONE).close();
    assertEquals(
        "GET /v1/realtime HTTP/1.1\r\nHost: 127.0.0.1:1\r\nSec-WebSocket-Key: key\r\n"
            + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        transport.written());
  }

  @Test
  void aRequestThatAsksForNothingNeverSaysUpgrade() throws Exception {
    fields.add("Upgrade", "h2c");
    fields.add("CONNECTION", "Upgrade, HTTP2-Settings");
    var transport = new FakeTransport(List.of(Peer.OK));
    Request plain = Ask.request(new Head("GET", "/", fields), Ask.bytes(""));
    Kept.upstream(transport).send(plain, Timing.NONE).close();
    assertEquals("GET / HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n", transport.written());
  }

  @Test
  void aRequestForAnotherProtocolHasNoBody() {
    Upstream upstream = Kept.upstream(new FakeTransport(List.of(Peer.OK)));
    Request withBody =
        new Asking() {
          @Override
          public Body body() {
            return Ask.bytes("x");
          }
        };
    assertThrows(IllegalArgumentException.class, () -> upstream.send(withBody, Timing.NONE));
    assertEquals(0, upstream.open());
  }

  @Test
  void aSwitchHandsOverTheConnectionWithWhatCameBehindTheHead() throws Exception {
    var gone = new CompletableFuture<Integer>();
    try (Peer peer =
            Peer.of(
                line -> {
                  line.request();
                  line.send(SWITCH + "early");
                  line.send("echo " + (char) line.read() + (char) line.read());
                  gone.complete(line.read());
                });
        Upstream upstream = Ask.upstream(peer.port())) {
      try (Reply reply = upstream.send(new Asking(), Timing.NONE)) {
        assertEquals(101, reply.status());
        assertEquals(Optional.of("abc="), reply.fields().first("Sec-WebSocket-Accept"));
        assertEquals(-1, reply.read(new byte[1], 0, 1));
        Duplex duplex = reply.duplex().orElseThrow();
        duplex.transport().write(ByteBuffer.wrap(latin1("hi")));
        assertEquals("earlyecho hi", read(duplex, 12));
        assertEquals(1, upstream.open());
      }
      assertEquals(-1, gone.get(10, TimeUnit.SECONDS));
      assertEquals(0, upstream.open());
      assertEquals(0, upstream.idle());
    }
  }

  private static byte[] latin1(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /// What came early and then what comes, up to this many bytes.
  private static String read(Duplex duplex, int size) throws IOException {
    ByteBuffer all = ByteBuffer.allocate(size).put(duplex.early());
    int got = 0;
    while (all.hasRemaining() && got >= 0) {
      got = duplex.transport().read(all);
    }
    return StandardCharsets.ISO_8859_1.decode(all.flip()).toString();
  }

  @Test
  void aHeadInAnyPiecesSwitchesAndLosesNoByte() throws Exception {
    String all = SWITCH + "early";
    for (int split = 1; split < all.length(); split++) {
      var transport = new FakeTransport(List.of(all.substring(0, split), all.substring(split)));
      try (Reply reply = Kept.upstream(transport).send(new Asking(), Timing.NONE)) {
        assertEquals("early", read(reply.duplex().orElseThrow(), 5));
      }
      assertTrue(transport.isClosed());
    }
  }

  @Test
  void framingMeansNothingInASwitchAndIsNotPassedOn() throws Exception {
    String framed = SWITCH.replace("Sec-W", "Content-Length: 3\r\nSec-W");
    var transport = new FakeTransport(List.of(framed + "abc"));
    try (Reply reply = Kept.upstream(transport).send(new Asking(), Timing.NONE)) {
      assertFalse(reply.fields().has("Content-Length"));
      assertArrayEquals(latin1("abc"), reply.duplex().orElseThrow().early());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 101 x\r\n\r\n",
        "HTTP/1.1 101 x\r\nConnection: Upgrade\r\n\r\n",
        "HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n",
        "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: upgraded\r\n\r\n",
        "HTTP/1.1 101 x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
        "HTTP/1.1 101 x\r\nUpgrade: websocket, h2c\r\nConnection: Upgrade\r\n\r\n",
        "HTTP/1.1 101 x\r\nUpgrade: h2c\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        "HTTP/1.0 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
      })
  void aSwitchThatDoesNotNameWhatWasAskedForIsABadReply(String reply) {
    var transport = new FakeTransport(List.of(reply));
    Upstream upstream = Kept.upstream(transport);
    assertThrows(BadReply.class, () -> upstream.send(new Asking(), Timing.NONE));
    assertTrue(transport.isClosed());
  }

  @Test
  void aSwitchThatNobodyAskedForIsABadReply() {
    Upstream upstream = Kept.upstream(new FakeTransport(List.of(SWITCH)));
    assertThrows(BadReply.class, () -> upstream.send(Ask.get("/"), Timing.NONE));
    assertEquals(0, upstream.open());
  }

  @ParameterizedTest
  @ValueSource(strings = {"200 OK", "400 Bad Request", "403 Forbidden", "426 Upgrade Required"})
  void anyOtherAnswerIsAnOrdinaryOneAndKeepsTheConnection(String status) throws Exception {
    String answer =
        "HTTP/1.1 "
            + status
            + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\nno";
    try (Peer peer =
            Peer.of(
                line -> {
                  line.request();
                  line.send(answer);
                  line.request();
                  line.send(SWITCH);
                  line.awaitEnd();
                });
        Upstream upstream = Ask.upstream(peer.port())) {
      try (Reply reply = upstream.send(new Asking(), Timing.NONE)) {
        assertEquals(status, reply.status() + " " + reply.reason());
        assertTrue(reply.duplex().isEmpty());
        assertEquals("no", Ask.text(reply));
      }
      assertEquals(1, upstream.idle());
      try (Reply reply = upstream.send(new Asking(), Timing.NONE)) {
        assertEquals(101, reply.status());
      }
      assertEquals(1, peer.connections());
      assertEquals(0, upstream.open());
    }
  }

  @Test
  void aKeptConnectionThatDiedIsReplacedOnce() throws Exception {
    try (Peer peer =
            Peer.of(
                line -> {
                  line.request();
                  line.send(SWITCH);
                  line.awaitEnd();
                });
        Upstream upstream = Ask.upstream(peer.port())) {
      Kept.give(upstream, new FakeTransport(List.of()), false);
      try (Reply reply = upstream.send(new Asking(), Timing.NONE)) {
        assertEquals(101, reply.status());
        assertEquals(2, reply.attempts());
      }
    }
  }

  @Test
  void aCancelEndsBothSides() throws Exception {
    try (Peer peer = switching();
        Upstream upstream = Ask.upstream(peer.port())) {
      try (Reply reply = upstream.send(new Asking(), Timing.NONE)) {
        Duplex duplex = reply.duplex().orElseThrow();
        duplex.check();
        reply.cancel();
        assertThrows(IOException.class, () -> duplex.transport().read(ByteBuffer.allocate(1)));
        assertInstanceOf(Cancelled.class, assertThrows(UpstreamException.class, duplex::check));
        assertEquals(0, upstream.open());
      }
    }
  }

  private static Peer switching() throws IOException {
    return Peer.of(
        line -> {
          line.request();
          line.send(SWITCH);
          line.awaitEnd();
        });
  }

  @Test
  void onlyTheLimitOnTheWholeHoldsForWhatFollows() throws Exception {
    Duration brief = Duration.ofMillis(20);
    Duration whole = Duration.ofSeconds(2);
    try (Peer peer = switching();
        Upstream upstream = Ask.upstream(peer.port())) {
      long begin = System.nanoTime();
      // The answer itself may take longer than a brief limit on a busy machine.
      Timing timing = Ask.timing(whole, brief, whole);
      try (Reply reply = upstream.send(new Asking(), timing)) {
        Duplex duplex = reply.duplex().orElseThrow();
        assertThrows(IOException.class, () -> duplex.transport().read(ByteBuffer.allocate(1)));
        assertTrue(System.nanoTime() - begin >= whole.toNanos());
        TimedOut reason = assertThrows(TimedOut.class, duplex::check);
        assertEquals(Limit.TOTAL, reason.limit());
      }
    }
  }

  @Test
  void aBackendThatDoesNotAnswerIsOverItsFirstByte() throws Exception {
    try (Peer peer =
            Peer.of(
                line -> {
                  line.request();
                  line.awaitEnd();
                });
        Upstream upstream = Ask.upstream(peer.port())) {
      Timing timing = Ask.timing(Duration.ofMillis(50), null, null);
      var thrown = assertThrows(TimedOut.class, () -> upstream.send(new Asking(), timing));
      assertEquals(Limit.FIRST_BYTE, thrown.limit());
    }
  }

  // ---- 103

  @Test
  void earlyHintsAreToldInOrderAndOtherInterimAnswersAreNot() throws Exception {
    String interim =
        "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 100 Continue\r\nLink: b\r\n\r\n"
            + "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n";
    var transport = new FakeTransport(List.of(interim + Peer.OK));
    try (Reply reply = Kept.upstream(transport).send(new Asking(), Timing.NONE)) {
      assertEquals(200, reply.status());
      assertFalse(reply.fields().has("Link"));
    }
    assertEquals(List.of("103 a", "103 -"), hints);
  }

  @Test
  void earlyHintsMayComeBeforeASwitch() throws Exception {
    var transport = new FakeTransport(List.of("HTTP/1.1 103 x\r\nLink: a\r\n\r\n" + SWITCH));
    try (Reply reply = Kept.upstream(transport).send(new Asking(), Timing.NONE)) {
      assertEquals(101, reply.status());
    }
    assertEquals(List.of("103 a"), hints);
  }

  @Test
  void sixteenEarlyHintsAreToldAndOneMoreIsABadReply() throws Exception {
    String hint = "HTTP/1.1 103 x\r\n\r\n";
    var sixteen = new FakeTransport(List.of(hint.repeat(16) + Peer.OK));
    Kept.upstream(sixteen).send(new Asking(), Timing.NONE).close();
    assertEquals(16, hints.size());
    Upstream seventeen = Kept.upstream(new FakeTransport(List.of(hint.repeat(17) + Peer.OK)));
    assertThrows(BadReply.class, () -> seventeen.send(new Asking(), Timing.NONE));
  }

  @Test
  void whoeverCannotTakeAnEarlyHintEndsTheCall() {
    var transport = new FakeTransport(List.of("HTTP/1.1 103 x\r\n\r\n" + Peer.OK));
    Upstream upstream = Kept.upstream(transport);
    Request refusing =
        new Asking() {
          @Override
          public void interim(int status, Fields fields) {
            throw new IllegalStateException("gone");
          }
        };
    assertThrows(IllegalStateException.class, () -> upstream.send(refusing, Timing.NONE));
    assertTrue(transport.isClosed());
  }
}
