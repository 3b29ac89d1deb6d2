package llmhop.config;

import java.net.InetAddress;
import java.util.Optional;
import java.util.regex.Pattern;

/// What may stand for a host: names and addresses, told apart without asking DNS.
final class Hosts {
  private static final String BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
  private static final Pattern IPV4 = Pattern.compile("(" + BYTE + "\\.){3}" + BYTE);
  private static final Pattern IPV6 = Pattern.compile("(?=[^:]*:[^:]*:)[0-9A-Fa-f:.]{2,45}");
  // Docker Compose puts underscores into names, and Kubernetes likes the dot at the end.
  private static final Pattern LABEL = Pattern.compile("[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?");
  private static final Pattern NUMERIC = Pattern.compile("[0-9]+|0[xX][0-9A-Fa-f]*");
  private static final int MAX_NAME = 253;
  private static final int MAX_LABEL = 63;

  private Hosts() {}

  /// Whether it is a name or an address in the usual four-part or IPv6 spelling, no brackets.
  static boolean isHost(String text) {
    return isName(text) || address(text).isPresent();
  }

  /// Whether it is a host name. `127.1`, `0x7f000001` and the like are not: resolvers take them for
  /// addresses, each in its own way.
  static boolean isName(String text) {
    String name = text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
    if (name.isEmpty() || name.length() > MAX_NAME) {
      return false;
    }
    String[] labels = name.split("\\.", -1);
    for (String label : labels) {
      if (label.length() > MAX_LABEL || !LABEL.matcher(label).matches()) {
        return false;
      }
    }
    return !NUMERIC.matcher(labels[labels.length - 1]).matches();
  }

  /// The address that is spelled here, if one is. Zones (`%eth0`) and short forms are none.
  static Optional<InetAddress> address(String text) {
    if (!IPV4.matcher(text).matches() && !IPV6.matcher(text).matches()) {
      return Optional.empty();
    }
    try {
      return Optional.of(InetAddress.ofLiteral(text));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /// The host as it stands before a port.
  static String bracketed(String host) {
    return host.indexOf(':') >= 0 ? "[" + host + "]" : host;
  }
}
