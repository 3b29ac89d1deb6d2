package llmhop.config;

import java.net.InetAddress;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A place where callers connect to.
///
/// @param host a name or an address, IPv6 without brackets; `""` for every interface
/// @param port 0 to 65535; 0 lets the system choose
public record Listen(String host, int port) {

  /// Every interface, port 8080.
  public static final Listen DEFAULT = new Listen("", 8080);

  private static final Pattern FORM =
      Pattern.compile("(?:\\[([^\\[\\]]*)]|([^:\\[\\]]*)):([0-9]+)");

  /// Refuses what can't be bound to.
  public Listen {
    Checks.that(host.isEmpty() || Hosts.isHost(host), "not a host name or an IP address");
    Checks.that(port >= 0 && port <= 65535, "the port must be 0 to 65535");
  }

  /// Reads `:8080`, `127.0.0.1:8080`, `localhost:8080` or `[::1]:8080`.
  ///
  /// @param text one of these forms
  /// @return the place
  /// @throws IllegalArgumentException saying what is wrong and what to write instead
  public static Listen parse(String text) {
    Checks.that(
        !text.toLowerCase(Locale.ROOT).startsWith("unix:"),
        "Unix sockets can't be listened on yet, only TCP: write host:port");
    Matcher matcher = FORM.matcher(text);
    Checks.that(
        matcher.matches(),
        "not an address to listen on, write \":8080\", \"127.0.0.1:8080\" or \"[::1]:8080\"");
    boolean bracketed = matcher.group(1) != null;
    String host = bracketed ? matcher.group(1) : matcher.group(2);
    Checks.that(
        !bracketed || host.indexOf(':') >= 0 && Hosts.address(host).isPresent(),
        "only an IPv6 address stands in brackets");
    return new Listen(host, port(matcher.group(3)));
  }

  private static int port(String digits) {
    Checks.that(digits.length() <= 5, "the port must be 0 to 65535");
    return Integer.parseInt(digits);
  }

  /// Whether only this machine can connect. A name counts when it is `localhost`.
  ///
  /// @return false when others may reach it
  public boolean loopback() {
    return host.equalsIgnoreCase("localhost")
        || Hosts.address(host).map(InetAddress::isLoopbackAddress).orElse(false);
  }

  /// Like `127.0.0.1:8080`, `[::1]:8080`, or `*:8080` for every interface.
  @Override
  public String toString() {
    return (host.isEmpty() ? "*" : Hosts.bracketed(host)) + ":" + port;
  }
}
