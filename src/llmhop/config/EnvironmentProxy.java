package llmhop.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// The proxy that the environment asks for: `HTTPS_PROXY`, and `NO_PROXY` for the hosts to reach
/// without it, both also in lower case, as curl reads them.
///
/// `NO_PROXY` is a list with commas of names (also for what ends with `.name`), addresses and
/// ranges, or `*`.
public final class EnvironmentProxy {
  /// No proxy at all.
  public static final EnvironmentProxy NONE = new EnvironmentProxy(Optional.empty(), List.of());

  private final Optional<Proxy> proxy;
  private final List<String> exceptions;

  private EnvironmentProxy(Optional<Proxy> proxy, List<String> exceptions) {
    this.proxy = proxy;
    this.exceptions = exceptions;
  }

  /// Reads these environment variables.
  ///
  /// @throws ConfigException when `HTTPS_PROXY` is no proxy's URL; it is not repeated
  public static EnvironmentProxy of(Map<String, String> environment) throws ConfigException {
    String url = either(environment, "HTTPS_PROXY");
    if (url.isEmpty()) {
      return NONE;
    }
    try {
      List<String> exceptions = new ArrayList<>();
      for (String part : either(environment, "NO_PROXY").split(",")) {
        if (!part.isBlank()) {
          exceptions.add(part.strip().toLowerCase(Locale.ROOT));
        }
      }
      return new EnvironmentProxy(Optional.of(ProxyUrl.parse(url)), exceptions);
    } catch (IllegalArgumentException e) {
      throw new ConfigException(List.of("the variable HTTPS_PROXY: " + e.getMessage()));
    }
  }

  private static String either(Map<String, String> environment, String name) {
    String lower = environment.getOrDefault(name.toLowerCase(Locale.ROOT), "");
    return lower.isEmpty() ? environment.getOrDefault(name, "") : lower;
  }

  /// The proxy on the way to this host, if any.
  public Optional<Proxy> forHost(String host) {
    return proxy.filter(known -> exceptions.stream().noneMatch(e -> isExcepted(host, e)));
  }

  private static boolean isExcepted(String host, String exception) {
    String name = host.toLowerCase(Locale.ROOT);
    String suffix = exception.startsWith(".") ? exception.substring(1) : exception;
    return exception.equals("*")
        || name.equals(suffix)
        || name.endsWith("." + suffix)
        || isInRange(name, exception);
  }

  private static boolean isInRange(String host, String exception) {
    try {
      AddressRange range = AddressRange.parse(exception);
      return Hosts.address(host).map(range::contains).orElse(false);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
