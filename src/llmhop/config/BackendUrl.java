package llmhop.config;

import java.util.Locale;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/// Where a backend is: `http(s)://host[:port][/path]` (RFC 3986) or `unix:///path/to.sock`; with
/// `dns+` before `http` or `https` the host is a name that stands for a backend per address.
/// Messages never show the URL, since a password may have been written into it.
///
/// @param scheme how it is reached
/// @param host see [Endpoint]
/// @param port see [Endpoint]
/// @param socketPath see [Endpoint]
/// @param path see [Endpoint]
/// @param discovered see [Endpoint]
record BackendUrl(
    Scheme scheme, String host, int port, String socketPath, String path, boolean discovered) {
  private static final String DNS = "dns+";

  private static final Pattern PLAIN_PATH =
      Pattern.compile("(/([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+)*");
  private static final Pattern DOTS = Pattern.compile("(\\.|%2[eE]){1,2}");

  // A name that never exists (RFC 2606, 2).
  private static final String UNRESOLVED = "unresolved.invalid";

  static BackendUrl parse(String text) {
    checkOutline(text);
    boolean discovered = isDiscovered(text);
    Scheme scheme = scheme(discovered ? text.substring(DNS.length()) : text);
    String rest = text.substring(text.indexOf("://") + 3);
    if (scheme == Scheme.UNIX) {
      Checks.that(!discovered, "a Unix socket has no name to look up, drop the \"dns+\"");
      return unix(rest);
    }
    return network(scheme, rest, discovered);
  }

  /// Under `--check`: looks at what is there while references are missing from the text.
  static BackendUrl standIn(String outline) {
    checkOutline(outline);
    boolean discovered = isDiscovered(outline);
    String plain = discovered ? outline.substring(DNS.length()) : outline;
    Scheme scheme = plain.indexOf("://") > 0 ? scheme(plain) : Scheme.HTTPS;
    return scheme == Scheme.UNIX
        ? new BackendUrl(scheme, "", 0, "/" + UNRESOLVED, "", false)
        : new BackendUrl(scheme, UNRESOLVED, 443, "", "", discovered);
  }

  /// Whether nobody knows yet which place this is.
  static boolean isStandIn(Endpoint endpoint) {
    return endpoint.host().equals(UNRESOLVED) || endpoint.socketPath().equals("/" + UNRESOLVED);
  }

  private static void checkOutline(String text) {
    Checks.that(
        Words.isVisible(text), "not a URL: percent-encode blanks and everything outside ASCII");
    int scheme = text.indexOf("://");
    if (scheme < 0) {
      return;
    }
    int end = text.indexOf('/', scheme + 3);
    String authority = text.substring(scheme + 3, end < 0 ? text.length() : end);
    Checks.that(
        authority.indexOf('@') < 0,
        "no user or password in a URL, put an \"Authorization\" into \"headers\"");
    Checks.that(text.indexOf('?') < 0, "no query (?) in this URL");
    Checks.that(text.indexOf('#') < 0, "no fragment (#) in this URL");
  }

  private static boolean isDiscovered(String text) {
    return text.regionMatches(true, 0, DNS, 0, DNS.length());
  }

  private static Scheme scheme(String text) {
    int end = text.indexOf("://");
    String name = end < 0 ? "" : text.substring(0, end).toLowerCase(Locale.ROOT);
    return switch (name) {
      case "http" -> Scheme.HTTP;
      case "https" -> Scheme.HTTPS;
      case "unix" -> Scheme.UNIX;
      default ->
          throw new Malformed(
              "not an absolute URL, begin it with \"http://\", \"https://\" or \"unix:///\"");
    };
  }

  private static BackendUrl unix(String encoded) {
    String socketPath = SocketPath.parse(encoded, "unix:///run/model.sock");
    return new BackendUrl(Scheme.UNIX, "", 0, socketPath, "", false);
  }

  private static BackendUrl network(Scheme scheme, String rest, boolean discovered) {
    int slash = rest.indexOf('/');
    String authority = slash < 0 ? rest : rest.substring(0, slash);
    HostPort place = HostPort.parse(authority, OptionalInt.of(scheme == Scheme.HTTP ? 80 : 443));
    String path = slash < 0 ? "" : withoutLastSlash(rest.substring(slash));
    checkPath(path);
    Checks.that(
        !discovered || Hosts.address(place.host()).isEmpty(),
        "an address is no name to look up, drop the \"dns+\"");
    return new BackendUrl(scheme, place.host(), place.port(), "", path, discovered);
  }

  private static String withoutLastSlash(String path) {
    return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
  }

  private static void checkPath(String path) {
    Checks.that(
        PLAIN_PATH.matcher(path).matches(),
        "its path must be plain: no empty segments, and what isn't a letter or digit"
            + " percent-encoded");
    for (String segment : path.split("/")) {
      Checks.that(!DOTS.matcher(segment).matches(), "no . or .. segments in its path");
    }
  }
}
