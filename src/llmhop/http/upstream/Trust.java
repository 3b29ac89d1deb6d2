package llmhop.http.upstream;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.Certificate;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import llmhop.http.wire.Pem;

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
              ? identity(certificate.get(), key.or(() -> certificate).get())
              : null;
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(authorities(ca, sslCertFile.map(Path::of)).orElse(null));
      context.init(ours, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException("can't set up TLS: " + e.getMessage(), e);
    }
  }

  /// @return empty for the JDK's own
  private static Optional<KeyStore> authorities(Optional<Path> ca, Optional<Path> sslCertFile)
      throws IOException, GeneralSecurityException {
    if (ca.isPresent()) {
      return Optional.of(store(Pem.certificates(ca.get())));
    }
    Optional<Path> bundle = sslCertFile.or(Trust::systemBundle);
    return bundle.isPresent() ? Optional.of(store(Pem.bundle(bundle.get()))) : Optional.empty();
  }

  private static Optional<Path> systemBundle() {
    return BUNDLES.stream().map(Path::of).filter(Files::isReadable).findFirst();
  }

  private static KeyStore store(List<Certificate> authorities)
      throws IOException, GeneralSecurityException {
    KeyStore store = emptyStore();
    int number = 0;
    for (Certificate certificate : authorities) {
      store.setCertificateEntry("ca-" + number++, certificate);
    }
    return store;
  }

  private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private static KeyManager[] identity(Path chain, Path keyFile)
      throws IOException, GeneralSecurityException {
    PrivateKey key = Pem.privateKey(keyFile);
    KeyStore store = emptyStore();
    Certificate[] certificates = Pem.certificates(chain).toArray(Certificate[]::new);
    if (!belongs(key, certificates[0].getPublicKey())) {
      throw new IOException(keyFile + ": the key is not that of the first certificate in " + chain);
    }
    store.setKeyEntry("ours", key, new char[0], certificates);
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, new char[0]);
    return keys.getKeyManagers();
  }

  private static boolean belongs(PrivateKey ours, PublicKey theirs)
      throws GeneralSecurityException {
    String algorithm =
        switch (ours.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> "EdDSA";
        };
    byte[] text = {1, 2, 3};
    try {
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(ours);
      signature.update(text);
      byte[] signed = signature.sign();
      signature.initVerify(theirs);
      signature.update(text);
      return signature.verify(signed);
    } catch (InvalidKeyException | SignatureException e) {
      return false;
    }
  }
}
