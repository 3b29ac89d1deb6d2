package llmhop.kit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;

/// A caller that writes any bytes it likes and reads answers to the letter.
///
/// ```java
/// try (RawCaller caller = RawCaller.to(port)) {
///   Answer answer = caller.ask(post("/v1/chat/completions", json));
///   assertEquals(200, answer.status());
/// }
/// ```
///
/// An answer that isn't HTTP/1.1, and one that doesn't come within [Waiting#PATIENCE], fail the
/// test. It reads only when told to, and knows that an answer to HEAD has no body where the HEAD
/// was sent as a [Request]. One thread uses it.
public final class RawCaller implements AutoCloseable {
  private final Wire wire;
  private final Intake intake;
  private final AnswerReader answers;
  private final Deque<String> methods = new ArrayDeque<>();

  private RawCaller(Wire wire) {
    this.wire = wire;
    this.intake = new Intake(wire.in(), Optional.of(Waiting.PATIENCE), () -> {});
    this.answers = new AnswerReader(intake);
    intake.start("intake of a caller");
  }

  /// Connects to a port of 127.0.0.1.
  ///
  /// @param port where somebody listens
  /// @return the caller, connected
  public static RawCaller to(int port) {
    return to(loopback(port));
  }

  /// Connects to an address, or to a Unix socket.
  ///
  /// @param address where somebody listens
  /// @return the caller, connected
  public static RawCaller to(SocketAddress address) {
    return new RawCaller(connected(() -> Wire.to(address)));
  }

  /// Connects to a port of 127.0.0.1 from another address of this machine, such as 127.0.0.2.
  ///
  /// @param own the address to connect from
  /// @param port where somebody listens
  /// @return the caller, connected
  public static RawCaller from(String own, int port) {
    return new RawCaller(connected(() -> Wire.from(InetAddress.ofLiteral(own), loopback(port))));
  }

  /// Connects to a port of 127.0.0.1 with TLS; the handshake comes with the first bytes.
  ///
  /// @param port where somebody listens
  /// @param context with the trust, and a certificate if it is to show one
  /// @param serverName whom it asks for (SNI); the certificate's name is not compared with it
  /// @return the caller, connected
  public static RawCaller tls(int port, SSLContext context, String serverName) {
    return new RawCaller(connected(() -> Wire.tlsTo(loopback(port), context, serverName)));
  }

  /// One request on a connection of its own.
  ///
  /// @param port of 127.0.0.1
  /// @param request what to ask
  /// @return the answer
  public static Answer ask(int port, Request request) {
    try (RawCaller caller = to(port)) {
      return caller.ask(request);
    }
  }

  // ---- sending

  /// Sends a request and reads its answer.
  ///
  /// @param request what to ask
  /// @return the answer
  public Answer ask(Request request) {
    send(request);
    return read();
  }

  /// Sends a request with one write.
  ///
  /// @param request what to send
  public void send(Request request) {
    methods.add(request.method());
    send(request.bytes());
  }

  /// Sends a request of which each byte is a write of its own.
  ///
  /// @param request what to send
  public void sendByteByByte(Request request) {
    methods.add(request.method());
    byte[] bytes = request.bytes();
    bounded(
        () -> {
          for (byte b : bytes) {
            write(new byte[] {b});
          }
        });
  }

  /// Sends a request in two writes.
  ///
  /// @param request what to send
  /// @param at how many bytes the first write has
  public void sendSplit(Request request, int at) {
    methods.add(request.method());
    byte[] bytes = request.bytes();
    send(Arrays.copyOf(bytes, at));
    send(Arrays.copyOfRange(bytes, at, bytes.length));
  }

  /// Sends a head, and remembers its method; the body is to follow or not.
  ///
  /// @param request whose head to send
  public void sendHead(Request request) {
    methods.add(request.method());
    send(request.head());
  }

  /// Sends any text, as UTF-8, with one write.
  ///
  /// @param text what to send
  public void send(String text) {
    send(text.getBytes(StandardCharsets.UTF_8));
  }

  /// Sends any bytes with one write.
  ///
  /// @param bytes what to send
  /// @throws UncheckedIOException when the peer is gone
  /// @throws AssertionError when the peer takes none for [Waiting#PATIENCE]
  public void send(byte[] bytes) {
    bounded(() -> write(bytes));
  }

  /// Sends as much as the peer takes before one of the two closes: what a caller does that is
  /// refused early. Returns at once; read the answer meanwhile.
  ///
  /// @param bytes what to send
  /// @return the thread that sends, to be joined or not
  public Thread sendMeanwhile(byte[] bytes) {
    return sendMeanwhile(bytes, 1);
  }

