package llmhop.tool;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import llmhop.json.JsonWriter;

/// One exchange: what was asked, how far the answer is. Used by the exchange's own thread only.
///
/// An answer is complete when [#answer] or [#endStream] returned. In any other case the exchange is
/// never closed: the handler throws, and the front ends the connection without a last chunk.
final class Call {
  private static final int LONGEST_ID = 128;

  private final HttpExchange exchange;
  private final Presence presence;
  private final String id;
  private String model = "-";
  private int status;
  private int tokens;

  /// @param spareId the request's name when the caller gave it none
  Call(HttpExchange exchange, Presence presence, String spareId) {
    this.exchange = exchange;
    this.presence = presence;
    this.id = id(exchange.getRequestHeaders()).orElse(spareId);
  }

  String method() {
    return exchange.getRequestMethod();
  }

  /// The path, percent-encoding decoded, without the query.
  String path() {
    return Optional.ofNullable(exchange.getRequestURI().getPath()).orElse("");
  }

  /// The caller's X-Request-Id as a clean word, or a name of our own.
  String id() {
    return id;
  }

  Presence presence() {
    return presence;
  }

  Optional<String> contentType() {
    return Optional.ofNullable(exchange.getRequestHeaders().getFirst("Content-Type"));
  }

  <T> T body(Bodies bodies, Bodies.Reader<T> reader) throws IOException, Refused {
    return bodies.read(exchange.getRequestBody(), reader);
  }

  // ---- what the log says

  String model() {
    return model;
  }

  void isFor(String wanted) {
    model = wanted;
  }

  /// The status that was sent; 0 as long as none was.
  int status() {
    return status;
  }

  int tokens() {
    return tokens;
  }

  void made(int count) {
    tokens = count;
  }

  // ---- answering

  void json(int code, JsonWriter json) throws IOException {
    answer(code, "application/json", json.toString());
  }

  /// A whole answer.
  void answer(int code, String contentType, String text) throws IOException {
    Bodies.drop(exchange.getRequestBody());
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", contentType);
    boolean headOnly = method().equals("HEAD");
    if (headOnly) {
      exchange.getResponseHeaders().set("Content-Length", String.valueOf(bytes.length));
    }
    status = code;
    exchange.sendResponseHeaders(code, headOnly || bytes.length == 0 ? -1 : bytes.length);
    if (!headOnly && bytes.length > 0) {
      exchange.getResponseBody().write(bytes);
    }
    end();
  }

  /// Says which method a path takes, for an error that follows.
  void allow(String methods) {
    exchange.getResponseHeaders().set("Allow", methods);
  }

  /// Begins a stream; its head goes out now, however long the first event takes.
  void beginStream(String contentType) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", contentType);
    exchange.getResponseHeaders().set("Cache-Control", "no-cache");
    status = 200;
    exchange.sendResponseHeaders(200, 0);
    exchange.getResponseBody().flush();
  }

  /// Sends a part of a stream at once.
  void send(String text) throws IOException {
    if (!text.isEmpty()) {
      OutputStream out = exchange.getResponseBody();
      out.write(text.getBytes(StandardCharsets.UTF_8));
      out.flush();
    }
  }

  /// Sends the last part of a stream and ends it.
  void endStream(String text) throws IOException {
    send(text);
    end();
  }

  /// The stream's own close first: the exchange's would hide that the caller isn't there any more.
  private void end() throws IOException {
    exchange.getResponseBody().close();
    exchange.close();
  }

  private static Optional<String> id(Headers headers) {
    return Optional.ofNullable(headers.getFirst("X-Request-Id"))
        .filter(given -> !given.isBlank())
        .map(given -> Text.printable(given, LONGEST_ID));
  }
}
