package llmhop.tool;

import com.sun.net.httpserver.HttpExchange;

/// Tells that a caller hung up while nobody writes to it.
interface HangUps {
  /// For a front that doesn't look: a hang-up is seen by the next write that fails.
  HangUps UNSEEN = (_, _) -> {};

  /// Has `gone` run, on any thread and at most once, when the caller closes or resets.
  void watch(HttpExchange exchange, Runnable gone);
}
