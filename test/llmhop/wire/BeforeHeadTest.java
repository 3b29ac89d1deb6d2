package llmhop.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import llmhop.kit.Answer;
import llmhop.kit.RawCaller;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a backend says before the head of a request was written answers no request (RFC 9112
/// section 9.2). A caller that sends its body slowly keeps the head waiting.
class BeforeHeadTest {
  private static final int LENGTH = 100_000;
  private static final String HINTS = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
  private static final String FINE = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

  private ServerSocketChannel server;
  private RouterUnderTest router;
  private final CountDownLatch spoke = new CountDownLatch(1);

  @BeforeEach
  void start() throws IOException {
    server = ServerSocketChannel.open().bind(new InetSocketAddress("127.0.0.1", 0));
    int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
    router = RouterUnderTest.of("{'models': {'llama': {'url': 'http://127.0.0.1:" + port + "'}}}");
  }

  @AfterEach
  void end() throws IOException {
    router.close();
    server.close();
  }

  /// A backend that speaks as soon as it has a connection, and then takes what comes.
  private void speaks(String first) {
    Thread.ofVirtual()
        .start(
            () -> {
              try (SocketChannel channel = server.accept()) {
                channel.write(ByteBuffer.wrap(first.getBytes(StandardCharsets.US_ASCII)));
                spoke.countDown();
                ByteBuffer sink = ByteBuffer.allocate(64 * 1024);
                while (channel.read(sink.clear()) >= 0) {}
              } catch (IOException e) {
                // The router has left.
              }
            });
  }

  private static String head(String more) {
    return "POST /route/llama/x HTTP/1.1\r\nHost: localhost\r\n"
        + more
        + "Content-Length: "
        + LENGTH
        + "\r\n\r\n";
  }

  private void awaitSpoken() {
    Waiting.await("the backend to speak", () -> spoke.getCount() == 0);
    WaitingTime.pass(100);
  }

  @ParameterizedTest
  @ValueSource(strings = {HINTS, HINTS + HINTS + HINTS, FINE, "x", HINTS + FINE})
  void answerBeforeTheHeadIsABrokenReply(String first) {
    speaks(first);
    try (RawCaller caller = router.caller()) {
      caller.send(head(""));
      awaitSpoken();
      caller.send(new byte[LENGTH]);
      Answer answer = caller.read();
      assertEquals(502, answer.status(), answer::toString);
      assertEquals(Optional.of("backend_bad_reply"), answer.jsonString("code"));
      assertFalse(answer.toString().contains("Link"), answer::toString);
    }
    assertEquals(0, router.gauge("idleBackendConnections"));
  }

  /// The caller sends nothing before it is told to go on; it is told that by the router alone.
  @Test
  void callerThatWaitsToGoOnHearsNothingOfTheBackend() {
    speaks(HINTS.repeat(16));
    try (RawCaller caller = router.caller()) {
      caller.send(head("Expect: 100-continue\r\n"));
      assertEquals(100, caller.readHead().status());
      awaitSpoken();
      caller.send(new byte[LENGTH]);
      assertEquals(502, caller.read().status());
    }
  }

  @Test
  void callerThatLeavesBeforeTheHeadIsSeen() {
    speaks(HINTS);
    try (RawCaller caller = router.caller()) {
      caller.send(head(""));
      awaitSpoken();
    }
    Waiting.await("nothing in hand", () -> router.gauge("inFlight") == 0);
  }

  @Test
  void limitOnTheWholeEndsTheWaitForTheHead() throws IOException {
    int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
    speaks("");
    try (var limited =
            RouterUnderTest.of(
                ("{'models': {'llama': {'url': 'http://127.0.0.1:%d',"
                        + " 'timeouts': {'total': '200ms'}}}}")
                    .formatted(port));
        RawCaller caller = limited.caller()) {
      caller.send(head(""));
      Answer answer = caller.read();
      assertEquals(504, answer.status(), answer::toString);
    }
  }
}
