package llmhop.http.front;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.sun.net.httpserver.Filter;
import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import llmhop.kit.Answer;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Exchanges in the words of `com.sun.net.httpserver`: what came, what goes out, and odd targets.
class HttpExchangeApiTest {
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

  @Test
  void anExchangeSaysWhatCame() {
    server.createContext(
        "/",
        http ->
            say(
                http,
                200,
                String.join(
                    " ",
                    http.getRequestMethod(),
                    http.getProtocol(),
                    http.getRequestHeaders().get("x-a").toString(),
                    http.getRequestHeaders().getFirst("X-B"),
                    new String(http.getRequestBody().readAllBytes(), StandardCharsets.UTF_8),
                    http.getRemoteAddress().getAddress().getHostAddress(),
                    "" + (http.getLocalAddress().getPort() == server.getAddress().getPort()),
                    "" + http.getResponseCode(),
                    "" + http.getPrincipal())));
    server.start();
    Request request = Request.post("/", "body").with("X-A: 1", "X-a: 2", "x-b: 3");
    String said = ask(request).text();
    assertEquals("POST HTTP/1.1 [1, 2] 3 body 127.0.0.1 true -1 null", said);
    assertEquals(said, ask(request.chunked(3)).text());
  }

  @Test
  void theRequestsFieldsCanNotBeChanged() {
    server.createContext(
        "/",
        http -> {
          assertThrows(
              UnsupportedOperationException.class, () -> http.getRequestHeaders().add("A", "b"));
          say(http, 200, "x");
        });
    server.start();
    assertEquals("x", ask("/").text());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      quoteCharacter = '`',
      value = {
        "/v1/x?a=b%20c /v1/x a=b%20c",
        "//v1/x //v1/x null",
        "///x ///x null",
        "//a|b //a|b null",
        "/a|b /a|b null",
        "/a|b%20c?d={e}%41 /a|b`20`c d=%7Be%7D%41",
        "/%zz /%zz null",
        "/% /% null",
        "/%2 /%2 null",
        "/a?b?c /a b?c",
        "/a?%zz /a %25zz",
        "/a\"<>\\^`{} /a\"<>\\^`{} null",
        "/[::1] /[::1] null",
        "/.. /.. null",
        "/:x@y /:x@y null",
        "http://b:80/x?y /x y",
        "http://b:80/x|?y /x| y",
        "http://b?y `` y"
      })
  void oddTargetsAreUris(String target, String path, String query) {
    server.createContext(
        "/",
        http ->
            say(
                http,
                200,
                http.getRequestURI().getPath() + "\n" + http.getRequestURI().getRawQuery()));
    server.start();
    if (path.isEmpty()) {
      assertEquals(404, ask(target).status(), "an empty path is in no context");
    } else {
      assertEquals(path.replace("`20`", " ") + "\n" + query, ask(target).text());
    }
  }

  @Test
  void aStarIsAUri() {
    server.createContext("/", saying("x"));
    server.start();
    assertEquals(404, ask(Request.of("OPTIONS", "*", new byte[0])).status());
  }

  @Test
  void streamsCanBeReplaced() {
    HttpContext context =
        server.createContext(
            "/",
            http -> {
              String body =
                  new String(http.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
              http.sendResponseHeaders(200, 0);
              try (OutputStream out = http.getResponseBody()) {
                out.write(body.getBytes(StandardCharsets.UTF_8));
              }
            });
    context.getFilters().add(new Louder());
    server.start();
    Answer answer = ask(Request.post("/", "dropped"));
    assertEquals("QUIET", answer.text());
    assertEquals(Answer.End.LAST_CHUNK, answer.end());
  }

  /// Puts another body in the place of the request's, and capital letters into the answer.
  private static final class Louder extends Filter {
    @Override
    public void doFilter(HttpExchange http, Chain chain) throws IOException {
      http.getRequestBody().readAllBytes();
      http.setStreams(
          new ByteArrayInputStream("quiet".getBytes(StandardCharsets.UTF_8)),
          new FilterOutputStream(http.getResponseBody()) {
            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
              String text = new String(bytes, offset, length, StandardCharsets.UTF_8);
              out.write(text.toUpperCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8));
            }
          });
      chain.doFilter(http);
    }

    @Override
    public String description() {
      return "louder";
    }
  }

  @ParameterizedTest
  @CsvSource({
    "GET, 200, 5, LENGTH, 5",
    "GET, 200, 0, LAST_CHUNK,",
    "GET, 200, -1, LENGTH, 0",
    "HEAD, 200, -1, NO_BODY, 7",
    "GET, 204, -1, NO_BODY,",
    "GET, 304, -1, NO_BODY,"
  })
  void theLengthMeansWhatTheApiSays(
      String method, int status, long length, Answer.End end, String announced) {
    server.createContext(
        "/",
        http -> {
          if (method.equals("HEAD")) {
            http.getResponseHeaders().set("Content-Length", "7");
          }
          http.getResponseHeaders().set("X-Own", "1");
          http.sendResponseHeaders(status, length);
          assertThrows(IOException.class, () -> http.sendResponseHeaders(200, -1), "sent once");
          assertEquals(status, http.getResponseCode());
          if (length >= 0) {
            http.getResponseBody().write("hello".getBytes(StandardCharsets.UTF_8));
          }
          http.close();
        });
    server.start();
    try (RawCaller caller = RawCaller.to(server.getAddress().getPort())) {
      for (int round = 0; round < 2; round++) {
        Answer answer = caller.ask(Request.of(method, "/", new byte[0]));
        assertEquals(status, answer.status());
        assertEquals(end, answer.end());
        assertEquals(length >= 0 ? "hello" : "", answer.text());
        assertEquals(Optional.ofNullable(announced), answer.field("Content-Length"));
        assertEquals(List.of("1"), answer.fields("X-Own"));
      }
    }
  }

  @Test
  void aHandlerMayAskForTheConnectionsEnd() {
    server.createContext(
        "/",
        http -> {
          http.getResponseHeaders().set("Connection", "close");
          say(http, 200, "x");
        });
    server.start();
    try (RawCaller caller = RawCaller.to(server.getAddress().getPort())) {
      assertEquals(Optional.of("close"), caller.ask(Request.get("/")).field("Connection"));
      caller.awaitClosedByPeer();
    }
  }
}
