package llmhop.route;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Optional;
import llmhop.caller.Caller;
import llmhop.config.AddressRange;

/// What the body of a request holds of the [BufferBudget], counted for the request's token, or
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

  /// The token's name, else the address, of IPv6 its /64. A proxy that is trusted, and a Unix
  /// socket, stand for many callers: their bodies count for themselves.
  @Override
  Optional<Object> key() {
    if (routes.gate().takesCredentials()) {
      return Optional.of(caller.name());
    }
    if (exchange.raw().unix()) {
      return Optional.empty();
    }
    InetAddress peer = exchange.peer();
    for (AddressRange trusted : routes.rules().trustedProxies()) {
      if (trusted.contains(peer)) return Optional.empty();
    }
    return Optional.of(network(peer));
  }

  /// The first 8 bytes of an IPv6 address: a household or a server is given a /64 (RFC 6177).
  private static Object network(InetAddress peer) {
    return peer instanceof Inet6Address ? ByteBuffer.wrap(peer.getAddress()).getLong() : peer;
  }

  @Override
  void cut() {
    exchange.raw().cutBody();
  }
}
