package llmhop.http.front;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import llmhop.kit.Authority;
import llmhop.kit.IssuedKey;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// TLS for callers from files, against the JDK's SSLSocket.
final class TlsFilesTest {
  private static final Authority AUTHORITY = new Authority("authority");
  private static final IssuedKey ONE = AUTHORITY.issue("secp256r1", "one");
  private static final IssuedKey TWO = AUTHORITY.issue("secp256r1", "two");

  @TempDir private Path folder;
  private final List<String> log = new ArrayList<>();
  private Path cert;
  private Path key;

  @BeforeEach
  void write() throws IOException {
    cert = Files.writeString(folder.resolve("tls.crt"), ONE.chainPem());
    key = Files.writeString(folder.resolve("tls.key"), ONE.keyPem());
  }

  private TlsFiles open() throws IOException {
    return TlsFiles.open(cert, key, Optional.empty(), log::add);
  }

  private TlsFiles openMutual() throws IOException {
    Path ca = Files.writeString(folder.resolve("ca.crt"), AUTHORITY.pem());
    return TlsFiles.open(cert, key, Optional.of(ca), log::add);
  }

  // ---- keys and protocols

  @ParameterizedTest
  @CsvSource({
    "RSA, TLSv1.2", "secp256r1, TLSv1.2", "secp384r1, TLSv1.2", "secp521r1, TLSv1.2",
    "Ed25519, TLSv1.2", "RSA, TLSv1.3", "secp256r1, TLSv1.3", "secp384r1, TLSv1.3",
    "secp521r1, TLSv1.3", "Ed25519, TLSv1.3"
  })
  void everyKindOfKeyServesBothProtocols(String kind, String protocol) throws Exception {
    IssuedKey issued = AUTHORITY.issue(kind, "localhost");
    Files.writeString(cert, issued.chainPem());
    List<String> forms = new ArrayList<>(List.of(issued.keyPem()));
    if (!kind.equals("Ed25519")) {
      forms.add(issued.oldKeyPem());
    }
    for (String form : forms) {
      Files.writeString(key, form);
      try (TlsCalls calls = new TlsCalls(open())) {
        FutureTask<String> served = calls.serve();
        try (SSLSocket socket = calls.call(AUTHORITY.client(), protocol)) {
          TlsCalls.echo(socket);
          assertEquals(protocol, socket.getSession().getProtocol());
          // The one between is sent along, in its place; the root is the caller's own affair.
          assertArrayEquals(issued.chain().toArray(), socket.getSession().getPeerCertificates());
          socket.shutdownOutput();
          assertEquals(-1, socket.getInputStream().read());
        }
        assertEquals("served", TlsCalls.result(served));
      }
    }
  }

  @Test
  void theEngineSpeaksTwoProtocolsInItsOwnOrderToNobodyInParticular() throws Exception {
    SSLParameters parameters = open().engine().getSSLParameters();
    assertArrayEquals(new String[] {"TLSv1.3", "TLSv1.2"}, parameters.getProtocols());
    assertTrue(parameters.getUseCipherSuitesOrder());
    assertFalse(parameters.getNeedClientAuth());
    assertEquals(null, open().engine().getPeerHost());
    assertTrue(openMutual().engine().getNeedClientAuth());
  }

  @Test
  void olderProtocolsAndPlainTextAreRefused() throws Exception {
    try (TlsCalls calls = new TlsCalls(open())) {
      // The ClientHello of TLS 1.1: version 3.2, one cipher, no extensions.
      byte[] hello = new byte[5 + 4 + 2 + 32 + 1 + 4 + 2];
      hello[0] = 22;
      hello[1] = 3;
      hello[2] = 1;
      hello[4] = (byte) (hello.length - 5);
      hello[5] = 1;
      hello[8] = (byte) (hello.length - 9);
      hello[9] = 3;
      hello[10] = 2;
      hello[45] = 2;
      hello[46] = (byte) 0xc0;
      hello[47] = 0x13;
      hello[48] = 1;
      // Alert, fatal, protocol_version.
      assertEquals("[2, 70]", alertTo(calls, hello));
      byte[] plain = "GET / HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
      String alert = alertTo(calls, plain);
      assertTrue(alert.startsWith("[2, "), alert);
    }
  }

  private static String alertTo(TlsCalls calls, byte[] said) throws Exception {
    FutureTask<String> served = calls.serve();
    try (var socket = new Socket(calls.address().getAddress(), calls.address().getPort())) {
      socket.getOutputStream().write(said);
      refused(served);
      byte[] answer = socket.getInputStream().readAllBytes();
      assertEquals(7, answer.length);
      assertEquals(21, answer[0]);
      return List.of(answer[5], answer[6]).toString();
    }
  }

  private static void refused(FutureTask<String> served) {
    var failure = assertThrows(ExecutionException.class, () -> TlsCalls.result(served));
    assertInstanceOf(SSLException.class, failure.getCause());
  }

