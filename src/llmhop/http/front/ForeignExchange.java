package llmhop.http.front;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsExchange;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import llmhop.http.wire.ChunkDecoder;
import llmhop.http.wire.Fields;
import llmhop.http.wire.Flow;
import llmhop.http.wire.Grammar;

/// An exchange of another engine, such as the JDK's, in the words of this one as far as can be.
///
/// What can't be done there: seeing a caller leave, interim answers, reason phrases, tunnels,
/// streams on the pump, the target's and the fields' exact spelling, `OPTIONS *`, for which the
/// JDK's engine finds no context, and all that the engine has judged, or not, before.
final class ForeignExchange implements RawExchange {
  /// Longer than any registered method, in characters.
  private static final int LONGEST_METHOD = 32;

  private static final long LINGER_BYTES = 8L * 1024 * 1024;
  private static final long LINGER_MILLIS = 2_000;

  private final HttpExchange http;
  private final Fields fields;
  private final OptionalLong length;
  private long came;
  private volatile boolean bodyDone;
  private boolean closing;
  private OutputStream out = OutputStream.nullOutputStream();

  ForeignExchange(HttpExchange http) {
    this.http = http;
    this.fields = fields(http.getRequestHeaders());
    this.length =
        fields.has("Transfer-Encoding")
            ? OptionalLong.empty()
            : fields.first("Content-Length").map(Grammar::contentLength).orElse(OptionalLong.of(0));
    this.bodyDone = length.orElse(-1) == 0;
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

  @Override
  public String method() {
    return http.getRequestMethod();
  }

  @Override
  public String target() {
    return http.getRequestURI().toString();
  }

  @Override
  public boolean http11() {
    return http.getProtocol().matches("HTTP/1\\.[1-9]");
  }

  @Override
  public Fields fields() {
    return fields;
  }

  /// RFC 9110 section 5, RFC 9112 section 6, as far as they can be judged at this height.
  @Override
  public Optional<String> complaint() {
    if (!http11() && !http.getProtocol().equals("HTTP/1.0")) {
      return Optional.of("The request line must end with HTTP/1.1 or HTTP/1.0.");
    }
    if (!Grammar.isToken(method()) || method().length() > LONGEST_METHOD) {
      return Optional.of("The method is not one that HTTP knows.");
    }
    for (Fields.Field field : fields) {
      if (!Grammar.isToken(field.name()) || !Grammar.isFieldValue(field.value())) {
        return Optional.of("A header field holds characters that HTTP does not allow.");
      }
      if (HeadCheck.isBodyFieldWithUnderscore(field.name())) {
        return Optional.of("A field that describes the body has '_' in its name. Use '-'.");
      }
    }
    List<String> lengths = fields.all("Content-Length");
    boolean framedTwice = !lengths.isEmpty() && fields.has("Transfer-Encoding");
    boolean notANumber = !lengths.isEmpty() && Grammar.contentLength(lengths.getFirst()).isEmpty();
    boolean chunkedTooEarly = !http11() && fields.has("Transfer-Encoding");
    if (framedTwice || chunkedTooEarly || lengths.size() > 1 || notANumber) {
      return Optional.of("Content-Length must be one number, without Transfer-Encoding.");
    }
    List<String> hosts = fields.all("Host");
    if (hosts.size() > 1 || (http11() && hosts.isEmpty())) {
      return Optional.of("There must be one Host field.");
    }
    String named = Optional.ofNullable(http.getRequestURI().getRawAuthority()).orElse("");
    if (named.indexOf('@') >= 0) {
      return Optional.of("The target holds a user name or password. Send it in a header field.");
    }
    return Authority.isValid(named) && hosts.stream().allMatch(Authority::isValid)
        ? Optional.empty()
        : Optional.of("The Host field is not a host with an optional port.");
  }

  @Override
  public InetAddress peer() {
    return http.getRemoteAddress().getAddress();
  }

  @Override
  public Object addressKey() {
    return AddressKey.of(http.getRemoteAddress(), CallerRules.NONE);
  }

  @Override
  public boolean loopbackPort() {
    return http.getHttpContext().getServer().getAddress().getAddress().isLoopbackAddress();
  }

  @Override
  public boolean secure() {
    return http instanceof HttpsExchange;
  }

  @Override
  public boolean upgrade() {
    return false;
  }

  @Override
  public OptionalLong length() {
    return length;
  }

  @Override
  public int read(byte[] into, int offset, int size) throws IOException {
    int read = http.getRequestBody().read(into, offset, size);
    came += Math.max(read, 0);
    // Who reads as much as was announced need not ask for the end.
    bodyDone |= read < 0 || (length.isPresent() && came >= length.getAsLong());
    return read;
  }

  @Override
  public int awaitBody() {
    return 0;
  }

  @Override
  public void dropBufferedBody() {}

  /// Closing waits for the body's rest, so that a thread of its own does it.
  @Override
  public void cutBody() {
    Thread.ofVirtual().name("cut-body").start(http::close);
  }

  @Override
  public boolean bodyDone() {
    return bodyDone;
  }

  @Override
  public void watch(Runnable gone) {}

  @Override
  public boolean gone() {
    return false;
  }

  @Override
  public void closeAfterwards() {
    closing = true;
  }

  @Override
  public void interim(int status, Fields interim) {}

  @Override
  public void begin(int status, String reason, Fields answer, OptionalLong announced)
      throws IOException {
    Headers headers = http.getResponseHeaders();
    for (Fields.Field field : answer) {
      headers.add(field.name(), field.value());
    }
    boolean bodiless = method().equals("HEAD") || status == 204 || status == 304;
    if (bodiless && status != 204 && announced.isPresent()) {
      headers.set("Content-Length", Long.toString(announced.getAsLong()));
    }
    if (closing || !bodyDone) {
      headers.set("Connection", "close");
    }
    if (bodiless) {
      http.sendResponseHeaders(status, -1);
      return;
    }
    // This API says 0 for "chunked" and -1 for "empty".
    long said = announced.isEmpty() ? 0 : announced.getAsLong() == 0 ? -1 : announced.getAsLong();
    http.sendResponseHeaders(status, said);
    if (said >= 0) {
      out = http.getResponseBody();
    }
  }

  @Override
  public void write(byte[] bytes, int offset, int size) throws IOException {
    out.write(bytes, offset, size);
  }

  @Override
  public void flush() throws IOException {
    out.flush();
  }

  @Override
  public void finish() throws IOException {
    if (!bodyDone) {
      out.flush();
      linger();
    }
    out.close();
  }

  /// Reads may block for as long as the caller likes, so they have a thread of their own; it ends
  /// with the connection.
  private void linger() throws IOException {
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

  /// The JDK's engine cuts the connection when a handler throws, while `close()` would write the
  /// last chunk.
  @Override
  public IOException abort(String why) {
    return new IOException(why);
  }

  @Override
  public boolean canRelay() {
    return false;
  }

  @Override
  public Flow relay(Flow.Source source, byte[] first, int size, ChunkDecoder.Runs runs) {
    throw new UnsupportedOperationException("no stream can be handed over here");
  }

  @Override
  public boolean relayed(Flow flow) {
    return false;
  }

  @Override
  public Upgraded upgrade(Fields answer) {
    throw new UnsupportedOperationException("no tunnel can be made here");
  }
}