  /// The same with a piece that is sent again and again, for uploads larger than the memory.
  ///
  /// @param piece what to send
  /// @param times how often
  /// @return the thread that sends, to be joined or not
  public Thread sendMeanwhile(byte[] piece, int times) {
    return Thread.ofVirtual()
        .name("a caller that goes on sending")
        .start(
            () -> {
              try {
                for (int i = 0; i < times; i++) {
                  write(piece);
                }
              } catch (IOException e) {
                // The peer has had enough, which is its right.
              }
            });
  }

  /// Says that no more will be sent, and goes on reading.
  public void halfClose() {
    unchecked(() -> wire.halfClose().close());
  }

  /// Resets the connection; over a Unix socket a plain close.
  public void reset() {
    unchecked(() -> wire.reset().close());
    intake.stop();
  }

  /// Closes the connection at once, whatever is unread.
  @Override
  public void close() {
    unchecked(() -> wire.drop().close());
    intake.stop();
  }

  // ---- reading

  /// The next whole answer, or what is left of one that was begun by [#readHead].
  ///
  /// @return the answer, with the interim ones before it; a cut body is no failure, ask its end
  /// @throws AssertionError when it isn't HTTP, or the connection ends in the head
  public Answer read() {
    return reading(
        () -> {
          while (!answers.hasHead()) {
            answers.head(isToHead());
          }
          methods.poll();
          return answers.rest();
        });
  }

  /// The next head, interim or final, as soon as it is there.
  ///
  /// @return the head
  public AnswerHead readHead() {
    return reading(() -> answers.head(isToHead()));
  }

  /// The next chunk of the answer whose head was read.
  ///
  /// @return the chunk, empty at the last one
  public Optional<Chunk> readChunk() {
    return reading(answers::chunk);
  }

  /// The next bytes of the body, as soon as there are any; a whole chunk where there are chunks.
  ///
  /// @return the bytes as UTF-8, empty at the end
  public Optional<String> readSome() {
    return reading(answers::some).map(bytes -> new String(bytes, StandardCharsets.UTF_8));
  }

  /// Reads of the body what there is, until it holds a text.
  ///
  /// @param text ASCII to wait for
  /// @return the bytes read by this call as text, with those behind the text that came along
  public String readUntil(String text) {
    StringBuilder all = new StringBuilder();
    while (all.indexOf(text) < 0) {
      all.append(
          readSome()
              .orElseThrow(
                  () -> new AssertionError("the answer ended without " + text + ": " + all)));
    }
    return all.toString();
  }

  // ---- the end

  /// Waits for the peer to close or reset the connection; bytes before that are a failure.
  ///
  /// @throws AssertionError when it sends something, or goes on living
  public void awaitClosedByPeer() {
    reading(
        () -> {
          intake.awaitBytesOrEnd();
          return null;
        });
    if (intake.available() > 0) {
      throw new AssertionError("bytes instead of a close: " + rest());
    }
  }

  /// The peer has closed or reset the connection, as far as is known here now.
  ///
  /// @return false may mean that it is on its way: use [#awaitClosedByPeer] for a yes
  public boolean isClosedByPeer() {
    intake.watch(true);
    return intake.ended();
  }

  /// The connection ended with a reset, not with a plain close.
  ///
  /// @return false as long as it lives
  public boolean wasReset() {
    return intake.ended() && intake.failure().isPresent();
  }

  private boolean isToHead() {
    return "HEAD".equals(methods.peek());
  }

  private void write(byte[] bytes) throws IOException {
    wire.out().write(bytes);
    wire.out().flush();
  }

  private interface Action {
    void run() throws IOException;
  }

  private static void unchecked(Action action) {
    try {
      action.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void bounded(Action action) {
    AtomicReference<IOException> failure = new AtomicReference<>();
    Thread writer =
        Thread.ofVirtual()
            .name("a caller that sends")
            .start(
                () -> {
                  try {
                    action.run();
                  } catch (IOException e) {
                    failure.set(e);
                  }
                });
    try {
      if (!writer.join(Waiting.PATIENCE)) {
        close();
        throw Waiting.failure("the peer to take what was sent", "it does not read");
      }
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted while sending", e);
    }
    if (failure.get() != null) {
      throw new UncheckedIOException(failure.get());
    }
  }

  private interface Reading<T> {
    T read() throws IOException;
  }

  private <T> T reading(Reading<T> reading) {
    try {
      return reading.read();
    } catch (IOException e) {
      throw new AssertionError(e.getMessage() + "; so far: " + rest(), e);
    }
  }

  private String rest() {
    return new String(answers.taken(), StandardCharsets.UTF_8);
  }

  private interface Connecting {
    Wire connect() throws IOException;
  }

  private static Wire connected(Connecting connecting) {
    try {
      return connecting.connect();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port);
  }
}
