package llmhop.route;

import llmhop.caller.Caller;

/// The part of the [BufferBudget] that a request's body holds, counted for the request's token, or
/// without tokens for its caller's address.
final class RequestShare extends BodyShare {
  private final Exchange exchange;
  private final Caller caller;
  private final Routes routes;

  RequestShare(BufferBudget budget, Exchange exchange, Caller caller, Routes routes) {
    super(budget);
    this.exchange = exchange;
    this.caller = caller;
    this.routes = routes;
  }

  /// The token's name, else the key of the caller's address: of a trusted proxy and of a Unix
  /// socket each connection counts for itself.
  @Override
  Object key() {
    return routes.gate().takesCredentials() ? caller.name() : exchange.raw().addressKey();
  }

  @Override
  void cut() {
    exchange.raw().cutBody();
  }
}
