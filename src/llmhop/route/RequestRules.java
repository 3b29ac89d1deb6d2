package llmhop.route;

import java.util.List;
import llmhop.config.AddressRange;

/// What the config says of all requests alike.
///
/// @param maxBodyBytes the largest request body
/// @param trustedProxies peers whose `X-Forwarded-*` are believed
public record RequestRules(long maxBodyBytes, List<AddressRange> trustedProxies) {
  /// Copies the list.
  public RequestRules {
    trustedProxies = List.copyOf(trustedProxies);
  }
}
