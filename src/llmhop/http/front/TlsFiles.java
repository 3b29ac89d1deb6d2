package llmhop.http.front;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import llmhop.http.wire.Authorities;
import llmhop.http.wire.Pem;
import llmhop.http.wire.TlsIdentity;

/// TLS for callers, from PEM files that may change while we run: connections made after
/// [#lookAgain] has seen a change get what is new, those that are open go on.
///
/// What is new has no memory of sessions, so callers shake hands in full once more. That is wanted:
/// whoever resumed a session would not show a certificate that the new authorities must vouch for.
public final class TlsFiles {
  private final Path cert;
  private final Path key;
  private final Optional<Path> clientCa;
  private final Consumer<String> log;
  private final List<Path> files;
  private volatile InUse inUse;
  private List<Optional<Stamp>> seen;
  private boolean broken;

  /// What was read.
  private record Read(TlsIdentity identity, Optional<Authorities> callers) {}

  private record InUse(Read files, SSLContext context) {}

  /// A file as it was found behind all links: Kubernetes swaps the link to a folder, `mv` puts
  /// another file in its place, and an editor writes into the same.
  ///
  /// @param fileKey the file itself, where the system tells files apart
  private record Stamp(FileTime modified, long size, Optional<Object> fileKey) {}

  private TlsFiles(Path cert, Path key, Optional<Path> clientCa, Consumer<String> log)
      throws IOException {
    this.cert = cert;
    this.key = key;
    this.clientCa = clientCa;
    this.log = log;
    this.files = Stream.concat(Stream.of(cert, key), clientCa.stream()).distinct().toList();
    this.seen = stamps();
    this.inUse = made(read());
  }

  /// Reads the files for the first time.
  ///
  /// @param cert our certificate and those between it and an authority
  /// @param key its private key; may be the same file
  /// @param clientCa those who vouch for callers; then no caller comes in without a certificate
  /// @param log is told in one line of each change, on a platform thread
  /// @throws IOException naming the file that can't be used
  public static TlsFiles open(Path cert, Path key, Optional<Path> clientCa, Consumer<String> log)
      throws IOException {
    return new TlsFiles(cert, key, clientCa, log);
  }

  /// Returns the engine for one more connection, as [TlsPolicy] says, with HTTP/1.1 for callers
  /// that ask for a protocol. The engine doesn't know the caller's address, so that the JDK never
  /// looks up its name.
  public SSLEngine engine() {
    InUse now = inUse;
    SSLEngine engine = now.context.createSSLEngine();
    TlsPolicy.apply(engine);
    TlsPolicy.limitGroups(engine, now.files.identity.certificate());
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {"http/1.1"});
    parameters.setNeedClientAuth(clientCa.isPresent());
    engine.setSSLParameters(parameters);
    return engine;
  }

  /// The certificate that new connections are shown.
  public X509Certificate certificate() {
    return inUse.files.identity.certificate();
  }

  /// Looks whether a file has changed, which costs one `stat` for each, and takes what is new when
  /// all of them are good; else what was good stays in use, until the next change. A certificate
  /// and its key need not change at once.
  ///
  /// It reads files: not for a thread that must never wait.
  public synchronized void lookAgain() {
    List<Optional<Stamp>> now = stamps();
    if (now.equals(seen)) {
      return;
    }
    // Taken before reading: what changes while we read is seen the next time.
    seen = now;
    onThreadOfItsOwn(this::readAgain);
  }

  /// Waits for work that takes 24 to 44 ms of CPU (measured: the key is tried, authorities are
  /// read). A virtual thread would keep a carrier from requests for that long, and one of
  /// [llmhop.schedule.FairWorkers] would hold up handshakes, since the files may be slow to read.
  private static void onThreadOfItsOwn(Runnable work) {
    Thread thread = Thread.ofPlatform().daemon().name("certificates").start(work);
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void readAgain() {
    try {
      take(read());
    } catch (IOException | RuntimeException e) {
      // The JDK's parsers throw all kinds of things at rubbish, and the old files must stay in use.
      // What those say could hold a piece of a key.
      broken = true;
      String kind = e.getClass().getSimpleName();
      String reason = e instanceof IOException ? e.getMessage() : cert + ", " + key + ": " + kind;
      log.accept("tls: the old certificate stays in use, the new files are no good: " + reason);
    }
  }

  private void take(Read next) throws IOException {
    if (!next.equals(inUse.files)) {
      inUse = made(next);
      log.accept("tls: a new certificate is in use: " + description());
    } else if (broken) {
      log.accept("tls: the files are good again, the certificate is the same: " + description());
    }
    broken = false;
  }

  private String description() {
    X509Certificate ours = certificate();
    return "%s, valid until %s, from %s"
        .formatted(ours.getSubjectX500Principal(), ours.getNotAfter().toInstant(), cert);
  }

  private Read read() throws IOException {
    TlsIdentity identity = TlsIdentity.read(cert, key);
    Optional<Authorities> callers =
        clientCa.isPresent()
            ? Optional.of(Authorities.of(Pem.certificates(clientCa.get())))
            : Optional.empty();
    return new Read(identity, callers);
  }

  private static InUse made(Read files) throws IOException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      // Nobody to trust where nobody is asked: the JDK would read its own authorities.
      TrustManager[] trust =
          files.callers.isPresent() ? files.callers.get().trustManagers() : new TrustManager[0];
      context.init(files.identity.keyManagers(), trust, null);
      TlsPolicy.bound(context);
      return new InUse(files, context);
    } catch (GeneralSecurityException e) {
      throw new IOException("can't set up TLS: " + e.getMessage(), e);
    }
  }

  private List<Optional<Stamp>> stamps() {
    return files.stream().map(TlsFiles::stamp).toList();
  }

  private static Optional<Stamp> stamp(Path file) {
    try {
      BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
      Optional<Object> fileKey = Optional.ofNullable(found.fileKey());
      return Optional.of(new Stamp(found.lastModifiedTime(), found.size(), fileKey));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
