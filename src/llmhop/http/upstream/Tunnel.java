package llmhop.http.upstream;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import llmhop.http.wire.PlainTransport;

/// Asks a proxy for a way through to an origin (RFC 9110 section 9.3.6).
final class Tunnel {
  private Tunnel() {}

  static void open(PlainTransport plain, ConnectProxy proxy, Origin origin) throws IOException {
    String host = origin.host().indexOf(':') < 0 ? origin.host() : "[" + origin.host() + "]";
    String authority = host + ":" + origin.port();
    var head = new StringBuilder("CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority);
    proxy
        .authorization()
        .ifPresent(value -> head.append("\r\nProxy-Authorization: ").append(value));
    head.append("\r\n\r\n");
    plain.write(ByteBuffer.wrap(head.toString().getBytes(StandardCharsets.ISO_8859_1)));
    var connection =
        new Connection(plain, Optional.empty(), UpstreamMemory.unlimited().heads(), closed -> {});
    ReplyHead reply = ReplyHead.read(connection);
    if (reply.status() / 100 != 2) {
      throw new IOException("the proxy " + proxy + " refused with status " + reply.status());
    }
    // The origin speaks only when it has been spoken to: these bytes are the proxy's.
    if (connection.hasBuffered()) {
      throw new IOException("the proxy " + proxy + " sent more than the head of its answer");
    }
  }
}
