package llmhop.kit;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;

/// A backend that does what the test says and records exactly what it was sent.
///
/// ```java
/// try (ScriptedBackend backend = ScriptedBackend.onTcp()) {
///   backend.next(answerJson(200, "{}"));
///   ... a request goes through the router ...
///   assertEquals(body, backend.request(1).text());
/// }
/// ```
///
/// Requests take the scripts given by [#next] in the order their heads arrive, and what [#always]
/// says when there are none left. A request without a script, one that isn't HTTP, and a step that
/// throws are *problems*: [#close] fails the test for them. A peer that leaves is none; ask for it.
/// Shared by the test's thread and one virtual thread for each connection; its monitor guards what
/// it counts.
public final class ScriptedBackend implements AutoCloseable {
  private final Door door;
  private final Thread taker;
  private final Deque<Script> scripts = new ArrayDeque<>();
  private final List<Visit> visits = new ArrayList<>();
  private final List<Seen> seen = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();
  private Optional<Script> otherwise = Optional.empty();
  private int keptOfEachBody = Integer.MAX_VALUE;
  private boolean closed;

  record Script(boolean beforeBody, List<Step> steps) {}

  private ScriptedBackend(Door door) {
    this.door = door;
    taker = Thread.ofVirtual().name("door of " + door.url()).start(this::takeConnections);
  }

  /// Listens on a free port of 127.0.0.1.
  ///
  /// @return the backend, ready
  /// @throws IOException when it can't listen
  public static ScriptedBackend onTcp() throws IOException {
    return onTcp("127.0.0.1", 0);
  }

  /// Listens on one address, for instance again on the port that a closed backend had.
  ///
  /// @param address an IP literal such as `::1`
  /// @param port a port, 0 for a free one
  /// @return the backend, ready
  /// @throws IOException when it can't listen
  public static ScriptedBackend onTcp(String address, int port) throws IOException {
    return new ScriptedBackend(Door.tcp(InetAddress.ofLiteral(address), port));
  }

  /// Listens on a Unix socket, which is removed at the end.
  ///
  /// @param path of the socket; must not exist, and be shorter than 100 bytes
  /// @return the backend, ready
  /// @throws IOException when it can't listen
  public static ScriptedBackend onUnix(Path path) throws IOException {
    return new ScriptedBackend(Door.unix(path));
  }

  /// Listens with TLS on a free port of 127.0.0.1; its [#url] says `localhost`.
  ///
  /// @param context with the certificate to show
  /// @return the backend, ready
  /// @throws IOException when it can't listen
  public static ScriptedBackend onTls(SSLContext context) throws IOException {
    return new ScriptedBackend(Door.tls(context, false));
  }

  /// Listens with TLS and takes only peers that show a certificate.
  ///
  /// @param context with the certificate to show and the trust to judge theirs
  /// @return the backend, ready
  /// @throws IOException when it can't listen
  public static ScriptedBackend onMutualTls(SSLContext context) throws IOException {
    return new ScriptedBackend(Door.tls(context, true));
  }

  /// Returns a port of 127.0.0.1 that refuses connections, and that no other socket can get while
  /// the test runs, see [HeldPorts]. A backend may listen there later.
  ///
  /// @return the port
  /// @throws IOException when there is none
  public static int unusedPort() throws IOException {
    return HeldPorts.hold(InetAddress.ofLiteral("127.0.0.1"));
  }

  // ---- what it will do

  /// Adds a script for one request, performed when its body is read.
  ///
  /// @param steps in order; afterwards the connection waits for its next request
  public synchronized void next(Step... steps) {
    scripts.add(new Script(false, List.of(steps)));
  }

  /// Adds a script for one request, performed when its head is read and the body is not.
  ///
  /// @param steps in order; the body is read by `readBody()`, or after the last step
  public synchronized void nextBeforeBody(Step... steps) {
    scripts.add(new Script(true, List.of(steps)));
  }

  /// Says what all requests get for which [#next] left nothing.
  ///
  /// @param steps in order; used for many requests at once, so no [Stage] can be among them
  public synchronized void always(Step... steps) {
    otherwise = Optional.of(new Script(false, List.of(steps)));
  }

  /// Keeps only the first bytes of each body from now on, for tests whose bodies are very large.
  ///
  /// @param bytes how many to keep; their number is recorded all the same
  public synchronized void keepOfEachBody(int bytes) {
    keptOfEachBody = bytes;
  }

  /// How many scripts given by [#next] and [#nextBeforeBody] no request has taken.
  ///
  /// @return the number of scripts left
  public synchronized int scriptsLeft() {
    return scripts.size();
  }

  // ---- where it is

  /// How a config names it: `http://127.0.0.1:port`, `https://localhost:port` or `unix:///path`.
  ///
  /// @return the URL, without a slash at its end
  public String url() {
    return door.url();
  }

  /// Its TCP port.
  ///
  /// @return the port, 0 for a Unix socket
  public int port() {
    return door.port();
  }

  // ---- what it has seen

