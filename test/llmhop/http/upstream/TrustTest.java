package llmhop.http.upstream;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import llmhop.kit.Certificates;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Which files make up trust and identity, and what is said of those that can't. That they are used
/// is told by [TlsTest].
final class TrustTest {
  private static final Certificates CERTIFICATES = Certificates.get();

  @TempDir private Path folder;

  @Test
  void theSystemsOwnAuthoritiesAreTheDefault() throws Exception {
    assertNotNull(Trust.context(none(), none(), none(), Optional.empty()));
  }

  @Test
  void theEnvironmentsBundleIsReadAndItsOddOnesAreSkipped() throws Exception {
    Path bundle = folder.resolve("bundle.pem");
    String odd = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    Files.writeString(bundle, odd + Files.readString(CERTIFICATES.ca()) + odd);
    assertNotNull(Trust.context(none(), none(), none(), Optional.of(bundle.toString())));
    refused(
        bundle,
        "can't be read",
        () -> Trust.context(Optional.of(bundle), none(), none(), Optional.empty()));
  }

  @Test
  void aBundleThatIsNamedMustBeThere() throws Exception {
    Path missing = folder.resolve("missing.pem");
    refused(
        missing,
        "no such file",
        () -> Trust.context(none(), none(), none(), Optional.of(missing.toString())));
    Path empty = Files.createFile(folder.resolve("empty.pem"));
    refused(
        empty,
        "no certificate",
        () -> Trust.context(none(), none(), none(), Optional.of(empty.toString())));
  }

  @Test
  void aCaOfABackendStandsForAllOthers() throws Exception {
    String missing = folder.resolve("missing.pem").toString();
    assertNotNull(
        Trust.context(Optional.of(CERTIFICATES.ca()), none(), none(), Optional.of(missing)));
  }

  @Test
  void aKeyMayStandInTheCertificatesFile() throws Exception {
    Path both = folder.resolve("both.pem");
    Files.writeString(
        both,
        Files.readString(CERTIFICATES.clientKey())
            + Files.readString(CERTIFICATES.clientCertificate()));
    assertNotNull(
        Trust.context(Optional.of(CERTIFICATES.ca()), Optional.of(both), none(), Optional.empty()));
  }

  @Test
  void aKeyOfAnotherCertificateIsRefused() {
    refused(
        CERTIFICATES.serverKey(),
        "not that of the first certificate",
        () ->
            Trust.context(
                Optional.of(CERTIFICATES.ca()),
                Optional.of(CERTIFICATES.clientCertificate()),
                Optional.of(CERTIFICATES.serverKey()),
                Optional.empty()));
  }

  private interface Loading {
    void run() throws IOException;
  }

  private static void refused(Path file, String why, Loading loading) {
    String message = assertThrows(IOException.class, loading::run).getMessage();
    assertTrue(message.contains(file.toString()) && message.contains(why), message);
  }

  private static Optional<Path> none() {
    return Optional.empty();
  }
}
