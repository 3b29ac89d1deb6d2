package llmhop.http.wire;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/// Who may vouch for the other side of TLS.
public final class Authorities {
  /// Those that come with the JDK.
  public static final Authorities OF_THE_JDK = new Authorities(Optional.empty());

  private final Optional<List<Certificate>> certificates;

  private Authorities(Optional<List<Certificate>> certificates) {
    this.certificates = certificates;
  }

  /// These and no others.
  public static Authorities of(List<Certificate> certificates) {
    return new Authorities(Optional.of(List.copyOf(certificates)));
  }

  /// What an SSLContext takes.
  public TrustManager[] trustManagers() throws IOException, GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(certificates.isPresent() ? store(certificates.get()) : null);
    return factory.getTrustManagers();
  }

  private static KeyStore store(List<Certificate> authorities)
      throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    int number = 0;
    for (Certificate certificate : authorities) {
      store.setCertificateEntry("ca-" + number++, certificate);
    }
    return store;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Authorities that && certificates.equals(that.certificates);
  }

  @Override
  public int hashCode() {
    return certificates.hashCode();
  }
}
