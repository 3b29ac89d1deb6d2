package llmhop.http.front;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.BasicAuthenticator;
import com.sun.net.httpserver.Filter;
import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLParameters;
import llmhop.kit.Answer;
import llmhop.kit.Certificates;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ServerLog;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The engine in the words of `com.sun.net.httpserver`: whoever was written for the JDK's runs on
/// it.
@ResourceLock(ServerLog.NAME)
class HttpServerApiTest {
  private static final InetSocketAddress ANY_PORT =
      new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);

  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(ANY_PORT, 0);
  }

  @AfterEach
  void end() {
    server.stop(0);
  }

  private Answer ask(Request request) {
    return RawCaller.ask(server.getAddress().getPort(), request);
  }

  private Answer ask(String target) {
    return ask(Request.get(target));
  }

  private static void say(HttpExchange http, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    try (http) {
      http.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
      http.getResponseBody().write(bytes);
    }
  }

  private static HttpHandler saying(String text) {
    return http -> say(http, 200, text);
  }

  // ---- the server

  @Test
  void itIsTheOneThatTheJdkFinds() throws IOException {
    String ours = FrontProvider.class.getPackageName();
    assertEquals(ours, server.getClass().getPackageName());
    assertEquals(ours, HttpServer.create().getClass().getPackageName());
    assertEquals(ours, HttpsServer.create().getClass().getPackageName());
  }

  @Test
  void itIsBoundOnceAndStartedOnce() throws IOException {
    HttpServer unbound = HttpServer.create();
    assertNull(unbound.getAddress());
    assertThrows(IllegalStateException.class, unbound::start);
    assertThrows(BindException.class, () -> unbound.bind(server.getAddress(), 0), "in use");
    unbound.bind(ANY_PORT, 5);
    assertThrows(BindException.class, () -> unbound.bind(ANY_PORT, 5));
    unbound.createContext("/", saying("hello"));
    unbound.start();
    assertThrows(IllegalStateException.class, unbound::start);
    assertThrows(IllegalStateException.class, () -> unbound.setExecutor(null));
    int port = unbound.getAddress().getPort();
    assertEquals("hello", RawCaller.ask(port, Request.get("/")).text());
    unbound.stop(0);
    assertThrows(java.io.UncheckedIOException.class, () -> RawCaller.to(port));
  }

  @Test
  void aServerThatWasNeverStartedGivesItsPortBack() throws IOException {
    HttpServer other = HttpServer.create(ANY_PORT, 0);
    InetSocketAddress address = other.getAddress();
    other.stop(0);
    HttpServer.create(address, 0).stop(0);
  }

  @Test
  void aStopWaitsForWhatRuns() throws Exception {
    var handling = new CountDownLatch(1);
    var go = new CountDownLatch(1);
    server.createContext(
        "/",
        http -> {
          handling.countDown();
          Waiting.await("the signal", () -> go.getCount() == 0);
          say(http, 200, "late");
        });
    server.start();
    try (RawCaller caller = RawCaller.to(server.getAddress().getPort())) {
      caller.send(Request.get("/"));
      Waiting.await("it to run", () -> handling.getCount() == 0);
      Thread stop = Thread.ofPlatform().start(() -> server.stop(30));
      go.countDown();
      assertEquals("late", caller.read().text());
      caller.awaitClosedByPeer();
      caller.halfClose();
      assertTrue(stop.join(Waiting.PATIENCE), "it ends before its time is over");
    }
    assertThrows(IllegalArgumentException.class, () -> server.stop(-1));
  }

  @Test
  void anExecutorRunsTheHandlers() {
    var name = new AtomicReference<String>();
    server.setExecutor(task -> Thread.ofPlatform().name("theirs").start(task));
    server.createContext(
        "/",
        http -> {
          name.set(Thread.currentThread().getName());
          if (http.getRequestURI().getPath().equals("/fail")) {
            throw new IOException("on purpose");
          }
          say(http, 200, "x");
        });
    server.start();
    try (RawCaller caller = RawCaller.to(server.getAddress().getPort())) {
      assertEquals("x", caller.ask(Request.get("/")).text());
      assertEquals("x", caller.ask(Request.get("/")).text());
      assertEquals("theirs", name.get());
      caller.send(Request.get("/fail"));
      caller.awaitClosedByPeer();
    }
  }

  @Test
  void anExecutorThatIsFullClosesTheConnection() {
    var full = new RejectedExecutionException("full");
    server.setExecutor(
        task -> {
          throw full;
        });
    server.start();
    try (var log = new ServerLog();
        RawCaller caller = RawCaller.to(server.getAddress().getPort())) {
      caller.send(Request.get("/"));
      caller.awaitClosedByPeer();
      Waiting.await("the server to report the fault", () -> !log.records().isEmpty());
      assertSame(full, log.records().getFirst().getThrown());
    }
  }

  // ---- contexts, filters, authenticators

  @Test
  void theLongestContextThatThePathBeginsWithHasIt() {
    HttpContext v1 = server.createContext("/v1", saying("v1"));
    server.createContext("/v1/models", saying("models"));
    assertThrows(IllegalArgumentException.class, () -> server.createContext("/v1"));
    assertThrows(IllegalArgumentException.class, () -> server.createContext("v1"));
    assertThrows(IllegalArgumentException.class, () -> server.removeContext("/nowhere"));
    server.start();
    assertEquals("v1", ask("/v1").text());
    assertEquals("v1", ask("/v1/chat?a=/v1/models").text());
    assertEquals("models", ask("/v1/models/x").text());
    assertEquals("models", ask("http://h/v1/models").text());
    assertEquals(404, ask("/").status());
    assertEquals(404, ask("http://h").status());
    assertEquals("/v1", v1.getPath());
    assertEquals(server, v1.getServer());
    server.removeContext(v1);
    assertEquals(404, ask("/v1").status());
    server.removeContext("/v1/models");
    assertEquals(404, ask("/v1/models").status());
    HttpContext later = server.createContext("/later");
    assertEquals(404, ask("/later").status());
    later.setHandler(saying("now"));
    assertEquals("now", ask("/later").text());
  }

  @Test
  void filtersRunInTheirOrderAndMayEndARequest() {
    HttpContext context =
        server.createContext(
            "/",
            http ->
                say(
                    http,
                    200,
                    http.getAttribute("way")
                        + " handler "
                        + http.getHttpContext().getAttributes().get("of")));
    context.getAttributes().put("of", "context");
    context
        .getFilters()
        .add(Filter.beforeHandler("first", http -> http.setAttribute("way", "first")));
    context
        .getFilters()
        .add(
            new Filter() {
              @Override
              public void doFilter(HttpExchange http, Chain chain) throws IOException {
                if (http.getRequestMethod().equals("DELETE")) {
                  say(http, 405, "no");
                } else {
                  http.setAttribute("way", http.getAttribute("way") + " second");
                  chain.doFilter(http);
                }
              }

              @Override
              public String description() {
                return "second";
              }
            });
    server.start();
    assertEquals("first second handler context", ask("/").text());
    assertEquals("no", ask(Request.of("DELETE", "/", new byte[0])).text());
  }

  @Test
  void anAuthenticatorIsAskedFirst() {
    HttpContext context =
        server.createContext("/", http -> say(http, 200, http.getPrincipal().getUsername()));
    context.setAuthenticator(
        new BasicAuthenticator("place") {
          @Override
          public boolean checkCredentials(String user, String password) {
            return user.equals("alice") && password.equals("secret");
          }
        });
    server.start();
    Answer asked = ask("/");
    assertEquals(401, asked.status());
    assertTrue(asked.field("WWW-Authenticate").orElseThrow().startsWith("Basic realm=\"place\""));
    assertEquals(401, ask(Request.get("/").with("Authorization: Basic YTpi")).status());
    String alice = "Authorization: Basic YWxpY2U6c2VjcmV0";
    assertEquals("alice", ask(Request.get("/").with(alice)).text());
  }

  // ---- TLS

  @Test
  void tlsIsSpokenWithAConfigurator() throws IOException {
    HttpsServer secure = HttpsServer.create(ANY_PORT, 0);
    assertThrows(IllegalStateException.class, secure::start, "no configurator yet");
    var configurator = new HttpsConfigurator(Certificates.get().server());
    secure.setHttpsConfigurator(configurator);
    assertEquals(configurator, secure.getHttpsConfigurator());
    secure.createContext("/", http -> say(http, 200, RawExchange.of(http).secure() + " hello"));
    secure.start();
    int port = secure.getAddress().getPort();
    try (RawCaller caller = RawCaller.tls(port, Certificates.get().client(), "localhost")) {
      assertEquals("true hello", caller.ask(Request.get("/")).text());
      assertEquals("true hello", caller.ask(Request.post("/", "{}")).text());
    } finally {
      secure.stop(0);
    }
  }

  /// As a whole, and one by one.
  @SuppressWarnings("deprecation")
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aConfiguratorMayAskForCertificates(boolean whole) throws IOException {
    var callers = new CopyOnWriteArrayList<InetSocketAddress>();
    HttpsServer secure = HttpsServer.create(ANY_PORT, 0);
    secure.setHttpsConfigurator(
        new HttpsConfigurator(Certificates.get().server()) {
          @Override
          public void configure(HttpsParameters parameters) {
            callers.add(parameters.getClientAddress());
            if (whole) {
              SSLParameters wanted = getSSLContext().getDefaultSSLParameters();
              wanted.setNeedClientAuth(true);
              parameters.setSSLParameters(wanted);
            } else {
              parameters.setNeedClientAuth(true);
              parameters.setProtocols(new String[] {"TLSv1.3"});
            }
          }
        });
    secure.createContext("/", http -> say(http, 200, "hello"));
    secure.start();
    int port = secure.getAddress().getPort();
    try (RawCaller known = RawCaller.tls(port, Certificates.get().client(), "localhost");
        RawCaller unknown = RawCaller.tls(port, Certificates.get().withoutKey(), "localhost")) {
      assertEquals("hello", known.ask(Request.get("/")).text());
      assertThrows(Throwable.class, () -> unknown.ask(Request.get("/")));
    } finally {
      secure.stop(0);
    }
    assertEquals(2, callers.size());
    assertTrue(callers.stream().allMatch(caller -> caller.getAddress().isLoopbackAddress()));
  }

  @Test
  void itsExchangesHaveTheWordsThatTheApiLacks() {
    server.createContext(
        "/",
        http -> {
          assertInstanceOf(RawExchange.class, http);
          FrontUnderTest.answer(RawExchange.of(http), 200, RawExchange.of(http).target());
        });
    server.start();
    assertEquals("/a|b", ask("/a|b").text());
  }
}
