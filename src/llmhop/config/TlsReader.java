package llmhop.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// Reads a model's `tls`. The files are opened when the model's connections are made ready.
final class TlsReader {
  static final List<String> KEYS = List.of("ca", "cert", "key", "serverName");

  private TlsReader() {}

  static Tls read(Cursor cursor, List<Endpoint> endpoints) {
    if (!endpoints.isEmpty() && endpoints.stream().noneMatch(e -> e.scheme() == Scheme.HTTPS)) {
      cursor.warning("has no effect, no URL of this model is https");
    }
    return cursor.section(KEYS).map(TlsReader::read).orElse(Tls.NONE);
  }

  private static Tls read(Section tls) {
    Optional<Path> ca = tls.get("ca").flatMap(c -> c.parsed(TlsReader::file));
    Optional<Path> cert = tls.get("cert").flatMap(c -> c.parsed(TlsReader::file));
    Optional<Path> key = tls.get("key").flatMap(c -> c.parsed(TlsReader::file));
    Optional<String> serverName = tls.get("serverName").flatMap(c -> c.parsed(TlsReader::host));
    if (tls.has("cert") != tls.has("key")) {
      tls.self().problem("\"cert\" and \"key\" go together, one of them is missing");
    }
    return cert.isPresent() == key.isPresent() ? new Tls(ca, cert, key, serverName) : Tls.NONE;
  }

  static Path file(String text) {
    Checks.that(!text.isEmpty(), "the path of a file can't be empty");
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new Malformed("not the path of a file");
    }
  }

  private static String host(String text) {
    Checks.that(Hosts.isHost(text), "not a host name or an IP address");
    return text;
  }
}
