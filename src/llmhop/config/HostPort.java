package llmhop.config;

import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A host with its port, as in a URL (RFC 3986, 3.2) without user information.
///
/// @param host a name or an address, IPv6 without brackets
/// @param port 1 to 65535
record HostPort(String host, int port) {
  private static final Pattern FORM =
      Pattern.compile("(?:\\[([^\\[\\]]*)]|([^:\\[\\]]*))(?::([0-9]*))?");

  static HostPort parse(String authority, OptionalInt defaultPort) {
    Checks.that(!authority.isEmpty(), "it has no host");
    Matcher matcher = FORM.matcher(authority);
    Checks.that(
        matcher.matches(),
        "its host and port can't be read, write host:port, an IPv6 address in brackets");
    return new HostPort(host(matcher), port(matcher.group(3), defaultPort));
  }

  private static String host(Matcher matcher) {
    String inBrackets = matcher.group(1);
    if (inBrackets != null) {
      Checks.that(
          inBrackets.indexOf(':') >= 0 && Hosts.address(inBrackets).isPresent(),
          "only an IPv6 address stands in brackets, without a zone");
      return inBrackets;
    }
    String host = matcher.group(2);
    Checks.that(!host.isEmpty(), "it has no host");
    Checks.that(Hosts.isHost(host), "its host is neither a host name nor an IP address");
    return host;
  }

  private static int port(String digits, OptionalInt defaultPort) {
    if (digits == null) {
      return defaultPort.orElseThrow(() -> new Malformed("it has no port"));
    }
    boolean readable = !digits.isEmpty() && digits.length() <= 5;
    int port = readable ? Integer.parseInt(digits) : 0;
    Checks.that(port >= 1 && port <= 65535, "its port must be 1 to 65535");
    return port;
  }
}
