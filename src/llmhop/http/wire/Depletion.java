package llmhop.http.wire;

import java.io.IOException;
import java.net.BindException;
import java.nio.channels.SocketChannel;
import java.util.Optional;

/// A resource of this process or machine that is used up. A failure with such a cause says nothing
/// about the other side of a connection.
public enum Depletion {
  /// EMFILE, ENFILE.
  DESCRIPTORS(
      "file descriptors",
      "raise LimitNOFILE of the systemd unit, or ulimit -n; or lower maxConnections"),
  /// EADDRNOTAVAIL of a connect.
  PORTS(
      "local ports towards a backend",
      "widen net.ipv4.ip_local_port_range, or let the backend keep its connections longer"),
  /// ENOMEM, ENOBUFS, and a full heap.
  MEMORY("memory", "give the process a larger heap (-Xmx) or the machine more memory"),
  /// No thread can be started.
  THREADS("threads", "raise TasksMax of the systemd unit, ulimit -u or the container's pids limit"),
  /// Too many TLS handshakes wait for a worker.
  HANDSHAKES(
      "processor time for TLS handshakes",
      "give the process more cores, or keep the flood of callers away");

  /// Causes within causes that are looked through at most.
  private static final int DEEPEST = 8;

  private final String word;
  private final String advice;

  Depletion(String word, String advice) {
    this.word = word;
    this.advice = advice;
  }

  /// Names the resource of which nothing is left, in words that callers may read.
  public String word() {
    return word;
  }

  /// Tells an operator what to do, in one line.
  public String advice() {
    return advice;
  }

  /// The depletion that caused a failure, if one did. Goes by the types of the JDK and by the words
  /// of glibc and musl for the errors of the system.
  public static Optional<Depletion> of(Throwable failure) {
    Throwable cause = failure;
    for (int i = 0; i < DEEPEST && cause != null; i++) {
      Optional<Depletion> found = ofOne(cause);
      if (found.isPresent()) {
        return found;
      }
      cause = cause.getCause();
    }
    return Optional.empty();
  }

  private static Optional<Depletion> ofOne(Throwable failure) {
    String text = failure.getMessage() == null ? "" : failure.getMessage();
    if (failure instanceof CrowdedException) {
      return Optional.of(HANDSHAKES);
    }
    if (failure instanceof OutOfMemoryError) {
      return Optional.of(text.contains("thread") ? THREADS : MEMORY);
    }
    if (!(failure instanceof IOException)) {
      return Optional.empty();
    }
    if (text.contains("Too many open files") || text.contains("No file descriptors available")) {
      return Optional.of(DESCRIPTORS);
    }
    if (text.contains("No buffer space available")
        || text.contains("Cannot allocate memory")
        || text.contains("Out of memory")) {
      return Optional.of(MEMORY);
    }
    // The JDK makes this of EADDRNOTAVAIL, EADDRINUSE and EACCES.
    boolean noPort = failure instanceof BindException && !text.contains("ermission denied");
    return noPort ? Optional.of(PORTS) : Optional.empty();
  }

  /// The depletion that keeps this process from opening a socket right now, if one does. For
  /// failures that don't tell their cause, such as those of a look-up of a name.
  public static Optional<Depletion> now() {
    try (SocketChannel probe = SocketChannel.open()) {
      return probe.isOpen() ? Optional.empty() : Optional.of(DESCRIPTORS);
    } catch (IOException | OutOfMemoryError e) {
      return Optional.of(of(e).orElse(DESCRIPTORS));
    }
  }
}
