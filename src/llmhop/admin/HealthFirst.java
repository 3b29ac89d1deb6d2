package llmhop.admin;

import java.net.InetAddress;
import java.util.List;
import java.util.function.Supplier;
import llmhop.config.AddressRange;
import llmhop.http.front.CallerRules;

/// Keeps `/health` and `/ready` reachable while all connections are in use, so that an orchestrator
/// does not restart a router that works. Addresses in `trustedProxies` stand for many callers.
///
/// @param trustedProxies the ranges of the config that is in use
public record HealthFirst(Supplier<List<AddressRange>> trustedProxies) implements CallerRules {
  @Override
  public boolean standsForMany(InetAddress peer) {
    for (AddressRange range : trustedProxies.get()) {
      if (range.contains(peer)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public boolean isAlwaysServed(String method, String target) {
    if (!method.equals("GET") && !method.equals("HEAD")) {
      return false;
    }
    int query = target.indexOf('?');
    String path = query < 0 ? target : target.substring(0, query);
    return path.equals("/health") || path.equals("/ready");
  }
}
