package llmhop.route;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import llmhop.http.wire.Fields;

/// Sends a refusal as an answer in the API that the caller speaks.
final class ErrorAnswer {
  private ErrorAnswer() {}

  static void send(Exchange x, Refusal refusal) throws IOException {
    if (refusal.closes()) {
      x.closeAfterwards();
    }
    x.answer(
        refusal.status(), fields(refusal), body(refusal, x.journal().path(), x.journal().id()));
  }

  static Fields fields(Refusal refusal) {
    var fields = new Fields();
    fields.add("Content-Type", "application/json");
    fields.add("X-LLMhop-Error", refusal.code());
    if (refusal.status() == 401) {
      fields.add("WWW-Authenticate", "Bearer");
    }
    refusal.retryAfterSeconds().ifPresent(s -> fields.add("Retry-After", Integer.toString(s)));
    refusal.shouldRetry().ifPresent(retry -> fields.add("x-should-retry", retry.toString()));
    return fields;
  }

  static byte[] body(Refusal refusal, String path, String requestId) {
    return ErrorShape.of(path).json(refusal, requestId).getBytes(StandardCharsets.UTF_8);
  }
}
