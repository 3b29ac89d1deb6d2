package llmhop.http.front;

import java.io.IOException;
import java.util.OptionalLong;

/// Refuses what is no request, or must not become one, before any handler sees it.
final class EarlyRefusal {
  static final String TOO_MANY = "Too many connections are open. Try again shortly.";
  static final String HEAD_LATE = "The request's head took too long.";
  static final String IDLE = "The connection was idle for too long when the request came.";

  private EarlyRefusal() {}

  /// Sends a refusal and takes note of it. No request may follow on the connection.
  ///
  /// @param target the request's target, as far as it is known
  static void send(Refusals refusals, Outlet out, Fault fault, String message, String target)
      throws IOException {
    Refusals.Page page = refusals.page(fault, message, target);
    try {
      synchronized (out) {
        var answer = new Answer(out, true, false);
        answer.begin(
            fault.status(), "", page.fields(), OptionalLong.of(page.body().length), false, false);
        answer.write(page.body(), 0, page.body().length);
        answer.finish();
      }
    } finally {
      refusals.refused(fault, message, target, page);
    }
  }
}
