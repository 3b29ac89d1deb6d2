package llmhop.tool;

import com.sun.net.httpserver.HttpExchange;
import llmhop.http.front.RawExchange;

/// Tells that a caller hung up while nobody writes to it.
interface HangUps {
  /// As the front sees them; one that doesn't look leaves them to the next write that fails.
  HangUps OF_THE_FRONT = (exchange, gone) -> RawExchange.of(exchange).watch(gone);

  /// Has `gone` run, on any thread and at most once, when the caller closes or resets.
  void watch(HttpExchange exchange, Runnable gone);
}
