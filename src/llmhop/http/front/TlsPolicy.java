package llmhop.http.front;

import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/// The TLS that the front agrees to: versions 1.3 and 1.2, key exchange on elliptic curves, and
/// encryption with authentication (RFC 9325 section 4). Every client since Java 8, OpenSSL 1.0.1
/// and Go 1.2 has a suite of these.
///
/// A key exchange over the integers (ffdhe, RFC 7919) takes some 10 ms of CPU where a curve takes
/// less than one, and a caller can ask for it before it is authenticated. CBC suites need
/// counter-measures against timing (RFC 7366); static RSA has no forward secrecy.
final class TlsPolicy {
  private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};
  private static final String[] GROUPS = {"x25519", "secp256r1", "secp384r1"};

  private static final int P384_BITS = 384;

  private static final List<String> SUITES =
      List.of(
          "TLS_AES_256_GCM_SHA384",
          "TLS_AES_128_GCM_SHA256",
          "TLS_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

  /// Sessions that a context keeps in memory for callers that can't keep their own in a ticket: the
  /// JDK keeps 20,480 of them, each with the caller's certificates.
  private static final int MAX_SESSIONS = 1_000;

  private TlsPolicy() {}

  /// Prepares an engine in server mode.
  static void apply(SSLEngine engine) {
    engine.setUseClientMode(false);
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setProtocols(PROTOCOLS);
    parameters.setNamedGroups(GROUPS);
    parameters.setCipherSuites(suites(engine));
    parameters.setUseCipherSuitesOrder(true);
    engine.setSSLParameters(parameters);
  }

  /// Limits the groups of an engine to those of the policy, and to the curve of this certificate's
  /// key: without it TLS 1.2 could not use a key on P-521, which an operator chose.
  static void limitGroups(SSLEngine engine, X509Certificate ours) {
    List<String> groups = new ArrayList<>(List.of(GROUPS));
    if (ours.getPublicKey() instanceof ECPublicKey key
        && key.getParams().getOrder().bitLength() > P384_BITS) {
      groups.add("secp521r1");
    }
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setNamedGroups(groups.toArray(String[]::new));
    engine.setSSLParameters(parameters);
  }

  /// Limits the groups of an engine to those of the policy.
  static void limitGroups(SSLEngine engine) {
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setNamedGroups(GROUPS);
    engine.setSSLParameters(parameters);
  }

  /// The suites that this JDK has: a security provider for FIPS has no ChaCha20.
  private static String[] suites(SSLEngine engine) {
    List<String> suites = new ArrayList<>(SUITES);
    suites.retainAll(Set.of(engine.getSupportedCipherSuites()));
    return suites.toArray(String[]::new);
  }

  /// Bounds what a context holds.
  static void bound(SSLContext context) {
    context.getServerSessionContext().setSessionCacheSize(MAX_SESSIONS);
  }
}
