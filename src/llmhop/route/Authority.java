package llmhop.route;

import java.net.InetAddress;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A host and maybe a port, as they stand in `Host` and in an origin (RFC 3986 section 3.2).
///
/// @param host in lower case, an IPv6 address in its brackets
/// @param port its digits; empty for that of the scheme
record Authority(String host, String port) {
  private static final Pattern FORM =
      Pattern.compile("(\\[[0-9a-f:.]+]|[^\\[\\]:/?#@,\\s]+)(?::([0-9]*))?");
  private static final Pattern NUMBERS = Pattern.compile("[0-9]+(\\.[0-9]+){3}");

  /// Empty for what no browser sends.
  static Optional<Authority> parse(String text) {
    Matcher matcher = FORM.matcher(text.toLowerCase(Locale.ROOT));
    return matcher.matches()
        ? Optional.of(
            new Authority(matcher.group(1), matcher.group(2) == null ? "" : matcher.group(2)))
        : Optional.empty();
  }

  /// The same place, where a port that is left out is this one.
  boolean isSame(Authority other, String defaultPort) {
    return host.equals(other.host) && port(defaultPort).equals(other.port(defaultPort));
  }

  private String port(String defaultPort) {
    return port.isEmpty() ? defaultPort : port;
  }

  /// Whether no DNS server that belongs to a stranger is asked for it: an address, or a name of
  /// this machine (RFC 6761 section 6.3).
  boolean isBeyondDns() {
    String name = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
    return name.equals("localhost") || name.endsWith(".localhost") || isAddress();
  }

  private boolean isAddress() {
    if (!host.startsWith("[") && !NUMBERS.matcher(host).matches()) {
      return false;
    }
    try {
      InetAddress.ofLiteral(host.startsWith("[") ? host.substring(1, host.length() - 1) : host);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
