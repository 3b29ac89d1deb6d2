package llmhop.kit;

import static llmhop.kit.Request.get;
import static llmhop.kit.Steps.answer;
import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.echoBody;
import static llmhop.kit.Steps.head;
import static llmhop.kit.Steps.sse;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The kit against what it did not bring along: the JDK's client, TLS, processes, ports.
@Timeout(60)
class KitWorldTest {
  @Test
  void theJdksClientUnderstandsTheBackend() throws IOException, InterruptedException {
    try (ScriptedBackend backend = ScriptedBackend.onTcp();
        HttpClient client = HttpClient.newHttpClient()) {
      backend.next(answerJson(200, "{\"a\":1}"));
      backend.next(sse("1", "2", "[DONE]"));
      backend.next(echoBody());
      backend.next(answer(204));
      assertEquals("{\"a\":1}", send(client, backend, "{}").body());
      assertEquals("data: 1\n\ndata: 2\n\ndata: [DONE]\n\n", send(client, backend, "{}").body());
      assertEquals("{\"b\":2}", send(client, backend, "{\"b\":2}").body());
      assertEquals(204, send(client, backend, "{}").statusCode());
      assertEquals(4, backend.executions());
      assertEquals(1, backend.connections());
    }
  }

  @Test
  void theJdksClientRefusesWhatIsCut() throws IOException {
    try (ScriptedBackend backend = ScriptedBackend.onTcp();
        HttpClient client = HttpClient.newHttpClient()) {
      backend.next(head(200, "Content-Length: 5"), Steps.raw("abc"), Steps.close());
      assertThrows(IOException.class, () -> send(client, backend, "{}"));
    }
  }

  private static HttpResponse<String> send(HttpClient client, ScriptedBackend backend, String json)
      throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(URI.create(backend.url() + "/v1/chat/completions"))
            .version(HttpClient.Version.HTTP_1_1)
            .POST(HttpRequest.BodyPublishers.ofString(json))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void tlsShowsNamesOnBothSides() throws IOException, InterruptedException {
    Certificates certificates = Certificates.get();
    try (ScriptedBackend backend = ScriptedBackend.onMutualTls(certificates.server());
        RawCaller caller = RawCaller.tls(backend.port(), certificates.client(), "model.example");
        HttpClient client = HttpClient.newBuilder().sslContext(certificates.client()).build()) {
      backend.always(echoBody());
      assertEquals(200, caller.ask(get("/")).status());
      assertEquals(Optional.of("model.example"), backend.connection(1).serverName());
      assertEquals(Optional.of("CN=llmhop test client"), backend.connection(1).peerName());
      assertEquals("{}", send(client, backend, "{}").body());
    }
  }

  @Test
  void aTlsAnswerMayBeCutWithoutAFarewell() throws IOException {
    Certificates certificates = Certificates.get();
    try (ScriptedBackend backend = ScriptedBackend.onTls(certificates.server());
        RawCaller caller = RawCaller.tls(backend.port(), certificates.client(), "localhost")) {
      backend.next(head(200, "Transfer-Encoding: chunked"), Steps.chunk("a"), Steps.drop());
      assertEquals(Answer.End.CUT, caller.ask(get("/")).end());
    }
  }

  @Test
  void theJdksClientTrustsNeitherAStrangerNorAnotherHost() throws IOException {
    Certificates certificates = Certificates.get();
    try (ScriptedBackend stranger = ScriptedBackend.onTls(certificates.stranger());
        ScriptedBackend elsewhere = ScriptedBackend.onTls(certificates.serverElsewhere());
        HttpClient client = HttpClient.newBuilder().sslContext(certificates.client()).build()) {
      assertThrows(IOException.class, () -> send(client, stranger, "{}"));
      assertThrows(IOException.class, () -> send(client, elsewhere, "{}"));
      assertEquals(0, stranger.executions() + elsewhere.executions());
    }
  }

  @Test
  void thePemFilesAreThere() throws IOException {
    Certificates certificates = Certificates.get();
    for (Path certificate :
        new Path[] {
          certificates.ca(),
          certificates.serverCertificate(),
          certificates.clientCertificate(),
          certificates.strangerCertificate()
        }) {
      assertTrue(Files.readString(certificate).startsWith("-----BEGIN CERTIFICATE-----\n"));
    }
    for (Path key : new Path[] {certificates.serverKey(), certificates.clientKey()}) {
      assertTrue(Files.readString(key).startsWith("-----BEGIN PRIVATE KEY-----\n"));
    }
  }

  @Test
  void portsMayRefuseAndMayBeSilent() throws IOException {
    InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
    try (Socket refused = new Socket();
        Socket unanswered = new Socket();
        SilentPort silent = new SilentPort()) {
      int unused = ScriptedBackend.unusedPort();
      assertThrows(
          ConnectException.class,
          () -> refused.connect(new InetSocketAddress(loopback, unused), 5000));
      assertThrows(
          SocketTimeoutException.class,
          () -> unanswered.connect(new InetSocketAddress(loopback, silent.port()), 100));
    }
  }

