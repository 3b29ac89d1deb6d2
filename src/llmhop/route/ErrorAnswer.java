package llmhop.route;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import llmhop.http.wire.Fields;

/// Sends a refusal in the API that the caller speaks: as an answer, or as the event that ends a
/// stream.
final class ErrorAnswer {
  private ErrorAnswer() {}

  /// @throws Exchange.Abort when it is an event, since the stream must not look complete
  static void send(Exchange x, Refusal refusal) throws IOException {
    if (x.onlyBeats()) {
      event(x, refusal);
      x.flush();
      throw x.abort("the answer can't be given any more: " + refusal.code());
    }
    if (refusal.closes()) {
      x.closeAfterwards();
    }
    x.answer(
        refusal.status(), fields(refusal), body(refusal, x.journal().path(), x.journal().id()));
  }

  /// The same as an event in a stream that has begun, at a place where an event may stand.
  static void event(Exchange x, Refusal refusal) throws IOException {
    event(x, ErrorShape.of(x.journal().path()).event(refusal, x.journal().id()));
  }

  /// An event that is written already.
  static void event(Exchange x, String event) throws IOException {
    byte[] bytes = event.getBytes(StandardCharsets.UTF_8);
    x.bodyBegins();
    x.write(bytes, 0, bytes.length);
  }

  static Fields fields(Refusal refusal) {
    var fields = new Fields();
    fields.add("Content-Type", "application/json");
    fields.add("X-LLMhop-Error", refusal.code());
    if (refusal.status() == 401) {
      fields.add("WWW-Authenticate", "Bearer");
    }
    if (refusal.status() == 426) {
      fields.add("Upgrade", "HTTP/1.1");
      fields.add("Connection", "Upgrade");
    }
    refusal.retryAfterSeconds().ifPresent(s -> fields.add("Retry-After", Integer.toString(s)));
    refusal.shouldRetry().ifPresent(retry -> fields.add("x-should-retry", retry.toString()));
    return fields;
  }

  static byte[] body(Refusal refusal, String path, String requestId) {
    return ErrorShape.of(path).json(refusal, requestId).getBytes(StandardCharsets.UTF_8);
  }
}
