package llmhop.http.upstream;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import llmhop.http.wire.Authorities;
import llmhop.http.wire.Pem;
import llmhop.http.wire.TlsIdentity;

/// Whom to trust, and who we are, when speaking TLS to a backend.
public final class Trust {
  /// Where operating systems keep the authorities they trust, in PEM.
  private static final List<String> BUNDLES =
      List.of(
          "/etc/ssl/certs/ca-certificates.crt", // Debian, Ubuntu, Arch, Alpine, NixOS
          "/etc/pki/tls/certs/ca-bundle.crt", // Fedora, RHEL
          "/etc/ssl/ca-bundle.pem", // SUSE
          "/etc/ssl/cert.pem"); // macOS, BSD, Alpine without its bundle

  private Trust() {}

  /// A context for one backend.
  ///
  /// @param ca the authorities to trust; else those of `SSL_CERT_FILE`, else the system's, else the
  ///   JDK's
  /// @param certificate our own certificate chain
  /// @param key the private key to it; where absent, it stands in the certificate's file
  /// @param sslCertFile what the environment's `SSL_CERT_FILE` says
  /// @throws IOException naming the file that can't be used
  public static SSLContext context(
      Optional<Path> ca,
      Optional<Path> certificate,
      Optional<Path> key,
      Optional<String> sslCertFile)
      throws IOException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      KeyManager[] ours =
          certificate.isPresent()
              ? TlsIdentity.read(certificate.get(), key.or(() -> certificate).get()).keyManagers()
              : null;
      context.init(ours, authorities(ca, sslCertFile.map(Path::of)).trustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException("can't set up TLS: " + e.getMessage(), e);
    }
  }

  private static Authorities authorities(Optional<Path> ca, Optional<Path> sslCertFile)
      throws IOException {
    if (ca.isPresent()) {
      return Authorities.of(Pem.certificates(ca.get()));
    }
    Optional<Path> bundle = sslCertFile.or(Trust::systemBundle);
    return bundle.isPresent() ? Authorities.of(Pem.bundle(bundle.get())) : Authorities.OF_THE_JDK;
  }

  private static Optional<Path> systemBundle() {
    return BUNDLES.stream().map(Path::of).filter(Files::isReadable).findFirst();
  }
}
