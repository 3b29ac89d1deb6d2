package llmhop.http.wire;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;

/// Who we are in TLS: our certificate, those between it and an authority, and its private key.
public final class TlsIdentity {
  private final List<Certificate> chain;
  private final PrivateKey key;
  private final KeyManager[] managers;

  private TlsIdentity(List<Certificate> chain, PrivateKey key, KeyManager[] managers) {
    this.chain = chain;
    this.key = key;
    this.managers = managers;
  }

  /// Reads it from PEM files, which may be the same.
  ///
  /// @param chainFile our certificate first, each of the others the one that signed the one before
  /// @throws IOException naming the file that can't be used, never what is in it
  public static TlsIdentity read(Path chainFile, Path keyFile) throws IOException {
    PrivateKey key = Pem.privateKey(keyFile);
    List<Certificate> chain = Pem.certificates(chainFile);
    if (!belongs(key, chain.getFirst().getPublicKey())) {
      throw new IOException(
          keyFile + ": the key is not that of the first certificate in " + chainFile);
    }
    try {
      return new TlsIdentity(chain, key, managers(chain, key));
    } catch (KeyStoreException e) {
      throw new IOException(
          chainFile + ": each certificate must be followed by the one that signed it", e);
    } catch (GeneralSecurityException e) {
      throw new IOException(chainFile + ": can't be used with " + keyFile, e);
    }
  }

  private static KeyManager[] managers(List<Certificate> chain, PrivateKey key)
      throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry("ours", key, new char[0], chain.toArray(Certificate[]::new));
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, new char[0]);
    return keys.getKeyManagers();
  }

  private static boolean belongs(PrivateKey ours, PublicKey theirs) {
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
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has " + algorithm, e);
    }
  }

  /// What an SSLContext takes.
  public KeyManager[] keyManagers() {
    return managers.clone();
  }

  /// Our certificate.
  public X509Certificate certificate() {
    return (X509Certificate) chain.getFirst();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TlsIdentity that && chain.equals(that.chain) && key.equals(that.key);
  }

  @Override
  public int hashCode() {
    return chain.hashCode();
  }
}
