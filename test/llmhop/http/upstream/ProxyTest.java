package llmhop.http.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import llmhop.http.upstream.UpstreamException.Unreachable;
import llmhop.kit.Certificates;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Steps;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Going through a proxy by CONNECT.
final class ProxyTest {
  @Test
  void theProxyIsAskedOnceForEachConnection() throws Exception {
    try (Peer proxy =
            Peer.of(
                line -> {
                  line.request();
                  line.send("HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n");
                  Peer.answerAll(line);
                });
        Upstream upstream = through(proxy, Optional.of("Basic dXNlcjpwYXNz"), Origin.Kind.HTTP)) {
      assertEquals("200 ok", Ask.ask(upstream, Ask.get("/a")));
      assertEquals("200 ok", Ask.ask(upstream, Ask.get("/b")));
      assertEquals(
          "CONNECT backend.invalid:8000 HTTP/1.1\r\nHost: backend.invalid:8000\r\n"
              + "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n",
          proxy.requests.get(0));
      assertEquals("GET /a HTTP/1.1\r\nHost: backend.invalid:8000\r\n\r\n", proxy.requests.get(1));
      assertEquals(3, proxy.requests.size());
    }
  }

  @Test
  void withoutCredentialsNoneAreSent() throws Exception {
    try (Peer proxy =
            Peer.of(
                line -> {
                  line.request();
                  line.send("HTTP/1.0 200\r\n\r\n");
                  Peer.answerAll(line);
                });
        Upstream upstream = through(proxy, Optional.empty(), Origin.Kind.HTTP)) {
      assertEquals("200 ok", Ask.ask(upstream, Ask.get("/")));
      assertFalse(proxy.requests.getFirst().contains("Authorization"));
    }
  }

  @Test
  void credentialsAreInNoText() throws Exception {
    var proxy = new ConnectProxy("proxy", 3128, Optional.of("Basic c2VjcmV0"));
    assertEquals("proxy:3128", proxy.toString());
    try (Peer refusing =
            Peer.of(
                line -> {
                  line.request();
                  line.send("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n");
                });
        Upstream upstream = through(refusing, proxy.authorization(), Origin.Kind.HTTP)) {
      Unreachable failure = refused(upstream);
      assertTrue(failure.getMessage().contains("407"), failure.getMessage());
      assertFalse((failure + " " + failure.getCause()).contains("c2VjcmV0"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno",
        "HTTP/1.1 302 Found\r\nLocation: x\r\n\r\n",
        "HTTP/1.1 101 Switching\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nmore",
        "HTTP/1.1 200 OK\n\n",
        "rubbish\r\n\r\n",
        "",
      })
  void aProxyThatDoesNotOpenAWayMakesTheBackendUnreachable(String answer) throws Exception {
    try (Peer proxy =
            Peer.of(
                line -> {
                  line.request();
                  line.send(answer);
                });
        Upstream upstream = through(proxy, Optional.empty(), Origin.Kind.HTTP)) {
      refused(upstream);
      assertEquals(1, proxy.requests.size());
    }
  }

  @Test
  void aSilentProxyIsWaitedForAsLongAsForAConnection() throws Exception {
    try (Peer proxy = Peer.of(Peer.Line::awaitEnd);
        Upstream upstream = through(proxy, Optional.empty(), Origin.Kind.HTTP)) {
      Unreachable failure = refused(upstream);
      assertTrue(failure.getMessage().contains("in time"), failure.getMessage());
    }
  }

  @Test
  void tlsGoesThroughTheTunnelToTheBackendItself() throws Exception {
    Certificates certificates = Certificates.get();
    try (ScriptedBackend backend = ScriptedBackend.onTls(certificates.server());
        Peer proxy = Peer.of(line -> relay(line, port(backend)))) {
      backend.always(Steps.answerJson(200, "{}"));
      SSLContext trust =
          Trust.context(
              Optional.of(certificates.ca()), Optional.empty(), Optional.empty(), Optional.empty());
      var settings =
          new Settings(
              Duration.ofSeconds(5),
              Duration.ofSeconds(60),
              Optional.of(trust),
              Optional.of("localhost"),
              Optional.of(new ConnectProxy("127.0.0.1", proxy.port(), Optional.empty())),
              Resolver.SYSTEM);
      var origin = new Origin(Origin.Kind.HTTPS, "backend.invalid", 443, "");
      try (Upstream upstream = new Upstream(origin, settings, System::nanoTime)) {
        assertEquals("200 {}", Ask.ask(upstream, Ask.post("{}")));
        assertEquals("200 {}", Ask.ask(upstream, Ask.post("{}")));
        assertTrue(
            proxy.requests.getFirst().startsWith("CONNECT backend.invalid:443 HTTP/1.1\r\n"));
        assertEquals(1, proxy.connections());
      }
    }
  }

  private static int port(ScriptedBackend backend) {
    String url = backend.url();
    return Integer.parseInt(url.substring(url.lastIndexOf(':') + 1));
  }

  private static void relay(Peer.Line line, int port) throws IOException {
    line.request();
    line.send("HTTP/1.1 200 OK\r\n\r\n");
    line.pipe(port);
  }

  private static Unreachable refused(Upstream upstream) {
    var failure = assertThrows(Unreachable.class, () -> Ask.ask(upstream, Ask.get("/")));
    assertEquals(0, upstream.open());
    return failure;
  }

  private static Upstream through(Peer proxy, Optional<String> authorization, Origin.Kind kind)
      throws IOException {
    var settings =
        new Settings(
            Duration.ofMillis(500),
            Duration.ofSeconds(4),
            Optional.empty(),
            Optional.empty(),
            Optional.of(new ConnectProxy("127.0.0.1", proxy.port(), authorization)),
            Resolver.SYSTEM);
    return new Upstream(new Origin(kind, "backend.invalid", 8000, ""), settings, System::nanoTime);
  }
}
