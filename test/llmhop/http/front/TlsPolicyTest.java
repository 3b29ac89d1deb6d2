package llmhop.http.front;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import llmhop.kit.Authority;
import llmhop.kit.Certificates;
import llmhop.kit.IssuedKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a caller can make the front agree to in TLS, on the wire.
final class TlsPolicyTest {
  private static final Authority AUTHORITY = new Authority("authority");
  private static final IssuedKey RSA = AUTHORITY.issue("RSA", "localhost");
  private static final IssuedKey EC = AUTHORITY.issue("secp256r1", "localhost");

  @TempDir private Path folder;

  /// Shakes hands with a caller that offers only this; "" offers all that the JDK can.
  private String agreed(IssuedKey key, String protocol, String suite, String group)
      throws Exception {
    Path cert = Files.writeString(folder.resolve("c"), key.chainPem());
    Path secret = Files.writeString(folder.resolve("k"), key.keyPem());
    var files = TlsFiles.open(cert, secret, Optional.empty(), line -> {});
    try (var calls = new TlsCalls(files)) {
      calls.serve();
      try (SSLSocket socket = calls.call(AUTHORITY.client(), protocol)) {
        SSLParameters parameters = socket.getSSLParameters();
        if (!suite.isEmpty()) {
          parameters.setCipherSuites(new String[] {suite});
        }
        if (!group.isEmpty()) {
          parameters.setNamedGroups(new String[] {group});
        }
        socket.setSSLParameters(parameters);
        TlsCalls.echo(socket);
        return socket.getSession().getCipherSuite();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "TLSv1.3, x25519", "TLSv1.3, secp256r1", "TLSv1.3, secp384r1",
    "TLSv1.2, x25519", "TLSv1.2, secp256r1", "TLSv1.2, secp384r1"
  })
  void usualGroupsAreAgreedTo(String protocol, String group) throws Exception {
    agreed(RSA, protocol, "", group);
  }

  @ParameterizedTest
  @CsvSource({
    "TLSv1.3, ffdhe2048", "TLSv1.3, ffdhe3072", "TLSv1.3, ffdhe4096", "TLSv1.3, ffdhe6144",
    "TLSv1.3, ffdhe8192", "TLSv1.2, ffdhe2048", "TLSv1.2, ffdhe8192", "TLSv1.3, secp521r1",
    "TLSv1.2, secp521r1", "TLSv1.3, x448", "TLSv1.2, x448"
  })
  void expensiveGroupsAreRefused(String protocol, String group) {
    assertThrows(IOException.class, () -> agreed(RSA, protocol, "", group));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"
      })
  void suitesThatClientsOfTls12HaveAreAgreedTo(String suite) throws Exception {
    assertEquals(suite, agreed(RSA, "TLSv1.2", suite, ""));
    String withCurve = suite.replace("_RSA_", "_ECDSA_");
    assertEquals(withCurve, agreed(EC, "TLSv1.2", withCurve, ""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
        "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256",
        "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
        "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"
      })
  void suitesWithoutCurveOrWithCbcAreRefused(String suite) {
    assertThrows(SSLException.class, () -> agreed(RSA, "TLSv1.2", suite, ""));
  }

  @Test
  void engineOffersNothingElse() throws Exception {
    Path cert = Files.writeString(folder.resolve("c"), EC.chainPem());
    Path secret = Files.writeString(folder.resolve("k"), EC.keyPem());
    SSLParameters offered =
        TlsFiles.open(cert, secret, Optional.empty(), line -> {}).engine().getSSLParameters();
    assertEquals(Set.of("x25519", "secp256r1", "secp384r1"), Set.of(offered.getNamedGroups()));
    for (String suite : offered.getCipherSuites()) {
      boolean forwardSecret = suite.startsWith("TLS_ECDHE_") || !suite.contains("_WITH_");
      boolean authenticated = suite.contains("_GCM_") || suite.contains("_POLY1305_");
      assertEquals(true, forwardSecret && authenticated, suite);
    }
  }

  /// The facade of the JDK's HttpsServer: what its configurator leaves open, and what it says.
  @Test
  void httpsServerKeepsToThePolicyUnlessItsConfiguratorSaysOtherwise() throws Exception {
    assertEquals(Set.of("x25519", "secp256r1", "secp384r1"), groups(parameters -> {}));
    assertEquals(
        Set.of("secp521r1"),
        groups(
            parameters -> {
              var whole = new SSLParameters();
              whole.setNamedGroups(new String[] {"secp521r1"});
              parameters.setSSLParameters(whole);
            }));
    assertEquals(
        Set.of("x25519", "secp256r1", "secp384r1"),
        groups(parameters -> parameters.setSSLParameters(new SSLParameters())));
  }

  private interface Configure {
    void accept(HttpsParameters parameters);
  }

  /// The groups that a server agrees to, of a few that callers could ask for.
  private static Set<String> groups(Configure configure) throws IOException {
    var address = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
    HttpsServer server = new FrontProvider().createHttpsServer(address, 0);
    server.setHttpsConfigurator(
        new HttpsConfigurator(Certificates.get().server()) {
          @Override
          public void configure(HttpsParameters parameters) {
            configure.accept(parameters);
          }
        });
    server.createContext("/", exchange -> exchange.sendResponseHeaders(204, -1));
    server.start();
    Set<String> agreed = new TreeSet<>();
    try {
      for (String group :
          Arrays.asList("x25519", "secp256r1", "secp384r1", "secp521r1", "ffdhe2048")) {
        try (var socket =
            (SSLSocket) Certificates.get().client().getSocketFactory().createSocket()) {
          socket.connect(server.getAddress());
          SSLParameters parameters = socket.getSSLParameters();
          parameters.setNamedGroups(new String[] {group});
          socket.setSSLParameters(parameters);
          socket.startHandshake();
          agreed.add(group);
        } catch (SSLException e) {
          // It is not agreed to.
        }
      }
    } finally {
      server.stop(0);
    }
    return agreed;
  }
}
