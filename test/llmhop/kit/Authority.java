package llmhop.kit;

import static llmhop.kit.Der.sequence;
import static llmhop.kit.Der.tagged;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.security.auth.x500.X500Principal;

/// An authority that issues certificates for keys of any kind within milliseconds, through an
/// intermediate one, as public authorities do.
public final class Authority {
  private static final byte[] ECDSA_SHA256 = sequence(Der.hex("06082a8648ce3d040302"));

  /// Critical: an authority.
  private static final byte[] IS_AUTHORITY =
      sequence(
          Der.hex("0603551d13"),
          Der.hex("0101ff"),
          tagged(Der.OCTETS, sequence(Der.hex("0101ff"))));

  private static final DateTimeFormatter UTC =
      DateTimeFormatter.ofPattern("yyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);

  private final AtomicInteger serials = new AtomicInteger();
  private final String name;
  private final KeyPair rootKey;
  private final KeyPair middleKey;
  private final X509Certificate root;
  private final X509Certificate middle;

  /// An authority that nobody trusts yet.
  ///
  /// @param name its common name
  public Authority(String name) {
    this.name = name;
    rootKey = keyPair("secp256r1");
    middleKey = keyPair("secp256r1");
    root = sign(name, rootKey, name, rootKey, IS_AUTHORITY);
    middle = sign(name + " between", middleKey, name, rootKey, IS_AUTHORITY);
  }

  /// A certificate for `localhost` and `127.0.0.1`, for servers and callers.
  ///
  /// @param kind `RSA`, `Ed25519` or the name of a curve
  /// @param subject its common name
  /// @return what is needed to use it
  public IssuedKey issue(String kind, String subject) {
    KeyPair keys = keyPair(kind);
    byte[] names =
        sequence(
            tagged(0x82, "localhost".getBytes(StandardCharsets.US_ASCII)),
            tagged(0x87, new byte[] {127, 0, 0, 1}));
    byte[] alternatives = sequence(Der.hex("0603551d11"), tagged(Der.OCTETS, names));
    var certificate = sign(subject, keys, name + " between", middleKey, alternatives);
    return new IssuedKey(List.of(certificate, middle), keys.getPrivate());
  }

  /// The root's certificate.
  ///
  /// @return PEM
  public String pem() {
    return IssuedKey.pem("CERTIFICATE", IssuedKey.encoded(root));
  }

  /// The other side of TLS, which trusts this authority only.
  ///
  /// @param own what it shows, none or one
  /// @return a context for clients
  public SSLContext client(IssuedKey... own) {
    try {
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, null);
      trusted.setCertificateEntry("root", root);
      var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keyManagers(own), trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException | java.io.IOException e) {
      throw new AssertionError("no TLS context", e);
    }
  }

  private static KeyManager[] keyManagers(IssuedKey... own)
      throws GeneralSecurityException, java.io.IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    for (IssuedKey each : own) {
      X509Certificate[] chain = each.chain().toArray(X509Certificate[]::new);
      store.setKeyEntry("own", each.key(), new char[0], chain);
    }
    var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, new char[0]);
    return keys.getKeyManagers();
  }

  private static KeyPair keyPair(String kind) {
    try {
      boolean curve = kind.startsWith("secp");
      KeyPairGenerator generator = KeyPairGenerator.getInstance(curve ? "EC" : kind);
      if (curve) {
        generator.initialize(new ECGenParameterSpec(kind));
      }
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError("no key of kind " + kind, e);
    }
  }

  /// RFC 5280 section 4.1.
  private X509Certificate sign(
      String subject, KeyPair keys, String issuer, KeyPair issuerKey, byte[] extension) {
    try {
      byte[] version3 = tagged(0xa0, Der.hex("020102"));
      byte[] serial = tagged(Der.INTEGER, new byte[] {(byte) serials.incrementAndGet()});
      byte[] validity = sequence(time(-86_400), time(30 * 86_400));
      byte[] signed =
          sequence(
              version3,
              serial,
              ECDSA_SHA256,
              new X500Principal("CN=" + issuer).getEncoded(),
              validity,
              new X500Principal("CN=" + subject).getEncoded(),
              keys.getPublic().getEncoded(),
              tagged(0xa3, sequence(extension)));
      Signature signature = Signature.getInstance("SHA256withECDSA");
      signature.initSign(issuerKey.getPrivate());
      signature.update(signed);
      byte[] bits = tagged(Der.BITS, new byte[1], signature.sign());
      byte[] der = sequence(signed, ECDSA_SHA256, bits);
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(der));
    } catch (GeneralSecurityException e) {
      throw new AssertionError("no certificate for " + subject, e);
    }
  }

  private static byte[] time(int secondsFromNow) {
    String text = UTC.format(Instant.now().plusSeconds(secondsFromNow));
    return tagged(Der.UTC_TIME, text.getBytes(StandardCharsets.US_ASCII));
  }
}
