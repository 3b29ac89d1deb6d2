package llmhop.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import llmhop.kit.Certificates;
import llmhop.kit.JarProcess;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Callers that always have more for the router to work on, so that the thread of their request
/// never waits: the one carrier thread of the process serves an honest caller all the same.
///
/// The tests compare counts and not times, so that a busy machine does not matter.
@Timeout(120)
class CarrierFloodTest {
  private static final int CALLERS = 4;

  /// Answers that an honest caller must get before any caller of the flood is through.
  private static final int HONEST = 20;

  /// Answers to an honest caller that are counted beside long lists.
  private static final int LISTS_HONEST = 500;

  private static final Request HEALTH = Request.get("/health");

  @TempDir Path folder;
  private final List<AutoCloseable> flood = new ArrayList<>();

  @AfterEach
  void end() throws Exception {
    for (AutoCloseable each : flood) each.close();
  }

  private JarProcess router(String config) throws IOException {
    Path file = folder.resolve("config.json");
    Files.writeString(file, config);
    return JarProcess.command("--config=" + file, "--listen=127.0.0.1:0")
        .jvm(
            "-Djdk.virtualThreadScheduler.parallelism=1",
            "-Djdk.virtualThreadScheduler.maxPoolSize=1",
            "-Xmx512m")
        .start();
  }

  private static int port(JarProcess router) {
    return Integer.parseInt(router.awaitLine("listens on 127\\.0\\.0\\.1:(\\d+)").group(1));
  }

  private static void assertServed(RawCaller honest, List<Thread> senders) {
    for (int i = 0; i < HONEST; i++) {
      int answers = i;
      assertEquals(200, honest.ask(HEALTH).status());
      assertTrue(
          senders.stream().allMatch(Thread::isAlive),
          () -> "a part of the flood was over after " + answers + " answers to the honest caller");
    }
  }

  /// 20 million chunks of one byte each from each caller.
  @Test
  void bodiesAtTheSpeedOfMemoryHoldUpNobody() throws IOException {
    byte[] chunks = "1\r\nx\r\n".repeat(10_000).getBytes(StandardCharsets.US_ASCII);
    String head =
        "POST /v1/chat/completions HTTP/1.1\r\n"
            + "Host: localhost\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n"
            + "6\r\n"
            + "{\"a\":\"\r\n";
    try (JarProcess router = router("{\"models\":{\"m\":{\"url\":\"http://127.0.0.1:1\"}}}");
        RawCaller honest = RawCaller.to(port(router))) {
      assertEquals(200, honest.ask(HEALTH).status());
      List<Thread> senders = new ArrayList<>();
      for (int i = 0; i < CALLERS; i++) {
        RawCaller caller = RawCaller.to(port(router));
        flood.add(caller);
        caller.send(head);
        senders.add(caller.sendMeanwhile(chunks, 2_000));
      }
      assertServed(honest, senders);
    }
  }

  /// 300,000 requests from each caller, none of which waits for the answer to the one before it.
  @Test
  void pipelinedRequestsHoldUpNobody() throws IOException {
    byte[] requests =
        "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
            .repeat(1_000)
            .getBytes(StandardCharsets.US_ASCII);
    try (JarProcess router =
            router("{\"log\":\"off\",\"models\":{\"m\":{\"url\":\"http://127.0.0.1:1\"}}}");
        RawCaller honest = RawCaller.to(port(router))) {
      assertEquals(200, honest.ask(HEALTH).status());
      List<Thread> senders = new ArrayList<>();
      for (int i = 0; i < CALLERS; i++) {
        SocketChannel caller = SocketChannel.open(new InetSocketAddress("127.0.0.1", port(router)));
        flood.add(caller);
        senders.add(meanwhile(() -> sendAll(caller, requests, 300)));
        meanwhile(() -> readAll(caller));
      }
      assertServed(honest, senders);
    }
  }

  private interface Transfer {
    void run() throws IOException;
  }

