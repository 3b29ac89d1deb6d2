package llmhop.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// Reads the `tls` of the file itself: that of our own port. The files are opened at start.
final class ListenTlsReader {
  static final List<String> KEYS = List.of("cert", "key", "clientCa");

  private ListenTlsReader() {}

  /// Empty when something was reported.
  static Optional<ListenTls> read(Cursor cursor, List<Listen> listen) {
    if (!listen.isEmpty() && listen.stream().allMatch(Listen.Unix.class::isInstance)) {
      cursor.warning("has no effect on Unix sockets");
    }
    return cursor.section(KEYS).flatMap(ListenTlsReader::read);
  }

  private static Optional<ListenTls> read(Section tls) {
    Optional<Path> cert = tls.get("cert").flatMap(c -> c.parsed(TlsReader::file));
    Optional<Path> key = tls.get("key").flatMap(c -> c.parsed(TlsReader::file));
    Optional<Path> clientCa = tls.get("clientCa").flatMap(c -> c.parsed(TlsReader::file));
    if (!tls.has("cert") || !tls.has("key")) {
      return tls.self().refuse("both \"cert\" and \"key\" are needed");
    }
    return cert.isPresent() && key.isPresent()
        ? Optional.of(new ListenTls(cert.get(), key.get(), clientCa))
        : Optional.empty();
  }
}
