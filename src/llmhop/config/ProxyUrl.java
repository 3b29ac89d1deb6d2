package llmhop.config;

import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/// Reads `http://[user:password@]host:port`. Messages never show it.
final class ProxyUrl {
  private static final String SCHEME = "http://";

  private ProxyUrl() {}

  static Proxy parse(String text) {
    String rest = afterScheme(text);
    int at = rest.lastIndexOf('@');
    HostPort place = place(rest.substring(at + 1));
    Optional<Secret> credentials =
        at < 0 ? Optional.empty() : Optional.of(credentials(rest.substring(0, at)));
    return new Proxy(place.host(), place.port(), credentials);
  }

  /// Under `--check`: looks at what is there while references are missing from the text.
  static Proxy standIn(String outline) {
    if (outline.indexOf("://") > 0) {
      afterScheme(outline);
    }
    return new Proxy("unresolved.invalid", 80, Optional.empty());
  }

  private static String afterScheme(String text) {
    Checks.that(
        text.toLowerCase(Locale.ROOT).startsWith(SCHEME),
        "not the URL of an HTTP proxy, write it like \"http://proxy:3128\"");
    return text.substring(SCHEME.length());
  }

  private static HostPort place(String rest) {
    String authority = rest.endsWith("/") ? rest.substring(0, rest.length() - 1) : rest;
    Checks.that(authority.indexOf('/') < 0, "a proxy's URL ends after its port");
    return HostPort.parse(authority, OptionalInt.empty());
  }

  private static Secret credentials(String userinfo) {
    Checks.that(
        userinfo.chars().noneMatch(c -> "/?#@".indexOf(c) >= 0),
        "percent-encode / ? # @ in its credentials");
    String credentials = Percent.decoded(userinfo, "write a % in its credentials as %25");
    Checks.that(credentials.indexOf(':') > 0, "its credentials are written user:password@");
    Checks.that(!Words.hasControl(credentials), "its credentials hold a control character");
    return Secret.of(credentials);
  }
}
