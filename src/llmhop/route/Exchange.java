package llmhop.route;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import llmhop.http.wire.Fields;
import llmhop.http.wire.Grammar;

/// A request that came in and the answer that goes out, in the words of this product. Used by one
/// thread; the one place that knows the server's API.
///
/// ```
///   accept --> (body read) --> begin --> out … --> finish
///                 |              |         |
///                 +--- answer ---+         +--> abort: the connection is cut, visibly
/// ```
public final class Exchange {
  /// What a caller that still sends is read and dropped after an early refusal, at most: enough for
  /// it to see the answer, too little to be worth abusing.
  static final long LINGER_BYTES = 8L * 1024 * 1024;

  private static final long LINGER_MILLIS = 2_000;

  /// Longer than any registered method, in characters.
  private static final int LONGEST_METHOD = 32;

  private final HttpExchange http;
  private final Journal journal;
  private final String method;
  private final Fields fields;
  private final OptionalLong declaredLength;
  private volatile boolean bodyDone;
  private boolean closing;
  private boolean begun;

  private Exchange(HttpExchange http, Journal journal) {
    this.http = http;
    this.journal = journal;
    this.method = http.getRequestMethod();
    this.fields = fields(http.getRequestHeaders());
    List<String> lengths = fields.all("Content-Length");
    this.declaredLength =
        lengths.isEmpty() ? OptionalLong.empty() : OptionalLong.of(length(lengths.getFirst()));
    this.bodyDone = !hasBody();
  }

  /// Wraps a request. Never throws: what is wrong with it is found by [#check].
  static Exchange accept(HttpExchange http, Journal journal) {
    return new Exchange(http, journal);
  }

  /// What is known of this request.
  Journal journal() {
    return journal;
  }

  private static Fields fields(Headers headers) {
    var fields = new Fields();
    for (Map.Entry<String, List<String>> entry : headers.entrySet()) {
      for (String value : entry.getValue()) {
        fields.add(entry.getKey(), value == null ? "" : value);
      }
    }
    return fields;
  }

  /// What can be said of the head at this API's height (RFC 9110 section 5, RFC 9112 section 6).
  ///
  /// @throws Refusal when it must not be forwarded
  void check() {
    boolean http11 = http.getProtocol().equals("HTTP/1.1");
    if (!http11 && !http.getProtocol().equals("HTTP/1.0")) {
      throw Refusal.badRequest("The request line must end with HTTP/1.1 or HTTP/1.0.");
    }
    if (!Grammar.isToken(method) || method.length() > LONGEST_METHOD) {
      throw Refusal.badRequest("The method is not one that HTTP knows.");
    }
    if (method.equals("CONNECT") || method.equals("TRACE")) {
      throw Refusal.badRequest("This router makes no tunnels and echoes nothing.");
    }
    for (Fields.Field field : fields) {
      if (!Grammar.isToken(field.name()) || !Grammar.isFieldValue(field.value())) {
        throw Refusal.badRequest("A header field holds characters that HTTP does not allow.");
      }
    }
    boolean framed = fields.has("Content-Length") && fields.has("Transfer-Encoding");
    boolean chunkedTooEarly = !http11 && fields.has("Transfer-Encoding");
    if (framed
        || chunkedTooEarly
        || fields.all("Content-Length").size() > 1
        || declaredLength.orElse(0) < 0) {
      throw Refusal.badRequest("Content-Length must be one number, without Transfer-Encoding.");
    }
    int hosts = fields.all("Host").size();
    if (hosts > 1 || (http11 && hosts == 0)) {
      throw Refusal.badRequest("There must be one Host field.");
    }
    if (fields.all("Content-Type").size() > 1) {
      throw Refusal.badRequest("There must be one Content-Type field.");
    }
  }

  private static long length(String digits) {
    return Grammar.contentLength(digits).orElse(-1);
  }

  /// The method, as it came.
  public String method() {
    return method;
  }

  /// The raw target, as it came.
  String rawTarget() {
    return http.getRequestURI().toString();
  }

  /// The request's fields.
  public Fields fields() {
    return fields;
  }

  /// Where the connection comes from.
  InetAddress peer() {
    return http.getRemoteAddress().getAddress();
  }

  /// Whether it came over TLS.
  boolean secure() {
    return http instanceof com.sun.net.httpserver.HttpsExchange;
  }

  /// The body's length where the head tells it; 0 where there is none.
  OptionalLong declaredLength() {
    return hasBody() ? declaredLength : OptionalLong.of(0);
  }