  @Test
  void unusedPortGoesToNobodyElseAndCanBeListenedOnLater() throws IOException {
    InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
    int unused = ScriptedBackend.unusedPort();
    assertHeld(unused);
    for (int i = 0; i < 2000; i++) {
      try (ServerSocket other = new ServerSocket(0, 1, loopback)) {
        assertNotEquals(unused, other.getLocalPort());
      }
    }
    for (int i = 0; i < 2; i++) {
      try (ScriptedBackend backend = ScriptedBackend.onTcp("127.0.0.1", unused)) {
        assertEquals(unused, backend.port());
        new Socket(loopback, unused).close();
      }
      assertThrows(ConnectException.class, () -> new Socket(loopback, unused).close());
    }
  }

  @Test
  void portOfAClosedBackendRefusesConnections() throws IOException {
    InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
    ScriptedBackend backend = ScriptedBackend.onTcp();
    backend.close();
    assertThrows(ConnectException.class, () -> new Socket(loopback, backend.port()).close());
    assertHeld(backend.port());
  }

  private static void assertHeld(int port) throws IOException {
    InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
    try (ServerSocket other = new ServerSocket()) {
      other.setReuseAddress(false);
      assertThrows(BindException.class, () -> other.bind(new InetSocketAddress(loopback, port)));
    }
  }

  @Test
  void aProcessIsWatchedSignalledAndEnded(@TempDir Path folder) throws IOException {
    Path jar = folder.resolve("talker.jar");
    write(jar, Talker.class);
    try (JarProcess process =
        JarProcess.command("hello").jar(jar).jvm("-Dgreeting=yes").env("KIT", "7").start()) {
      assertEquals("hello yes 7", process.awaitLine("h.* yes (\\d)").group());
      process.awaitLine("on the other output");
      assertTrue(process.isAlive());
      process.signal("TERM");
      assertEquals(143, process.exitCode());
      assertEquals(1, process.out().size());
      AssertionError failure =
          assertThrows(AssertionError.class, () -> process.awaitLine("never said"));
      assertTrue(failure.getMessage().contains("ended with 143"), failure.getMessage());
    }
  }

  /// What the process of the test above runs.
  static final class Talker {
    private Talker() {}

    public static void main(String[] arguments) throws InterruptedException {
      System.out.println(
          arguments[0] + " " + System.getProperty("greeting") + " " + System.getenv("KIT"));
      System.err.println("on the other output");
      Thread.currentThread().join();
    }
  }

  private static void write(Path jar, Class<?> main) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, main.getName());
    String entry = main.getName().replace('.', '/') + ".class";
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest);
        var bytes = main.getClassLoader().getResourceAsStream(entry)) {
      out.putNextEntry(new JarEntry(entry));
      bytes.transferTo(out);
    }
  }

  @Test
  void aWaitInVainSaysForWhat() {
    AssertionError failure =
        assertThrows(
            AssertionError.class,
            () -> Waiting.await(Duration.ZERO, "the moon", () -> false, () -> "a lamp"));
    assertTrue(failure.getMessage().contains("for the moon; so far: a lamp"));
    Waiting.await("nothing", () -> true);
  }

  @Test
  void theClockMovesOnlyByHandAndOverflows() {
    ManualClock clock = new ManualClock();
    long begin = clock.getAsLong();
    assertEquals(begin, clock.getAsLong());
    clock.advance(Duration.ofMinutes(10));
    assertEquals(Duration.ofMinutes(10).toNanos(), clock.getAsLong() - begin);
    assertTrue(clock.getAsLong() < begin, "the plain comparison must be wrong");
    assertThrows(IllegalArgumentException.class, () -> clock.advance(Duration.ofNanos(-1)));
  }

  @Test
  void aFormIsWrittenAsBrowsersDo() {
    Multipart form =
        new Multipart("xx")
            .text("model", "whisper")
            .file("file", "a.wav", "RIFF".getBytes(StandardCharsets.US_ASCII));
    assertEquals(
        """
        --xx
        Content-Disposition: form-data; name="model"

        whisper
        --xx
        Content-Disposition: form-data; name="file"; filename="a.wav"
        Content-Type: application/octet-stream

        RIFF
        --xx--
        """
            .replace("\n", "\r\n"),
        new String(form.bytes(), StandardCharsets.US_ASCII));
    assertNotEquals(
        -1,
        new String(form.post("/").head(), StandardCharsets.US_ASCII)
            .indexOf("Content-Type: multipart/form-data; boundary=xx\r\n"));
  }
}
