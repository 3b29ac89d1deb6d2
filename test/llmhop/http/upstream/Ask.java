package llmhop.http.upstream;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import llmhop.http.wire.Fields;

/// Short words for what tests of backends do all the time.
final class Ask {
  private Ask() {}

  static Settings settings() {
    return new Settings(
        Duration.ofSeconds(5),
        Duration.ofSeconds(4),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Resolver.SYSTEM);
  }

  static Settings settings(Duration connect, Resolver resolver) {
    return new Settings(
        connect,
        Duration.ofSeconds(4),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        resolver);
  }

  static Origin local(int port) {
    return new Origin(Origin.Kind.HTTP, "127.0.0.1", port, "");
  }

  static Upstream upstream(int port) {
    return new Upstream(local(port), settings(), System::nanoTime);
  }

  static Timing timing(Duration firstByte, Duration idle, Duration total) {
    return new Timing(
        Optional.ofNullable(firstByte), Optional.ofNullable(idle), Optional.ofNullable(total));
  }

  static Request get(String target) {
    return request("GET", target, bytes(""));
  }

  static Request post(String body) {
    return request("POST", "/", bytes(body));
  }

  static Request request(String method, String target, Body body) {
    return request(new Head(method, target, new Fields()), body);
  }

  static Request request(Head head, Body body) {
    return new Request() {
      @Override
      public Head head() {
        return head;
      }

      @Override
      public Body body() {
        return body;
      }
    };
  }

  static Body bytes(String latin1) {
    byte[] bytes = latin1.getBytes(StandardCharsets.ISO_8859_1);
    return body(true, bytes.length, sink -> sink.write(bytes, 0, bytes.length));
  }

  /// A body that can't be sent twice.
  static Body once(long length, Writer writer) {
    return body(false, length, writer);
  }

  /// What a body does to send itself.
  interface Writer {
    void writeTo(Sink sink) throws IOException;
  }

  static Body body(boolean repeatable, long length, Writer writer) {
    return new Body() {
      @Override
      public long length() {
        return length;
      }

      @Override
      public boolean repeatable() {
        return repeatable;
      }

      @Override
      public void writeTo(Sink sink) throws IOException {
        writer.writeTo(sink);
      }
    };
  }

  /// The whole body, read in parts of this size.
  static String text(Reply reply, int size) throws UpstreamException {
    var out = new ByteArrayOutputStream();
    byte[] part = new byte[size];
    for (int read = reply.read(part, 0, size); read >= 0; read = reply.read(part, 0, size)) {
      out.write(part, 0, read);
    }
    return out.toString(StandardCharsets.ISO_8859_1);
  }

  static String text(Reply reply) throws UpstreamException {
    return text(reply, 8192);
  }

  /// Sends and reads to the end: `200 hello`.
  static String ask(Upstream upstream, Request request) throws UpstreamException {
    try (Reply reply = upstream.send(request, Timing.NONE)) {
      return reply.status() + " " + text(reply);
    }
  }
}
