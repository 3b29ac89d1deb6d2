package llmhop.kit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/// Keys and certificates for TLS tests, made by the running JDK's `keytool` once for each JVM, in a
/// temporary folder that goes with it.
///
/// There is an authority (`CN=llmhop test CA`), which signed a server's certificate for `localhost`
/// and `127.0.0.1`, one for `elsewhere.example` and a caller's (`CN=llmhop test client`); and a
/// stranger's certificate for `localhost` that it did not sign.
public final class Certificates {
  private static final String PASSWORD = "only-for-tests";
  private static Certificates made;

  private final Path folder;
  private final KeyStore store;

  private Certificates(Path folder) throws IOException, GeneralSecurityException {
    this.folder = folder;
    Path file = folder.resolve("all.p12");
    generate(file, "ca", "CN=llmhop test CA", "-ext", "bc:c", "-ext", "ku:c=keyCertSign");
    String local = "san=dns:localhost,ip:127.0.0.1";
    generate(file, "server", "CN=llmhop test server", "-signer", "ca", "-ext", local);
    String elsewhere = "san=dns:elsewhere.example";
    generate(file, "elsewhere", "CN=elsewhere.example", "-signer", "ca", "-ext", elsewhere);
    generate(file, "client", "CN=llmhop test client", "-signer", "ca");
    generate(file, "stranger", "CN=llmhop test stranger", "-ext", local);
    store = KeyStore.getInstance(file.toFile(), PASSWORD.toCharArray());
    for (String alias : List.of("ca", "server", "elsewhere", "client", "stranger")) {
      writePem(alias);
    }
  }

  /// The certificates of this JVM, made by the first call, which takes a few seconds.
  ///
  /// @return the same object at every call
  public static synchronized Certificates get() {
    try {
      if (made == null) {
        Path folder = Files.createTempDirectory("llmhop-certificates");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(folder)));
        made = new Certificates(folder);
      }
      return made;
    } catch (IOException | GeneralSecurityException e) {
      throw new AssertionError("no certificates could be made", e);
    }
  }

  // ---- PEM files

  /// The authority's certificate.
  ///
  /// @return a PEM file
  public Path ca() {
    return folder.resolve("ca.crt");
  }

  /// The certificate for `localhost` and `127.0.0.1`, with the authority's behind it.
  ///
  /// @return a PEM file
  public Path serverCertificate() {
    return folder.resolve("server.crt");
  }

  /// The key of [#serverCertificate].
  ///
  /// @return a PEM file in PKCS #8, not encrypted
  public Path serverKey() {
    return folder.resolve("server.key");
  }

  /// The caller's certificate, with the authority's behind it.
  ///
  /// @return a PEM file
  public Path clientCertificate() {
    return folder.resolve("client.crt");
  }

  /// The key of [#clientCertificate].
  ///
  /// @return a PEM file in PKCS #8, not encrypted
  public Path clientKey() {
    return folder.resolve("client.key");
  }

  /// The certificate for `localhost` that the authority did not sign.
  ///
  /// @return a PEM file
  public Path strangerCertificate() {
    return folder.resolve("stranger.crt");
  }

  // ---- contexts

  /// A server for `localhost`; for mutual TLS it trusts those whom the authority signed.
  ///
  /// @return a context with the server's key
  public SSLContext server() {
    return context("server");
  }

  /// A server whose certificate is good, but for another host.
  ///
  /// @return a context with the key for `elsewhere.example`
  public SSLContext serverElsewhere() {
    return context("elsewhere");
  }

  /// A server for `localhost` whom the authority doesn't know.
  ///
  /// @return a context with the stranger's key
  public SSLContext stranger() {
    return context("stranger");
  }

  /// A caller that trusts the authority and shows its certificate when asked.
  ///
  /// @return a context with the caller's key
  public SSLContext client() {
    return context("client");
  }

  /// A caller that trusts the authority and has no certificate to show.
  ///
  /// @return a context without a key
  public SSLContext withoutKey() {
    return context("");
  }

  private SSLContext context(String alias) {
    try {
      KeyStore own = KeyStore.getInstance("PKCS12");
      own.load(null, null);
      if (!alias.isEmpty()) {
        Certificate[] chain = store.getCertificateChain(alias);
        own.setKeyEntry(alias, key(alias), PASSWORD.toCharArray(), chain);
      }
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(own, PASSWORD.toCharArray());
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, null);
      trusted.setCertificateEntry("ca", store.getCertificate("ca"));
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw new AssertionError("no TLS context for " + alias, e);
    }
  }

  private Key key(String alias) throws GeneralSecurityException {
    return store.getKey(alias, PASSWORD.toCharArray());
  }

  private void writePem(String alias) throws IOException, GeneralSecurityException {
    StringBuilder chain = new StringBuilder();
    for (Certificate certificate : store.getCertificateChain(alias)) {
      chain.append(pem("CERTIFICATE", certificate.getEncoded()));
    }
    Files.writeString(folder.resolve(alias + ".crt"), chain);
    Files.writeString(folder.resolve(alias + ".key"), pem("PRIVATE KEY", key(alias).getEncoded()));
  }

  private static String pem(String kind, byte[] der) {
    byte[] lineEnd = "\n".getBytes(StandardCharsets.US_ASCII);
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(kind, Base64.getMimeEncoder(64, lineEnd).encodeToString(der), kind);
  }

  private static void generate(Path file, String alias, String subject, String... more)
      throws IOException {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    words.addAll(List.of("-J-XX:TieredStopAtLevel=1", "-genkeypair", "-alias", alias));
    words.addAll(List.of("-dname", subject, "-keyalg", "EC", "-groupname", "secp256r1"));
    words.addAll(List.of("-validity", "30", "-storetype", "PKCS12"));
    words.addAll(List.of("-keystore", file.toString(), "-storepass", PASSWORD));
    words.addAll(Arrays.asList(more));
    Process keytool = new ProcessBuilder(words).redirectErrorStream(true).start();
    try {
      if (!keytool.waitFor(60, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
        keytool.destroyForcibly();
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        throw new IOException("keytool failed for " + alias + ": " + said);
      }
    } catch (InterruptedException e) {
      keytool.destroyForcibly();
      throw new IOException("interrupted while keytool worked", e);
    }
  }

  private static void remove(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
      Files.delete(folder);
    } catch (IOException e) {
      // The system removes what is left in its temporary folder.
    }
  }
}