  boolean hasBody() {
    return fields.has("Transfer-Encoding") || declaredLength.orElse(0) != 0;
  }

  /// Reads what is there of the body, waiting for the first byte.
  ///
  /// @return how many bytes, -1 at its end
  /// @throws Refusal when it ends early or its framing is broken
  int read(byte[] buffer, int offset, int length) {
    try {
      InputStream body = http.getRequestBody();
      int read = body.read(buffer, offset, length);
      bodyDone |= read < 0;
      journal.in(Math.max(read, 0));
      return read;
    } catch (IOException e) {
      throw Refusal.badRequest("The request body broke off or its framing is invalid.");
    }
  }

  /// Reads a small body whole.
  ///
  /// @throws Refusal when it is larger than this, in bytes
  public byte[] readAll(int limit) {
    byte[] bytes = new byte[limit + 1];
    int filled = 0;
    while (filled <= limit) {
      int read = hasBody() ? read(bytes, filled, bytes.length - filled) : -1;
      if (read < 0) {
        bodyDone();
        return Arrays.copyOf(bytes, filled);
      }
      filled += read;
    }
    throw Refusal.requestTooLarge(limit, "this path's own limit");
  }

  /// Whether the caller hasn't sent its whole body yet, as far as is known.
  boolean stillComing() {
    return !bodyDone;
  }

  /// The body has been read as far as it goes.
  void bodyDone() {
    bodyDone = true;
  }

  /// The connection must not outlive this answer.
  void closeAfterwards() {
    closing = true;
  }

  /// Whether the head of an answer is out.
  boolean begun() {
    return begun;
  }

  /// Sends the head of an answer. Whatever is written after it goes out at the next flush.
  ///
  /// @param answer end-to-end fields only; framing and Date are ours
  /// @param length the body's length; empty when only the end will tell
  /// @return where the body goes, or nothing where this answer has none
  OutputStream begin(int status, Fields answer, OptionalLong length) throws IOException {
    Headers out = http.getResponseHeaders();
    for (Fields.Field field : answer) {
      out.add(field.name(), field.value());
    }
    out.set("X-Request-Id", journal.id());
    boolean bodiless = method.equals("HEAD") || status == 204 || status == 304;
    if (bodiless && status != 204 && length.isPresent()) {
      out.set("Content-Length", Long.toString(length.getAsLong()));
    }
    if (closing || !bodyDone) {
      out.set("Connection", "close");
    }
    begun = true;
    journal.head(status);
    if (bodiless) {
      http.sendResponseHeaders(status, -1);
      return OutputStream.nullOutputStream();
    }
    // This API says 0 for "chunked" and -1 for "empty".
    long announced = length.isEmpty() ? 0 : length.getAsLong() == 0 ? -1 : length.getAsLong();
    http.sendResponseHeaders(status, announced);
    return announced < 0 ? OutputStream.nullOutputStream() : http.getResponseBody();
  }

  /// Sends a whole answer and ends the exchange.
  public void answer(int status, Fields answer, byte[] body) throws IOException {
    // No try-with-resources: after a failure, closing this stream would wait for the caller.
    OutputStream out = begin(status, answer, OptionalLong.of(body.length));
    out.write(body);
    journal.out(body.length);
    finish(out);
    out.close();
  }

  /// The answer is written. A caller that is still sending is heard out for a moment, so that it
  /// sees the answer, and then cut off.
  void finish(OutputStream out) throws IOException {
    if (bodyDone) {
      return;
    }
    out.flush();
    Thread listener = Thread.ofVirtual().start(this::dropRest);
    try {
      listener.join(LINGER_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!bodyDone) {
      throw abort("the caller sends more than is worth hearing out");
    }
  }

  /// Reads may block for as long as the caller likes, so they have a thread of their own; it ends
  /// with the connection.
  private void dropRest() {
    byte[] scrap = new byte[16 * 1024];
    long dropped = 0;
    try {
      InputStream body = http.getRequestBody();
      while (dropped < LINGER_BYTES && !bodyDone) {
        int read = body.read(scrap);
        bodyDone = read < 0;
        dropped += Math.max(read, 0);
      }
    } catch (IOException e) {
      // The caller has gone, or its connection was closed above.
    }
  }

  /// Cuts the connection so that the caller can't take what it got for a whole answer: this API
  /// does so when a handler throws, while `close()` would write the last chunk.
  Abort abort(String why) {
    return new Abort(why);
  }

  /// We cut the connection, the caller didn't.
  static final class Abort extends IOException {
    private Abort(String why) {
      super(why);
    }
  }
}
