package llmhop.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import llmhop.kit.Answer;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A backend's connection that ends while the first part of a streamed body is awaited: nothing was
/// written, and the request goes on a new connection. Once a byte was written it does not.
@Timeout(60)
class FirstPartTest {
  private static final int LENGTH = 200_000;
  private static final String FINE = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine";
  private static final byte[] BODY = new byte[LENGTH];

  static {
    Arrays.fill(BODY, (byte) 'b');
  }

  /// How a backend ends a connection.
  enum End {
    CLOSE,
    RESET,
    /// What some servers say when an idle connection is over.
    TIMEOUT_408
  }

  private ServerSocket server;
  private final CountDownLatch end = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);
  private final AtomicInteger connections = new AtomicInteger();
  private final List<byte[]> bodies = new CopyOnWriteArrayList<>();

  @BeforeEach
  void start() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"));
  }

  @AfterEach
  void close() throws IOException {
    end.countDown();
    server.close();
  }

  private interface Play {
    void on(Socket socket) throws IOException, InterruptedException;
  }

  /// Plays one part on each connection; the last one on all further ones.
  private void backend(Play... plays) {
    Thread.ofVirtual()
        .start(
            () -> {
              while (true) {
                try {
                  Socket socket = server.accept();
                  int index = Math.min(connections.getAndIncrement(), plays.length - 1);
                  Thread.ofVirtual().start(() -> play(plays[index], socket));
                } catch (IOException e) {
                  return;
                }
              }
            });
  }

  private static void play(Play play, Socket socket) {
    try (socket) {
      play.on(socket);
    } catch (IOException | InterruptedException e) {
      // The router has left.
    }
  }

  private void endOnCommand(Socket socket, End how) throws IOException, InterruptedException {
    end.await();
    if (how == End.TIMEOUT_408) {
      socket.getOutputStream().write("HTTP/1.1 408 Timeout\r\n\r\n".getBytes());
    }
    if (how == End.RESET) {
      socket.setSoLinger(true, 0);
    }
    socket.close();
    ended.countDown();
  }

  private void answer(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    var head = new ByteArrayOutputStream();
    while (!head.toString(StandardCharsets.US_ASCII).endsWith("\r\n\r\n")) {
      int next = in.read();
      if (next < 0) {
        return;
      }
      head.write(next);
    }
    String text = head.toString(StandardCharsets.US_ASCII).toLowerCase();
    int at = text.indexOf("content-length: ");
    int length = at < 0 ? 0 : Integer.parseInt(text.substring(at + 16, text.indexOf("\r", at)));
    bodies.add(in.readNBytes(length));
    socket.getOutputStream().write(FINE.getBytes(StandardCharsets.US_ASCII));
  }

  private void answerAll(Socket socket) throws IOException {
    while (true) {
      int before = bodies.size();
      answer(socket);
      if (bodies.size() == before) {
        return;
      }
    }
  }

  private RouterUnderTest router() {
    return RouterUnderTest.of(
        "{'models': {'llama': {'url': 'http://127.0.0.1:" + server.getLocalPort() + "'}}}");
  }

  private static void sendHead(RawCaller caller) {
    caller.send(
        "POST /route/llama/x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: "
            + LENGTH
            + "\r\n\r\n");
  }

  private void endWhileTheFirstPartIsAwaited(RouterUnderTest router) {
    Waiting.await("the request", () -> router.gauge("atBackends") == 1);
    WaitingTime.pass(100);
    end.countDown();
    Waiting.await("the end", () -> ended.getCount() == 0);
    WaitingTime.pass(100);
  }

  @ParameterizedTest
  @EnumSource
  void keptConnectionThatEndsGivesWayToANewOne(End how) {
    backend(
        socket -> {
          answer(socket);
          endOnCommand(socket, how);
        },
        this::answerAll);
    try (var router = router();
        RawCaller caller = router.caller()) {
      assertEquals(200, router.ask(Request.get("/route/llama/x")).status());
      sendHead(caller);
      endWhileTheFirstPartIsAwaited(router);
      caller.send(BODY);
      Answer answer = caller.read();
      assertEquals(200, answer.status(), answer::toString);
      assertEquals(2, connections.get());
      assertArrayEquals(BODY, bodies.getLast());
      assertEquals(2, bodies.size(), "each request came once");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"CLOSE", "RESET"})
  void newConnectionThatEndsGivesWayToAnotherOne(End how) {
    backend(socket -> endOnCommand(socket, how), this::answerAll);
    try (var router = router();
        RawCaller caller = router.caller()) {
      sendHead(caller);
      endWhileTheFirstPartIsAwaited(router);
      caller.send(BODY);
      Answer answer = caller.read();
      assertEquals(200, answer.status(), answer::toString);
      assertArrayEquals(BODY, bodies.getLast());
    }
  }

  /// Nothing was sent, so the next backend gets the request, whole.
  @Test
  void backendThatIsGoneGivesWayToTheNextBackend() throws IOException {
    try (var other = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"))) {
      backend(
          socket -> {
            answer(socket);
            server.close();
            endOnCommand(socket, End.CLOSE);
          });
      Thread.ofVirtual()
          .start(
              () -> {
                try (Socket socket = other.accept()) {
                  answerAll(socket);
                } catch (IOException e) {
                  // The test is over.
                }
              });
      String backends =
          "{'models': {'llama': {'urls': ['http://127.0.0.1:%d', 'http://127.0.0.1:%d'],"
              + " 'balance': 'round-robin'}}}";
      try (var router =
              RouterUnderTest.of(backends.formatted(server.getLocalPort(), other.getLocalPort()));
          RawCaller caller = router.caller()) {
        assertEquals(200, router.ask(Request.get("/route/llama/x")).status());
        assertEquals(200, router.ask(Request.get("/route/llama/x")).status());
        sendHead(caller);
        endWhileTheFirstPartIsAwaited(router);
        caller.send(BODY);
        Answer answer = caller.read();
        assertEquals(200, answer.status(), answer::toString);
        assertArrayEquals(BODY, bodies.getLast());
      }
    }
  }

  /// The second connection is the last one: a backend that ends every connection is broken.
  @Test
  void backendThatEndsEveryConnectionIsToldOnce() {
    backend(socket -> endOnCommand(socket, End.CLOSE));
    try (var router = router();
        RawCaller caller = router.caller()) {
      sendHead(caller);
      endWhileTheFirstPartIsAwaited(router);
      caller.send(BODY);
      Answer answer = caller.read();
      assertEquals(502, answer.status(), answer::toString);
      assertEquals(2, connections.get());
      assertEquals(0, router.gauge("bufferedBytes"));
    }
  }

  @Test
  void connectionThatEndsAfterTheFirstPartIsNotReplaced() {
    backend(
        socket -> {
          answer(socket);
          socket.getInputStream().readNBytes(1_000);
          endOnCommand(socket, End.RESET);
        },
        this::answerAll);
    try (var router = router();
        RawCaller caller = router.caller()) {
      assertEquals(200, router.ask(Request.get("/route/llama/x")).status());
      sendHead(caller);
      caller.send(Arrays.copyOf(BODY, 50_000));
      endWhileTheFirstPartIsAwaited(router);
      caller.sendMeanwhile(Arrays.copyOf(BODY, LENGTH - 50_000));
      Answer answer = caller.read();
      assertEquals(502, answer.status(), answer::toString);
      assertEquals(Optional.of("false"), answer.field("x-should-retry"));
      assertEquals(1, connections.get());
    }
  }
}
