package llmhop.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/// How an `https` backend is trusted, and how we show who we are. The files aren't opened here.
///
/// @param ca the PEM file of the authorities to trust instead of the usual ones
/// @param cert the PEM file of our certificate, with `key`
/// @param key the PEM file of our private key, with `cert`
/// @param serverName the name to ask for and to verify instead of the URL's host
public record Tls(
    Optional<Path> ca, Optional<Path> cert, Optional<Path> key, Optional<String> serverName) {

  /// The usual trust, no certificate of our own, the URL's host.
  public static final Tls NONE =
      new Tls(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

  /// Refuses a certificate without its key and a key without its certificate.
  public Tls {
    Objects.requireNonNull(ca);
    Objects.requireNonNull(serverName);
    Checks.that(cert.isPresent() == key.isPresent(), "cert and key go together");
  }

  /// The files that it names.
  public List<Path> files() {
    List<Path> files = new ArrayList<>();
    ca.ifPresent(files::add);
    cert.ifPresent(files::add);
    key.ifPresent(files::add);
    return files;
  }
}