  /// How often an inference would have run: requests that came completely.
  ///
  /// @return the number of complete requests
  public synchronized int executions() {
    return (int) seen.stream().filter(Seen::complete).count();
  }

  /// All requests whose head came, in that order, also those whose body didn't.
  ///
  /// @return a snapshot
  public synchronized List<Seen> requests() {
    return List.copyOf(seen);
  }

  /// One request; waits for it to be complete.
  ///
  /// @param n the first being 1
  /// @return the request
  /// @throws AssertionError when it does not come within [Waiting#PATIENCE]
  public Seen request(int n) {
    Waiting.on(
        this,
        "request " + n + " to come completely",
        () -> seen.size() >= n && seen.get(n - 1).complete(),
        this::toString);
    return requests().get(n - 1);
  }

  /// How many connections were made to it so far.
  ///
  /// @return the number of connections, open or not
  public synchronized int connections() {
    return visits.size();
  }

  /// How many connections neither side has closed.
  ///
  /// @return the number of open connections
  public synchronized int openConnections() {
    return (int) visits.stream().filter(Visit::isOpen).count();
  }

  /// One connection; waits for it to be made.
  ///
  /// @param n the first being 1
  /// @return the connection
  /// @throws AssertionError when it is not made within [Waiting#PATIENCE]
  public Visit connection(int n) {
    Waiting.on(this, "connection " + n, () -> visits.size() >= n, this::toString);
    synchronized (this) {
      return visits.get(n - 1);
    }
  }

  /// Waits until so many requests have come completely.
  ///
  /// @param n how many, at least
  public void awaitRequests(int n) {
    Waiting.on(this, n + " complete requests", () -> executions() >= n, this::toString);
  }

  /// Waits until the heads of so many requests have come, whatever becomes of their bodies.
  ///
  /// @param n how many, at least
  public void awaitHeads(int n) {
    Waiting.on(this, "the heads of " + n + " requests", () -> seen.size() >= n, this::toString);
  }

  /// Waits until a connection is closed, by whichever side.
  ///
  /// @param n the first being 1
  public void awaitClosed(int n) {
    Visit visit = connection(n);
    Waiting.on(this, "connection " + n + " to close", () -> !visit.isOpen(), this::toString);
  }

  /// Waits until the peer has closed a connection that the script has not.
  ///
  /// @param n the first being 1
  public void awaitHangUp(int n) {
    Visit visit = connection(n);
    Waiting.on(this, "the peer to close connection " + n, visit::hungUp, this::toString);
  }

  /// What went wrong so far on this side; [#close] fails unless it is empty.
  ///
  /// @return a snapshot
  public synchronized List<String> problems() {
    return List.copyOf(problems);
  }

  /// Forgets the problems that a test provoked and has looked at.
  public synchronized void forgetProblems() {
    problems.clear();
  }

  /// Takes no more connections, ends those there are, and fails when there were problems.
  ///
  /// @throws AssertionError with the problems
  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    try {
      door.close().close();
      // The port is closed once the thread that waits for connections has noticed.
      taker.join(Waiting.PATIENCE);
      List<Visit> all;
      synchronized (this) {
        all = List.copyOf(visits);
      }
      all.forEach(Visit::expel);
      for (Visit visit : all) {
        visit.awaitDone();
      }
    } catch (IOException | InterruptedException e) {
      problem("closing failed: " + e);
    }
    if (!problems().isEmpty()) {
      throw new AssertionError("problems at the backend: " + String.join("; ", problems()));
    }
  }

  /// Everything that came, for failure texts.
  @Override
  public synchronized String toString() {
    return "%s, requests %s, problems %s"
        .formatted(
            visits.stream().map(Visit::toString).collect(Collectors.joining(", ")), seen, problems);
  }

  // ---- told and asked by visits

  synchronized int keptOfEachBody() {
    return keptOfEachBody;
  }

  synchronized int arrived(Seen head) {
    seen.add(head);
    notifyAll();
    return seen.size() - 1;
  }

  synchronized void progressed(int place, Seen now) {
    seen.set(place, now);
    notifyAll();
  }

  synchronized Script scriptFor(Seen head) {
    if (!scripts.isEmpty()) {
      return scripts.removeFirst();
    }
    return otherwise.orElseGet(
        () -> {
          Step complain = visit -> problem("no script for " + head);
          return new Script(false, List.of(complain, Steps.answer(500), Steps.close()));
        });
  }

  synchronized void problem(String text) {
    problems.add(text);
    notifyAll();
  }

  synchronized void changed() {
    notifyAll();
  }

  private void takeConnections() {
    try {
      while (true) {
        take(door.next().accept());
      }
    } catch (IOException e) {
      synchronized (this) {
        if (!closed) {
          problem("no more connections: " + e);
        }
      }
    }
  }

  private synchronized void take(Wire wire) throws IOException {
    if (closed) {
      wire.drop().close();
      return;
    }
    Visit visit = new Visit(this, wire, visits.size() + 1);
    visits.add(visit);
    visit.start();
    notifyAll();
  }
}
