package llmhop.config;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A place where callers connect to. As text it is what an operator reads in messages.
public sealed interface Listen {

  /// Reads `:8080`, `127.0.0.1:8080`, `localhost:8080`, `[::1]:8080`, `unix:///run/http.sock` or
  /// `unix:///run/http.sock?mode=0666`.
  ///
  /// @param text one of these forms
  /// @return the place
  /// @throws IllegalArgumentException saying what is wrong and what to write instead
  static Listen parse(String text) {
    return text.toLowerCase(Locale.ROOT).startsWith("unix:") ? Unix.parse(text) : Tcp.parse(text);
  }

  /// A TCP port.
  ///
  /// @param host a name or an address, IPv6 without brackets; `""` for every interface
  /// @param port 0 to 65535; 0 lets the system choose
  record Tcp(String host, int port) implements Listen {
    private static final Pattern FORM =
        Pattern.compile("(?:\\[([^\\[\\]]*)]|([^:\\[\\]]*)):([0-9]+)");

    /// Refuses what can't be bound to.
    public Tcp {
      Checks.that(host.isEmpty() || Hosts.isHost(host), "not a host name or an IP address");
      Checks.that(port >= 0 && port <= 65535, "the port must be 0 to 65535");
    }

    private static Tcp parse(String text) {
      Matcher matcher = FORM.matcher(text);
      Checks.that(
          matcher.matches(),
          "not an address to listen on, write \":8080\", \"127.0.0.1:8080\", \"[::1]:8080\" or"
              + " \"unix:///run/llmhop/http.sock\"");
      boolean bracketed = matcher.group(1) != null;
      String host = bracketed ? matcher.group(1) : matcher.group(2);
      Checks.that(
          !bracketed || host.indexOf(':') >= 0 && Hosts.address(host).isPresent(),
          "only an IPv6 address stands in brackets");
      return new Tcp(host, port(matcher.group(3)));
    }

    private static int port(String digits) {
      Checks.that(digits.length() <= 5, "the port must be 0 to 65535");
      return Integer.parseInt(digits);
    }

    /// A name counts when it is `localhost`. Like `127.0.0.1:8080`, `[::1]:8080`, or `*:8080` for
    /// every interface.
    @Override
    public String toString() {
      return (host.isEmpty() ? "*" : Hosts.bracketed(host)) + ":" + port;
    }
  }

  /// A Unix socket.
  ///
  /// @param path where its file is, absolute, at most 107 bytes
  /// @param mode the file's permissions, 0001 to 0777; who may write to it may connect
  record Unix(String path, int mode) implements Listen {
    /// The owner and the group: a proxy that was put into our group gets in, nobody else on the
    /// machine does. That file is all that guards a router without tokens.
    static final int DEFAULT_MODE = 0660;

    private static final String EXAMPLE = "unix:///run/llmhop/http.sock";
    private static final Pattern MODE = Pattern.compile("mode=(0?[0-7]{3})");

    /// Refuses what can't be bound to, and a file that nobody could connect through.
    public Unix {
      Checks.that(path.startsWith("/"), "the path of a Unix socket must be absolute");
      Checks.that(
          path.getBytes(StandardCharsets.UTF_8).length <= SocketPath.MAX_BYTES,
          "the path of a Unix socket is too long");
      Checks.that(mode >= 0 && mode <= 0777, "the mode must be 0000 to 0777");
      Checks.that(
          (mode & 0222) != 0, "with this mode nobody can connect, that takes the right to write");
    }

    private static Unix parse(String text) {
      Checks.that(
          Words.isVisible(text),
          "percent-encode blanks and everything outside ASCII in the path of a Unix socket");
      Checks.that(
          text.regionMatches(5, "//", 0, 2) && text.indexOf('#') < 0,
          "not the absolute path of a Unix socket, write it like " + Words.quoted(EXAMPLE));
      int query = text.indexOf('?');
      String encoded = text.substring(7, query < 0 ? text.length() : query);
      int mode = query < 0 ? DEFAULT_MODE : mode(text.substring(query + 1));
      return new Unix(SocketPath.parse(encoded, EXAMPLE), mode);
    }

    private static int mode(String query) {
      Matcher matcher = MODE.matcher(query);
      Checks.that(
          matcher.matches(),
          "only a mode in octal digits may stand behind the path, write it like \"?mode=0660\"");
      return Integer.parseInt(matcher.group(1), 8);
    }

    /// Always: its callers are on this machine. Like `unix:///run/llmhop/http.sock`, without the
    /// mode: the file is the place.
    @Override
    public String toString() {
      return "unix://" + path;
    }
  }
}