  // ---- ALPN

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void http11IsChosenWhereItIsOffered(String protocol) throws Exception {
    try (TlsCalls calls = new TlsCalls(open())) {
      for (String[] offered : new String[][] {{"h2", "http/1.1"}, {"http/1.1"}, {}}) {
        FutureTask<String> served = calls.serve();
        try (SSLSocket socket = offering(calls, protocol, offered)) {
          TlsCalls.echo(socket);
          String chosen = socket.getApplicationProtocol();
          assertEquals(offered.length == 0 ? "" : "http/1.1", chosen);
        }
        TlsCalls.result(served);
      }
      FutureTask<String> served = calls.serve();
      try (SSLSocket socket = offering(calls, protocol, "h2")) {
        var failure = assertThrows(SSLException.class, () -> TlsCalls.echo(socket));
        String said = failure.getMessage();
        assertTrue(said.contains("no_application_protocol"), said);
      }
      refused(served);
    }
  }

  private static SSLSocket offering(TlsCalls calls, String protocol, String... names)
      throws IOException {
    SSLSocket socket = calls.call(AUTHORITY.client(), protocol);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(names);
    socket.setSSLParameters(parameters);
    return socket;
  }

  // ---- mutual TLS

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void aCallerNeedsACertificateOfTheRightAuthority(String protocol) throws Exception {
    var stranger = new Authority("stranger").issue("secp256r1", "caller");
    try (TlsCalls calls = new TlsCalls(openMutual())) {
      FutureTask<String> served = calls.serve();
      SSLContext good = AUTHORITY.client(AUTHORITY.issue("secp256r1", "caller"));
      try (SSLSocket socket = calls.call(good, protocol)) {
        TlsCalls.echo(socket);
      }
      TlsCalls.result(served);
      for (SSLContext bad : List.of(AUTHORITY.client(), AUTHORITY.client(stranger))) {
        FutureTask<String> refused = calls.serve();
        try (SSLSocket socket = calls.call(bad, protocol)) {
          assertThrows(IOException.class, () -> TlsCalls.echo(socket));
        }
        refused(refused);
      }
    }
  }

  // ---- files that change

  @Test
  void newFilesServeNewConnectionsAndOldOnesGoOn() throws Exception {
    TlsFiles files = open();
    try (TlsCalls calls = new TlsCalls(files)) {
      FutureTask<String> first = calls.serve();
      try (SSLSocket old = calls.call(AUTHORITY.client())) {
        TlsCalls.echo(old);
        replace(cert, TWO.chainPem());
        replace(key, TWO.keyPem());
        files.lookAgain();
        FutureTask<String> second = calls.serve();
        try (SSLSocket next = calls.call(AUTHORITY.client())) {
          TlsCalls.echo(next);
          assertEquals(TWO.chain().getFirst(), next.getSession().getPeerCertificates()[0]);
        }
        TlsCalls.result(second);
        TlsCalls.echo(old);
      }
      TlsCalls.result(first);
    }
    assertEquals(1, log.size());
    assertTrue(log.getFirst().contains("CN=two, valid until 20"), log.getFirst());
  }

  @Test
  void newFilesAreReadOnNoVirtualThread() throws Exception {
    var onVirtual = new AtomicReference<Boolean>();
    TlsFiles files =
        TlsFiles.open(
            cert, key, Optional.empty(), _ -> onVirtual.set(Thread.currentThread().isVirtual()));
    replace(cert, TWO.chainPem());
    replace(key, TWO.keyPem());
    Thread.ofVirtual().start(files::lookAgain).join();
    assertEquals(TWO.chain().getFirst(), files.certificate());
    assertEquals(false, onVirtual.get(), "to read a key takes over 20 ms of CPU");
  }

  @Test
  void nothingIsReadWhileNothingChanges() throws Exception {
    TlsFiles files = open();
    var before = files.certificate();
    files.lookAgain();
    Files.setLastModifiedTime(cert, FileTime.fromMillis(1_000_000));
    files.lookAgain();
    assertSame(before, files.certificate());
    assertEquals(List.of(), log);
  }

