package llmhop.http.front;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpPrincipal;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import llmhop.http.wire.Fields;
import llmhop.http.wire.Grammar;

/// An exchange in the words of `com.sun.net.httpserver`, made when somebody uses them: whoever
/// speaks [RawExchange] pays nothing for it. Used by one thread.
final class JdkSide {
  /// What may stand in a URI's path and query, beside letters and digits.
  private static final String UNQUOTED = "-._~!$&'()*+,;=:@/?";

  private final FrontExchange exchange;
  private final Headers responseHeaders = new Headers();
  private final Map<String, Object> attributes = new HashMap<>();
  private Headers requestHeaders;
  private URI uri;
  private HttpContext context;
  private HttpPrincipal principal;
  private InputStream in = new In();
  private OutputStream out = new Out();

  JdkSide(FrontExchange exchange) {
    this.exchange = exchange;
  }

  static InetSocketAddress inet(SocketAddress address) {
    return address instanceof InetSocketAddress inet
        ? inet
        : new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
  }

  Headers requestHeaders() {
    if (requestHeaders == null) {
      var headers = new Headers();
      for (Fields.Field field : exchange.fields()) {
        headers.add(field.name(), field.value());
      }
      requestHeaders = Headers.of(headers);
    }
    return requestHeaders;
  }

  Headers responseHeaders() {
    return responseHeaders;
  }

  /// `//v1/x` would be taken for the host v1: an authority that is empty keeps it a path. What a
  /// URI can't hold is percent-encoded, and what is encoded already stays.
  URI uri() {
    if (uri == null) {
      String target = exchange.target();
      String kept = target.startsWith("//") ? "//" + target : target;
      try {
        uri = new URI(kept);
      } catch (URISyntaxException e) {
        uri = quoted(kept);
      }
    }
    return uri;
  }

  private static URI quoted(String target) {
    var quoted = new StringBuilder();
    for (int i = 0; i < target.length(); i++) {
      char c = target.charAt(i);
      if (UNQUOTED.indexOf(c) >= 0 || Character.isLetterOrDigit(c) || isEscape(target, i)) {
        quoted.append(c);
      } else {
        quoted.append("%%%02X".formatted((int) c));
      }
    }
    try {
      return new URI(quoted.toString());
    } catch (URISyntaxException e) {
      // An absolute target whose host Java's rules don't allow.
      return URI.create("/");
    }
  }

  private static boolean isEscape(String text, int at) {
    return text.charAt(at) == '%'
        && at + 2 < text.length()
        && Grammar.hexDigit(text.charAt(at + 1)) >= 0
        && Grammar.hexDigit(text.charAt(at + 2)) >= 0;
  }

  HttpContext context() {
    return context;
  }

  void context(HttpContext now) {
    context = now;
  }

  HttpPrincipal principal() {
    return principal;
  }

  void principal(HttpPrincipal now) {
    principal = now;
  }

  Map<String, Object> attributes() {
    return attributes;
  }

  void attribute(String name, Object value) {
    if (value == null) {
      attributes.remove(name);
    } else {
      attributes.put(name, value);
    }
  }

  InputStream in() {
    return in;
  }

  OutputStream out() {
    return out;
  }

  void streams(InputStream nextIn, OutputStream nextOut) {
    in = nextIn == null ? in : nextIn;
    out = nextOut == null ? out : nextOut;
  }

  /// @param length that API's: 0 for chunks, -1 for no body
  void sendHeaders(int status, long length) throws IOException {
    if (exchange.getResponseCode() != -1) {
      throw new IOException("the answer's head was sent already");
    }
    var fields = new Fields();
    for (Map.Entry<String, List<String>> entry : responseHeaders.entrySet()) {
      for (String value : entry.getValue()) {
        add(fields, entry.getKey(), value);
      }
    }
    OptionalLong announced =
        length == 0 ? OptionalLong.empty() : OptionalLong.of(Math.max(length, 0));
    if (length == -1 && (status == 304 || exchange.method().equals("HEAD"))) {
      announced = lengthField();
    }
    exchange.begin(status, "", fields, announced);
    exchange.flush();
  }

  /// Framing is the engine's.
  private void add(Fields fields, String name, String value) {
    switch (name) {
      case "Content-length", "Transfer-encoding" -> {}
      case "Connection" -> {
        if (value.equalsIgnoreCase("close")) {
          exchange.closeAfterwards();
        }
      }
      default -> fields.add(name, value);
    }
  }

  private OptionalLong lengthField() {
    String value = responseHeaders.getFirst("Content-length");
    return value == null ? OptionalLong.empty() : Grammar.contentLength(value);
  }

  /// Ends the exchange: what is whole goes out, anything else cuts the connection.
  void close() {
    try {
      out.close();
    } catch (IOException e) {
      // The connection sees it.
    }
  }

  private final class In extends InputStream {
    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      return exchange.read(into, offset, length);
    }
  }

  private final class Out extends OutputStream {
    private boolean closed;

    @Override
    public void write(int octet) throws IOException {
      write(new byte[] {(byte) octet}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      if (exchange.getResponseCode() == -1) {
        throw new IOException("the answer's head wasn't sent yet");
      }
      exchange.write(bytes, offset, length);
    }

    @Override
    public void flush() throws IOException {
      exchange.flush();
    }

    @Override
    public void close() throws IOException {
      if (!closed && exchange.getResponseCode() != -1) {
        closed = true;
        exchange.finish();
      }
    }
  }
}
