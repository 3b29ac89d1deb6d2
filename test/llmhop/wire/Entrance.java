package llmhop.wire;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import llmhop.config.Listen;
import llmhop.kit.Certificates;
import llmhop.kit.RawCaller;

/// A way into the router for callers.
enum Entrance {
  TCP,
  TLS,
  UNIX;

  private static final int OWNER_ONLY = 0600;

  /// Where a router with this way in listens: a free port, or a socket file in a new folder.
  Listen place() {
    return switch (this) {
      case TCP, TLS -> new Listen.Tcp("127.0.0.1", 0);
      case UNIX -> new Listen.Unix(newFolder().resolve("http.sock").toString(), OWNER_ONLY);
    };
  }

  /// The members of a config that it needs, each with a comma behind it.
  String members() {
    return switch (this) {
      case TCP, UNIX -> "";
      case TLS -> {
        Certificates made = Certificates.get();
        yield "'tls': {'cert': '%s', 'key': '%s'}, "
            .formatted(made.serverCertificate(), made.serverKey());
      }
    };
  }

  /// A connection to the router that listens there.
  ///
  /// @param address as the router says it
  RawCaller to(String address) {
    return switch (this) {
      case TCP -> RawCaller.to(port(address));
      case TLS -> RawCaller.tls(port(address), Certificates.get().client(), "localhost");
      case UNIX -> RawCaller.to(UnixDomainSocketAddress.of(address.substring("unix://".length())));
    };
  }

  private static int port(String address) {
    return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
  }

  private static Path newFolder() {
    try {
      Path folder = Files.createTempDirectory("llmhop-entrance");
      folder.toFile().deleteOnExit();
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