  @Test
  void aFolderThatIsSwappedBehindALinkIsSeen() throws Exception {
    Path one = filled("one", ONE);
    Path two = filled("two", TWO);
    Path data = Files.createSymbolicLink(folder.resolve("..data"), one.getFileName());
    Files.delete(cert);
    Files.delete(key);
    Files.createSymbolicLink(cert, Path.of("..data", "tls.crt"));
    Files.createSymbolicLink(key, Path.of("..data", "tls.key"));
    for (Path each : List.of(one, two)) {
      Files.setLastModifiedTime(each.resolve("tls.crt"), FileTime.fromMillis(0));
      Files.setLastModifiedTime(each.resolve("tls.key"), FileTime.fromMillis(0));
    }
    TlsFiles files = open();
    Path swap = Files.createSymbolicLink(folder.resolve("..tmp"), two.getFileName());
    Files.move(swap, data, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    files.lookAgain();
    assertEquals(TWO.chain().getFirst(), files.certificate());
  }

  private Path filled(String name, IssuedKey issued) throws IOException {
    Path made = Files.createDirectory(folder.resolve(name));
    Files.writeString(made.resolve("tls.crt"), issued.chainPem());
    Files.writeString(made.resolve("tls.key"), issued.keyPem());
    return made;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aCertificateAndItsKeyMayComeOneAfterTheOther(boolean keyFirst) throws Exception {
    TlsFiles files = open();
    replace(keyFirst ? key : cert, keyFirst ? TWO.keyPem() : TWO.chainPem());
    files.lookAgain();
    files.lookAgain();
    assertEquals(ONE.chain().getFirst(), files.certificate());
    assertEquals(1, log.size(), log.toString());
    assertTrue(log.getFirst().contains(key + ": the key is not that of"), log.getFirst());
    replace(keyFirst ? cert : key, keyFirst ? TWO.chainPem() : TWO.keyPem());
    files.lookAgain();
    files.lookAgain();
    assertEquals(TWO.chain().getFirst(), files.certificate());
    assertEquals(2, log.size(), log.toString());
  }

  @Test
  void brokenFilesAreReportedOncePerChangeAndRecoveredFrom() throws Exception {
    TlsFiles files = open();
    X509Certificate good = files.certificate();
    String half = TWO.chainPem().substring(0, TWO.chainPem().length() - 100);
    String halfKey = ONE.keyPem().substring(0, ONE.keyPem().length() - 50);
    broken(files, cert, half, cert + ": a block in it is cut short");
    broken(files, cert, "", cert + ": no certificate");
    broken(files, cert, "rubbish", cert + ": no certificate");
    replace(cert, ONE.chainPem());
    broken(files, key, halfKey, key + ": a block in it is cut short");
    Files.delete(key);
    looksBroken(files, key + ": there is no such file");
    assertEquals(good, files.certificate());
    assertFalse(log.toString().contains(ONE.keyPem().substring(30, 60)), log.toString());
    log.clear();
    Files.writeString(key, ONE.keyPem());
    files.lookAgain();
    assertEquals(1, log.size());
    assertTrue(log.getFirst().contains("good again"), log.getFirst());
    replace(cert, TWO.chainPem());
    replace(key, TWO.keyPem());
    files.lookAgain();
    assertEquals(TWO.chain().getFirst(), files.certificate());
  }

  private void broken(TlsFiles files, Path file, String text, String reason) throws IOException {
    replace(file, text);
    looksBroken(files, reason);
  }

  private void looksBroken(TlsFiles files, String reason) {
    log.clear();
    files.lookAgain();
    files.lookAgain();
    assertEquals(1, log.size(), log.toString());
    assertTrue(log.getFirst().contains(reason), log.getFirst());
    assertFalse(log.getFirst().contains("\n"), log.getFirst());
  }

  @Test
  void otherAuthoritiesForCallersCountFromTheNextConnectionOn() throws Exception {
    TlsFiles files = openMutual();
    SSLContext caller = AUTHORITY.client(AUTHORITY.issue("secp256r1", "caller"));
    try (TlsCalls calls = new TlsCalls(files)) {
      FutureTask<String> served = calls.serve();
      try (SSLSocket socket = calls.call(caller)) {
        TlsCalls.echo(socket);
      }
      TlsCalls.result(served);
      replace(folder.resolve("ca.crt"), new Authority("another").pem());
      files.lookAgain();
      FutureTask<String> refused = calls.serve();
      // The same context: it would resume its session.
      try (SSLSocket socket = calls.call(caller)) {
        assertThrows(IOException.class, () -> TlsCalls.echo(socket));
      }
      refused(refused);
    }
  }

  @Test
  void filesThatAreNoGoodAtTheStartAreNamed() throws Exception {
    replace(key, TWO.keyPem());
    String message = assertThrows(IOException.class, this::open).getMessage();
    assertTrue(message.startsWith(key.toString()), message);
    replace(key, ONE.keyPem());
    replace(cert, new IssuedKey(ONE.chain().reversed(), ONE.key()).chainPem());
    assertThrows(IOException.class, this::open);
    List<X509Certificate> odd = List.of(ONE.chain().getFirst(), TWO.chain().getFirst());
    replace(cert, new IssuedKey(odd, ONE.key()).chainPem());
    message = assertThrows(IOException.class, this::open).getMessage();
    assertTrue(message.contains("followed by the one that signed it"), message);
  }

  /// As tools do it: a new file in place of the old.
  private static void replace(Path file, String text) throws IOException {
    Path next = Files.writeString(file.resolveSibling("next"), text);
    Files.move(next, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }
}
