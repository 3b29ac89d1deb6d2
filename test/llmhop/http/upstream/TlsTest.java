package llmhop.http.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import llmhop.http.upstream.UpstreamException.BadReply;
import llmhop.http.upstream.UpstreamException.Unreachable;
import llmhop.http.wire.Fields;
import llmhop.kit.Certificates;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// TLS to backends; the other side is the JDK's own SSLSocket.
final class TlsTest {
  private static final Certificates CERTIFICATES = Certificates.get();
  private static final String OK = Peer.OK;

  @ParameterizedTest
  @CsvSource({"TLSv1.2, 1", "TLSv1.3, 1", "TLSv1.2, 1000000", "TLSv1.3, 1000000"})
  void requestsAndAnswersOfAnySizeGoOverOneConnection(String protocol, int size) throws Exception {
    String body = "x".repeat(size);
    String reply = "HTTP/1.1 200 OK\r\nContent-Length: " + size + "\r\n\r\n" + body;
    try (TlsPeer peer = new TlsPeer(CERTIFICATES.server(), protocol, line -> line.answer(reply));
        Upstream upstream = trusting(peer)) {
      for (int i = 0; i < 4; i++) {
        assertEquals("200 " + body, Ask.ask(upstream, Ask.post(body)));
        assertEquals(1, upstream.idle());
      }
      assertEquals(List.of(size, size, size, size), peer.bodies);
      assertEquals(1, peer.connections);
    }
  }

  @ParameterizedTest
  @CsvSource({"TLSv1.2", "TLSv1.3"})
  void anotherProtocolIsSpokenOverTlsTooAndEndsInOrder(String protocol) throws Exception {
    String reply = "HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly";
    Request request =
        new Request() {
          @Override
          public Head head() {
            return new Head("GET", "/", new Fields());
          }

          @Override
          public Body body() {
            return Ask.bytes("");
          }

          @Override
          public Optional<String> upgrade() {
            return Optional.of("websocket");
          }
        };
    try (TlsPeer peer =
            new TlsPeer(
                CERTIFICATES.server(),
                protocol,
                line -> {
                  line.answerOnce(reply);
                  line.readToEnd();
                });
        Upstream upstream = trusting(peer);
        Reply switched = upstream.send(request, Timing.NONE)) {
      Duplex duplex = switched.duplex().orElseThrow();
      assertEquals("early", new String(duplex.early(), StandardCharsets.ISO_8859_1));
      duplex.transport().write(ByteBuffer.wrap(new byte[100_000]));
      duplex.transport().finish();
      assertEquals(-1, duplex.transport().read(ByteBuffer.allocate(1)));
      // The first is the request's own body.
      Waiting.await("all of it", () -> peer.bodies.equals(List.of(0, 100_000)));
    }
  }

  @Test
  void aNameThatTheCertificateDoesNotHaveIsRefused() throws Exception {
    try (TlsPeer peer = answering(CERTIFICATES.serverElsewhere());
        Upstream upstream = trusting(peer)) {
      refused(upstream);
    }
    try (TlsPeer peer = answering(CERTIFICATES.server());
        Upstream upstream =
            upstream(peer, "127.0.0.1", trust(), Optional.of("elsewhere.example"))) {
      refused(upstream);
    }
  }

  @Test
  void aServerNameIsAskedForAndVerifiedInsteadOfTheHost() throws Exception {
    try (TlsPeer peer = answering(CERTIFICATES.serverElsewhere());
        Upstream upstream =
            upstream(peer, "127.0.0.1", trust(), Optional.of("elsewhere.example"))) {
      assertEquals("200 ok", Ask.ask(upstream, Ask.get("/")));
      assertEquals(List.of("elsewhere.example"), peer.askedFor);
    }
  }

  @Test
  void anAddressIsVerifiedButNotAskedFor() throws Exception {
    try (TlsPeer peer = answering(CERTIFICATES.server());
        Upstream upstream = upstream(peer, "127.0.0.1", trust(), Optional.empty())) {
      assertEquals("200 ok", Ask.ask(upstream, Ask.get("/")));
      assertEquals(List.of("-"), peer.askedFor);
    }
  }

