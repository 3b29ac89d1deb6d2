package llmhop.config;

import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/// How we show callers who we are, and whom we let in by certificate. The files aren't opened here.
///
/// @param cert the PEM file of our certificate, its chain behind it
/// @param key the PEM file of its private key
/// @param clientCa the PEM file of the authorities that callers' certificates must come from; empty
///   when none is asked for
public record ListenTls(Path cert, Path key, Optional<Path> clientCa) {
  /// Refuses nulls.
  public ListenTls {
    Objects.requireNonNull(cert);
    Objects.requireNonNull(key);
    Objects.requireNonNull(clientCa);
  }
}