  private static Thread meanwhile(Transfer transfer) {
    return Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                transfer.run();
              } catch (IOException e) {
                // The test is over.
              }
            });
  }

  private static void sendAll(SocketChannel channel, byte[] piece, int times) throws IOException {
    for (int i = 0; i < times; i++) {
      ByteBuffer bytes = ByteBuffer.wrap(piece);
      while (bytes.hasRemaining()) channel.write(bytes);
    }
  }

  private static void readAll(SocketChannel channel) throws IOException {
    ByteBuffer into = ByteBuffer.allocate(256 * 1024);
    while (channel.read(into.clear()) >= 0) {}
  }

  /// Each answer lists 3,000 models.
  @Test
  void longListsHoldUpNobody() throws IOException {
    StringBuilder models = new StringBuilder();
    for (int i = 0; i < 3_000; i++) {
      models
          .append(i == 0 ? "" : ",")
          .append("\"vendor/a-model-with-a-long-name-%04d\"".formatted(i));
      models.append(":{\"url\":\"http://127.0.0.1:1\"}");
    }
    try (JarProcess router = router("{\"models\":{" + models + "}}");
        RawCaller honest = RawCaller.to(port(router))) {
      int port = port(router);
      assertEquals(200, honest.ask(HEALTH).status());
      var lists = new AtomicInteger();
      for (int i = 0; i < 2 * CALLERS; i++) {
        RawCaller caller = RawCaller.to(port);
        flood.add(caller);
        Thread.ofPlatform()
            .daemon()
            .start(
                () -> {
                  try {
                    while (caller.ask(Request.get("/v1/models")).status() == 200) {
                      lists.incrementAndGet();
                    }
                  } catch (AssertionError | UncheckedIOException e) {
                    // The test is over.
                  }
                });
      }
      Waiting.await("the flood to begin", () -> lists.get() > 2 * CALLERS);
      int before = lists.get();
      for (int i = 0; i < LISTS_HONEST; i++) {
        assertEquals(200, honest.ask(HEALTH).status());
      }
      int during = lists.get() - before;
      assertTrue(during < LISTS_HONEST, during + " lists beside " + LISTS_HONEST + " answers");
    }
  }

  /// 40,000 new keys on each connection.
  @Test
  void newKeysOfTlsHoldUpNobody() throws Exception {
    Certificates certificates = Certificates.get();
    // The flood is made after its handshakes, which takes a busy machine a while.
    String tls =
        "{\"tls\":{\"cert\":\"%s\",\"key\":\"%s\"},\"http\":{\"headTimeout\":\"5m\"},"
                .formatted(certificates.serverCertificate(), certificates.serverKey())
            + "\"models\":{\"m\":{\"url\":\"http://127.0.0.1:1\"}}}";
    try (JarProcess router = router(tls)) {
      int port = port(router);
      List<KeyChanger> changers = new ArrayList<>();
      for (int i = 0; i < CALLERS; i++) {
        KeyChanger changer = new KeyChanger(port, certificates.withoutKey());
        flood.add(changer);
        changers.add(changer);
      }
      for (KeyChanger changer : changers) changer.prepare();
      try (RawCaller honest = RawCaller.tls(port, certificates.withoutKey(), "localhost")) {
        assertEquals(200, honest.ask(HEALTH).status());
        List<Thread> senders = new ArrayList<>();
        for (KeyChanger changer : changers) senders.add(changer.flood());
        assertServed(honest, senders);
      }
    }
  }

  /// A TLS connection that changes its keys as often as the router can take.
  private static final class KeyChanger implements AutoCloseable {
    private static final int CHANGES = 40_000;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final SocketChannel channel;
    private final SSLEngine engine;
    private final ByteArrayOutputStream changes = new ByteArrayOutputStream();
    private ByteBuffer received = ByteBuffer.allocate(64 * 1024).flip();

    KeyChanger(int port, SSLContext context) throws IOException {
      channel = SocketChannel.open(new InetSocketAddress("127.0.0.1", port));
      engine = context.createSSLEngine("localhost", port);
      engine.setUseClientMode(true);
      engine.beginHandshake();
      HandshakeStatus status = engine.getHandshakeStatus();
      ByteBuffer out = ByteBuffer.allocate(64 * 1024);
      ByteBuffer text = ByteBuffer.allocate(64 * 1024);
      while (status != HandshakeStatus.NOT_HANDSHAKING && status != HandshakeStatus.FINISHED) {
        switch (status) {
          case NEED_WRAP -> {
            status = engine.wrap(NOTHING, out.clear()).getHandshakeStatus();
            out.flip();
            while (out.hasRemaining()) channel.write(out);
          }
          case NEED_TASK -> {
            engine.getDelegatedTask().run();
            status = engine.getHandshakeStatus();
          }
          default -> {
            SSLEngineResult result = engine.unwrap(received, text.clear());
            status = result.getHandshakeStatus();
            if (result.getStatus() == SSLEngineResult.Status.BUFFER_UNDERFLOW) {
              received.compact();
              channel.read(received);
              received.flip();
            }
          }
        }
      }
    }

    void prepare() throws IOException {
      ByteBuffer out = ByteBuffer.allocate(64 * 1024);
      for (int i = 0; i < CHANGES; i++) {
        engine.beginHandshake();
        engine.wrap(NOTHING, out.clear());
        changes.write(out.array(), 0, out.position());
      }
    }

    /// Sends all changes and a request. The thread ends when the router has answered the request.
    Thread flood() throws IOException {
      ByteBuffer out = ByteBuffer.allocate(64 * 1024);
      String request = "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
      engine.wrap(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)), out);
      changes.write(out.array(), 0, out.position());
      ByteBuffer all = ByteBuffer.wrap(changes.toByteArray());
      Thread.ofPlatform().daemon().start(new FutureTask<>(() -> send(all)));
      return Thread.ofPlatform().daemon().start(new FutureTask<>(this::readToTheEnd));
    }

    private String send(ByteBuffer all) throws IOException {
      while (all.hasRemaining()) channel.write(all);
      return "sent";
    }

    private String readToTheEnd() throws IOException {
      ByteBuffer answers = ByteBuffer.allocate(64 * 1024);
      while (channel.read(answers.clear()) >= 0) {}
      return "read";
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