  @Test
  void aDotAtTheEndOfANameIsNoPartOfIt() throws Exception {
    try (TlsPeer peer = answering(CERTIFICATES.server());
        Upstream upstream = upstream(peer, "127.0.0.1", trust(), Optional.of("localhost."))) {
      assertEquals("200 ok", Ask.ask(upstream, Ask.get("/")));
      assertEquals(List.of("localhost"), peer.askedFor);
    }
  }

  @Test
  void aNameThatCannotBeAskedForIsNoFaultOfOurs() throws Exception {
    try (TlsPeer peer = answering(CERTIFICATES.server());
        Upstream upstream = upstream(peer, "127.0.0.1", trust(), Optional.of("my_backend"))) {
      refused(upstream);
    }
  }

  @Test
  void anAuthorityThatIsNotTrustedIsRefused() throws Exception {
    try (TlsPeer peer = answering(CERTIFICATES.stranger());
        Upstream upstream = trusting(peer)) {
      refused(upstream);
    }
  }

  @Test
  void aCertificateOfOursIsShownWhereOneIsAskedFor() throws Exception {
    SSLContext ours =
        Trust.context(
            Optional.of(CERTIFICATES.ca()),
            Optional.of(CERTIFICATES.clientCertificate()),
            Optional.of(CERTIFICATES.clientKey()),
            Optional.empty());
    try (TlsPeer peer = answering(CERTIFICATES.server())) {
      peer.asksForCertificate = true;
      try (Upstream upstream = upstream(peer, "localhost", ours, Optional.empty())) {
        assertEquals("200 ok", Ask.ask(upstream, Ask.get("/")));
      }
      try (Upstream upstream = trusting(peer)) {
        assertThrows(UpstreamException.class, () -> Ask.ask(upstream, Ask.get("/")));
        assertEquals(0, upstream.open());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void aConnectionThatTheBackendClosedIsNoticed(String protocol) throws Exception {
    try (TlsPeer peer = new TlsPeer(CERTIFICATES.server(), protocol, line -> line.answerOnce(OK));
        Upstream upstream = trusting(peer)) {
      Body once = Ask.once(1, sink -> sink.write(new byte[1], 0, 1));
      for (int i = 0; i < 3; i++) {
        assertEquals("200 ok", Ask.ask(upstream, Ask.request("POST", "/", once)));
        Waiting.await("the end", () -> Kept.test(upstream, c -> !c.transport().isQuiet()));
      }
    }
  }

  @Test
  void anAnswerUntilTheCloseNeedsAProperClose() throws Exception {
    String reply = "HTTP/1.1 200 OK\r\n\r\nok";
    try (TlsPeer peer =
            new TlsPeer(CERTIFICATES.server(), "TLSv1.3", line -> line.answerOnce(reply));
        Upstream upstream = trusting(peer)) {
      assertEquals("200 ok", Ask.ask(upstream, Ask.get("/")));
    }
    try (TlsPeer peer =
            new TlsPeer(CERTIFICATES.server(), "TLSv1.3", line -> line.answerAndCut(reply));
        Upstream upstream = trusting(peer)) {
      assertThrows(BadReply.class, () -> Ask.ask(upstream, Ask.get("/")));
      assertEquals(0, upstream.open());
    }
  }

  @Test
  void aServerThatDoesNotSpeakTlsIsUnreachable() throws Exception {
    try (Peer peer = Peer.of(line -> line.send("HTTP/1.1 400 Bad Request\r\n\r\n"))) {
      try (Upstream upstream = upstream(peer.port(), "127.0.0.1", trust(), Optional.empty())) {
        refused(upstream);
      }
    }
    try (Peer peer = Peer.of(Peer.Line::awaitEnd)) {
      Settings d = settings(trust(), Optional.empty());
      var impatient =
          new Settings(
              Duration.ofMillis(100),
              d.keepAlive(),
              d.tls(),
              d.serverName(),
              d.proxy(),
              d.resolver());
      try (Upstream upstream =
          new Upstream(
              new Origin(Origin.Kind.HTTPS, "127.0.0.1", peer.port(), ""),
              impatient,
              System::nanoTime)) {
        Unreachable failure = refused(upstream);
        assertTrue(failure.getMessage().contains("in time"), failure.getMessage());
      }
    }
  }

  // ---- helpers

  private static Unreachable refused(Upstream upstream) {
    var failure = assertThrows(Unreachable.class, () -> Ask.ask(upstream, Ask.get("/")));
    assertEquals(0, upstream.open());
    return failure;
  }

  private static SSLContext trust() throws IOException {
    return Trust.context(
        Optional.of(CERTIFICATES.ca()), Optional.empty(), Optional.empty(), Optional.empty());
  }

  private static Upstream trusting(TlsPeer peer) throws IOException {
    return upstream(peer, "localhost", trust(), Optional.empty());
  }

  private static Upstream upstream(
      TlsPeer peer, String host, SSLContext context, Optional<String> serverName) {
    return upstream(peer.server.getLocalPort(), host, context, serverName);
  }

  private static Upstream upstream(
      int port, String host, SSLContext context, Optional<String> serverName) {
    return new Upstream(
        new Origin(Origin.Kind.HTTPS, host, port, ""),
        settings(context, serverName),
        System::nanoTime);
  }

  private static Settings settings(SSLContext context, Optional<String> serverName) {
    return new Settings(
        Duration.ofSeconds(10),
        Duration.ofSeconds(60),
        Optional.of(context),
        serverName,
        Optional.empty(),
        Resolver.SYSTEM);
  }

  private static TlsPeer answering(SSLContext context) throws IOException {
    return new TlsPeer(context, "TLSv1.3", line -> line.answer(OK));
  }

  /// A backend on SSLSockets.
  private static final class TlsPeer implements AutoCloseable {
    private static final Pattern LENGTH = Pattern.compile("Content-Length: (\\d+)");

    final ServerSocket server;
    final List<Integer> bodies = new CopyOnWriteArrayList<>();
    final List<String> askedFor = new CopyOnWriteArrayList<>();
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final SSLContext context;
    private final String protocol;
    volatile boolean asksForCertificate;
    volatile int connections;

    interface Script {
      void run(TlsLine line) throws IOException;
    }

    TlsPeer(SSLContext context, String protocol, Script script) throws IOException {
      this.context = context;
      this.protocol = protocol;
      this.server = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"));
      Thread.ofVirtual().start(() -> accept(script));
    }

    private void accept(Script script) {
      try {
        while (true) {
          Socket socket = server.accept();
          connections = sockets.size() + 1;
          sockets.add(socket);
          Thread.ofVirtual().start(() -> serve(script, socket));
        }
      } catch (IOException e) {
        // The test is over.
      }
    }

    private void serve(Script script, Socket plain) {
      try (var socket =
          (SSLSocket) context.getSocketFactory().createSocket(plain, (InputStream) null, true)) {
        socket.setUseClientMode(false);
        socket.setEnabledProtocols(new String[] {protocol});
        socket.setNeedClientAuth(asksForCertificate);
        socket.startHandshake();
        var session = (ExtendedSSLSession) socket.getSession();
        askedFor.add(
            session.getRequestedServerNames().stream()
                .map(name -> ((SNIHostName) name).getAsciiName())
                .findFirst()
                .orElse("-"));
        script.run(new TlsLine(plain, socket));
      } catch (IOException e) {
        // The other side has gone.
      }
    }

    @Override
    public void close() throws IOException {
      server.close();
      for (Socket socket : sockets) {
        socket.close();
      }
    }

    final class TlsLine {
      private final Socket plain;
      private final SSLSocket socket;

      TlsLine(Socket plain, SSLSocket socket) {
        this.plain = plain;
        this.socket = socket;
      }

      void answer(String reply) throws IOException {
        while (request()) {
          send(reply);
        }
      }

      void answerOnce(String reply) throws IOException {
        request();
        send(reply);
      }

      /// Ends the connection below TLS, as somebody in between could.
      void answerAndCut(String reply) throws IOException {
        request();
        send(reply);
        plain.close();
      }

      /// Reads to an end that is in order, and says how much there was.
      void readToEnd() throws IOException {
        bodies.add(socket.getInputStream().readAllBytes().length);
      }

      private void send(String reply) throws IOException {
        socket.getOutputStream().write(reply.getBytes(StandardCharsets.ISO_8859_1));
      }

      private boolean request() throws IOException {
        InputStream in = socket.getInputStream();
        var head = new StringBuilder();
        while (!head.toString().endsWith("\r\n\r\n")) {
          int octet = in.read();
          if (octet < 0) {
            return false;
          }
          head.append((char) octet);
        }
        Matcher length = LENGTH.matcher(head);
        bodies.add(in.readNBytes(length.find() ? Integer.parseInt(length.group(1)) : 0).length);
        return true;
      }
    }
  }
}
