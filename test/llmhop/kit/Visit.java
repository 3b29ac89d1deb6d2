package llmhop.kit;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLPeerUnverifiedException;

/// One connection that was made to a scripted backend.
///
/// ```
/// turn() ─ head read ─┬─ body read ─ script performed ─┬─ next turn()
///                     └─ script performed ─ body read ─┘        │
///                        (nextBeforeBody)             close, drop, reset, or the peer left
/// ```
///
/// Steps run on its thread; the test's thread may ask what has become of it.
public final class Visit {
  private final ScriptedBackend backend;
  private final Wire wire;
  private final Intake intake;
  private final StrictInput input;
  private final int number;
  private int turns;
  private int place;
  private Seen seen;
  private boolean bodyRead;
  private volatile boolean closed;
  private volatile Thread thread;

  Visit(ScriptedBackend backend, Wire wire, int number) {
    this.backend = backend;
    this.wire = wire;
    this.number = number;
    this.intake = new Intake(wire.in(), Optional.empty(), backend::changed);
    this.input = new StrictInput(intake, false);
  }

  void start() {
    intake.start("intake of connection " + number);
    thread = Thread.ofVirtual().name("connection " + number).start(this::run);
  }

  /// Which connection it is, the first being 1.
  ///
  /// @return its number
  public int number() {
    return number;
  }

  /// Neither side has closed it.
  ///
  /// @return false after a close, a reset or a hang-up
  public boolean isOpen() {
    return !closed && !intake.ended();
  }

  /// The peer has closed or reset it. Seen while a script runs and between requests, but not while
  /// a script that began before the body leaves that unread.
  ///
  /// @return whether the peer is gone
  public boolean hungUp() {
    return !closed && intake.ended();
  }

  /// The request that is being answered, or was answered last.
  ///
  /// @return the request; its body is there when it was read
  public Seen seen() {
    return seen;
  }

  /// The name that a TLS peer asked for (SNI).
  ///
  /// @return the name, empty without TLS or when it named none
  public Optional<String> serverName() {
    return wire.tls().stream()
        .flatMap(s -> ((ExtendedSSLSession) s.getSession()).getRequestedServerNames().stream())
        .filter(name -> name.getType() == 0)
        .map(name -> ((SNIHostName) name).getAsciiName())
        .findFirst();
  }

  /// The subject of the certificate that the peer showed.
  ///
  /// @return a distinguished name, empty when it showed none
  public Optional<String> peerName() {
    try {
      return wire.tls().isEmpty()
          ? Optional.empty()
          : Optional.of(wire.tls().get().getSession().getPeerPrincipal().getName());
    } catch (SSLPeerUnverifiedException e) {
      return Optional.empty();
    }
  }

  /// Sends bytes now.
  ///
  /// @param bytes what is sent, with one write
  /// @throws IOException when the peer is gone
  public void write(byte[] bytes) throws IOException {
    wire.out().write(bytes);
    wire.out().flush();
  }

  /// Reads the request's body, unless that is done.
  ///
  /// @throws IOException when the peer is gone before its end
  public void readBody() throws IOException {
    if (bodyRead) {
      return;
    }
    KeptBody body = new KeptBody(backend.keptOfEachBody());
    try {
      OptionalLong length = StrictInput.lengthIn(seen.fields());
      if (StrictInput.chunkedIn(seen.fields())) {
        while (input.chunk(body).isPresent()) {
          input.forget();
        }
        input.fields();
      } else {
        input.exactly(length.orElse(0), body);
      }
      bodyRead = true;
      intake.watch(true);
    } finally {
      seen = seen.with(body.kept(), body.length(), bodyRead);
      backend.progressed(place, seen);
    }
  }

  /// Returns when the peer has hung up.
  ///
  /// @throws InterruptedException when the backend is closed meanwhile
  public void awaitHangUp() throws InterruptedException {
    intake.watch(true);
    synchronized (backend) {
      while (!intake.ended()) {
        backend.wait();
      }
    }
  }

  /// Returns when the first byte of a next request is there.
  ///
  /// @throws IOException when the wait is interrupted
  public void awaitNextByte() throws IOException {
    intake.awaitBytesOrEnd();
  }

  /// Closes it; nothing more is read or written.
  ///
  /// @throws IOException when the socket says so
  public void close() throws IOException {
    end(wire.close());
  }

  void drop() throws IOException {
    end(wire.drop());
  }

  void reset() throws IOException {
    end(wire.reset());
  }

  void halfClose() throws IOException {
    wire.halfClose().close();
  }

  void copyTo(Socket target) {
    byte[] room = new byte[16 * 1024];
    try {
      for (int n = intake.read(room); n >= 0; n = intake.read(room)) {
        target.getOutputStream().write(room, 0, n);
      }
      target.shutdownOutput();
    } catch (IOException e) {
      closeAnyway(); // one side is gone; the other must learn of it
    }
  }

  /// Ends the visit from outside, when the backend is closed.
  void expel() {
    closed = true;
    thread.interrupt();
    closeAnyway();
  }

  void awaitDone() throws InterruptedException {
    if (!thread.join(Waiting.PATIENCE)) {
      throw Waiting.failure("connection " + number + " to end", "a step doesn't: " + seen);
    }
  }

  @Override
  public String toString() {
    String state = closed ? "closed by the script" : intake.ended() ? "hung up" : "open";
    return "connection %d (%s, %d requests)".formatted(number, state, turns);
  }

  private void run() {
    try {
      boolean on = true;
      while (on) {
        on = turn();
      }
    } catch (Malformed e) {
      closed = true;
      backend.problem(this + " sent what is not HTTP: " + e.getMessage());
    } catch (IOException | InterruptedException e) {
      // The peer or the backend has gone: tests ask for that by hungUp and by the Seen.
    } catch (RuntimeException | Error e) {
      closed = true;
      backend.problem(this + ": a step failed: " + e);
    } finally {
      closeAnyway();
    }
  }

  private boolean turn() throws IOException, InterruptedException {
    input.forget();
    Optional<String> requestLine = input.firstLine();
    if (requestLine.isEmpty()) {
      return false;
    }
    intake.watch(false);
    bodyRead = false;
    turns++;
    seen = withHead(requestLine.get().split(" ", -1));
    place = backend.arrived(seen);
    ScriptedBackend.Script script = backend.scriptFor(seen);
    if (!script.beforeBody()) {
      readBody();
    }
    for (Step step : script.steps()) {
      step.perform(this);
    }
    if (!closed) {
      readBody();
    }
    return !closed;
  }

  private Seen withHead(String[] words) throws IOException {
    if (words.length != 3
        || !StrictInput.isToken(words[0])
        || words[1].isEmpty()
        || !words[2].matches("HTTP/1\\.[01]")) {
      throw new Malformed("not a request line: " + String.join(" ", words));
    }
    List<Field> fields = input.fields();
    byte[] rawHead = input.taken();
    input.forget();
    if (words[2].equals("HTTP/1.1") && Field.all(fields, "Host").size() != 1) {
      throw new Malformed(
          "not exactly one Host in: " + new String(rawHead, StandardCharsets.ISO_8859_1));
    }
    return new Seen(
        number, turns, words[0], words[1], words[2], fields, rawHead, new byte[0], 0, false);
  }

  private void end(java.io.Closeable how) throws IOException {
    closed = true;
    try {
      how.close();
    } finally {
      backend.changed();
    }
  }

  private void closeAnyway() {
    try {
      wire.drop().close();
    } catch (IOException e) {
      // Nothing is left to be told.
    }
    backend.changed();
  }
}
