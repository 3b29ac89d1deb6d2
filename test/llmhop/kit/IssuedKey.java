package llmhop.kit;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.PrivateKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;

/// A key with its certificate, and how both look in files.
///
/// @param chain the certificate and the authorities between it and the root
/// @param key the private key to it
public record IssuedKey(List<X509Certificate> chain, PrivateKey key) {
  /// The chain in its order.
  ///
  /// @return PEM
  public String chainPem() {
    var text = new StringBuilder();
    chain.forEach(each -> text.append(pem("CERTIFICATE", encoded(each))));
    return text.toString();
  }

  /// The key as PKCS #8, which all kinds can be.
  ///
  /// @return PEM
  public String keyPem() {
    return pem("PRIVATE KEY", key.getEncoded());
  }

  /// The key as OpenSSL wrote them of old: PKCS #1 for RSA, SEC 1 for EC.
  ///
  /// @return PEM
  public String oldKeyPem() {
    ByteBuffer pkcs8 = ByteBuffer.wrap(Der.content(ByteBuffer.wrap(key.getEncoded())));
    Der.content(pkcs8);
    ByteBuffer algorithm = ByteBuffer.wrap(Der.content(pkcs8));
    byte[] inner = Der.content(pkcs8);
    if (key.getAlgorithm().equals("RSA")) {
      return pem("RSA PRIVATE KEY", inner);
    }
    Der.content(algorithm);
    byte[] curve = new byte[algorithm.remaining()];
    algorithm.get(curve);
    ByteBuffer ec = ByteBuffer.wrap(Der.content(ByteBuffer.wrap(inner)));
    Der.content(ec);
    byte[] number = Der.tagged(Der.OCTETS, Der.content(ec));
    byte[] one = Der.hex("020101");
    return pem("EC PRIVATE KEY", Der.sequence(one, number, Der.tagged(0xa0, curve)));
  }

  static byte[] encoded(X509Certificate certificate) {
    try {
      return certificate.getEncoded();
    } catch (CertificateEncodingException e) {
      throw new AssertionError("no DER", e);
    }
  }

  static String pem(String kind, byte[] der) {
    byte[] lineEnd = "\n".getBytes(StandardCharsets.US_ASCII);
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(kind, Base64.getMimeEncoder(64, lineEnd).encodeToString(der), kind);
  }
}
