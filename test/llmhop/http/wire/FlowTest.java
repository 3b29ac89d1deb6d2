package llmhop.http.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A stream on a pump between two real connections, whose far ends a test plays: the backend's
/// writes and the caller's reads.
final class FlowTest {
  private static final ChunkDecoder.Runs UNSEEN = (bytes, from, to) -> {};

  private Pump pump;
  private Pair backend;
  private Pair caller;
  private Source source;
  private Flow flow;
  private FutureTask<Flow.End> end;

  /// A connection over loopback.
  ///
  /// @param inner the end that flows
  /// @param outer the end that a test plays
  private record Pair(SocketChannel inner, SocketChannel outer) {
    static Pair open() throws IOException {
      try (var server = ServerSocketChannel.open()) {
        server.setOption(StandardSocketOptions.SO_RCVBUF, 64 * 1024);
        server.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
        var outer = SocketChannel.open();
        outer.setOption(StandardSocketOptions.SO_RCVBUF, 64 * 1024);
        outer.connect(server.getLocalAddress());
        SocketChannel inner = server.accept();
        inner.setOption(StandardSocketOptions.SO_SNDBUF, 64 * 1024);
        return new Pair(inner, outer);
      }
    }

    void send(String latin1) throws IOException {
      for (var left = ByteBuffer.wrap(bytes(latin1)); left.hasRemaining(); ) {
        outer.write(left);
      }
    }

    byte[] read(int size) throws IOException {
      outer.socket().setSoTimeout(3_000);
      return outer.socket().getInputStream().readNBytes(size);
    }

    /// Fills what is between its ends, until not a byte more goes in.
    ///
    /// @return how many went in
    int fill() throws IOException {
      inner.configureBlocking(false);
      ByteBuffer piece = ByteBuffer.allocate(1024);
      int sum = 0;
      int tries = 0;
      while (tries < 100) {
        int written = inner.write(piece.clear());
        sum += written;
        tries = written > 0 ? 0 : tries + 1;
        if (written == 0) {
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
      }
      inner.configureBlocking(true);
      return sum;
    }
  }

  private static byte[] bytes(String latin1) {
    return latin1.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static final class Source implements Flow.Source {
    private final SocketChannel channel;
    private final ChunkDecoder chunks = new ChunkDecoder();
    final AtomicInteger progress = new AtomicInteger();
    final AtomicInteger pauses = new AtomicInteger();
    final AtomicInteger surplus = new AtomicInteger();

    Source(SocketChannel channel) {
      this.channel = channel;
    }

    @Override
    public SocketChannel channel() {
      return channel;
    }

    @Override
    public ChunkDecoder chunks() {
      return chunks;
    }

    @Override
    public void progress() {
      progress.incrementAndGet();
    }

    @Override
    public void paused() {
      pauses.incrementAndGet();
    }

    @Override
    public void surplus() {
      surplus.incrementAndGet();
    }
  }

  private interface Sighting {
    void run();
  }

  /// Tells of what the caller sends, and takes its end for an end.
  private record Sink(SocketChannel channel, Sighting sighting) implements Flow.Sink {
    @Override
    public boolean readAhead() throws IOException {
      sighting.run();
      if (channel.read(ByteBuffer.allocate(100)) < 0) {
        throw new EOFException("the caller has left");
      }
      return true;
    }
  }

  @BeforeEach
  void connect() throws IOException {
    pump = new Pump(() -> true, 1 << 20, System::nanoTime);
    backend = Pair.open();
    caller = Pair.open();
    source = new Source(backend.inner);
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    backend.outer.close();
    caller.outer.close();
    Waiting.await("the flow to be over", () -> end.isDone());
    backend.inner.close();
    caller.inner.close();
    assertEquals(0, pump.flows());
    assertEquals(0, pump.pendingBytes());
    pump.close();
  }

  private void flow() {
    flow(UNSEEN, () -> {});
  }

  private void flow(ChunkDecoder.Runs runs, Sighting sighting) {
    flow = new Flow(pump, source, new Sink(caller.inner, sighting), runs);
    end = new FutureTask<>(flow::relay);
    Thread.ofVirtual().start(end);
    Waiting.await("it to flow", () -> pump.flows() == 1);
  }

  private Flow.End end() throws Exception {
    return end.get(Waiting.PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  @Test
  void chunksPassInTheirPlainestSpelling() throws Exception {
    flow();
    backend.send("003;a=b\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: dropped\r\n\r\n");
    assertSame(Flow.End.WHOLE, end());
    assertArrayEquals(bytes("3\r\nabc\r\na\r\n0123456789\r\n"), caller.read(23));
    assertEquals(0, source.surplus.get());
    assertTrue(backend.inner.isBlocking() && caller.inner.isBlocking());
  }

  @Test
  void whatFollowsTheLastChunkIsToldOf() throws Exception {
    flow();
    backend.send("1\r\na\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n");
    assertSame(Flow.End.WHOLE, end());
    assertEquals(1, source.surplus.get());
    assertArrayEquals(bytes("1\r\na\r\n"), caller.read(6));
  }

  /// The line of the chunk's size came before, and goes out with a whole buffer of data.
  @Test
  void nothingIsLostWhereAFullCallerGetsALineThatCameInPieces() throws Exception {
    int filled = caller.fill();
    flow();
    backend.send("8000\r");
    Waiting.await("half the line to be taken", () -> source.progress.get() == 1);
    String data = "abcdefgh".repeat(0x8000 / 8);
    backend.send("\n" + data + "\r\n0\r\n\r\n");
    Waiting.await("something to be kept", () -> pump.pendingBytes() > 0);
    caller.read(filled);
    assertArrayEquals(bytes("8000\r\n" + data + "\r\n"), caller.read(0x8000 + 8));
    assertSame(Flow.End.WHOLE, end());
  }

  @Test
  void aFullCallerStopsTheBackendAndGetsEveryByteLater() throws Exception {
    flow();
    byte[] random = new byte[20_000];
    new Random(1).nextBytes(random);
    String chunk = new String(random, StandardCharsets.ISO_8859_1);
    int times = 1000;
    Thread sending =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    for (int i = 0; i < times; i++) {
                      backend.send("4E20\r\n" + chunk + "\r\n");
                    }
                    backend.send("0\r\n\r\n");
                  } catch (IOException e) {
                    // The caller's side misses them.
                  }
                });
    Waiting.await("the caller to be full", () -> source.pauses.get() > 0);
    long before = source.progress.get();
    assertFalse(sending.join(Duration.ofMillis(300)), "the backend is stopped");
    assertTrue(pump.pendingBytes() <= PendingPool.SIZE);
    assertTrue(source.progress.get() - before < 1000);
    byte[] expected = bytes("4e20\r\n" + chunk + "\r\n");
    for (int i = 0; i < times; i++) {
      assertArrayEquals(expected, caller.read(expected.length), "chunk " + i);
    }
    assertSame(Flow.End.WHOLE, end());
  }

  /// A limit on an idle backend must not count while nothing is read from it.
  @Test
  void theSourceIsToldWhenNobodyReadsFromItAndWhenSomebodyDoesAgain() throws Exception {
    int filled = caller.fill();
    flow();
    backend.send("1\r\na\r\n");
    Waiting.await("it to be told", () -> source.pauses.get() == 1);
    assertEquals(1, source.progress.get());
    caller.read(filled);
    Waiting.await("it to be told", () -> source.progress.get() == 2);
    assertArrayEquals(bytes("1\r\na\r\n"), caller.read(6));
  }

  @Test
  void itIsCutWhereWhatHadPassedWasDropped() throws Exception {
    caller.fill();
    flow();
    backend.send("1\r\na\r\n");
    Waiting.await("something to be kept", () -> pump.pendingBytes() > 0);
    flow.stop(Flow.End.STOPPED);
    assertSame(Flow.End.STOPPED, end());
    assertTrue(flow.isCut());
  }

  @Test
  void itIsNotCutWhereAllThatPassedWentOut() throws Exception {
    flow();
    backend.send("1\r\na\r\n");
    assertArrayEquals(bytes("1\r\na\r\n"), caller.read(6));
    flow.stop(Flow.End.STOPPED);
    assertSame(Flow.End.STOPPED, end());
    assertFalse(flow.isCut());
  }

  @Test
  void aBackendThatBreaksOffEndsItBehindWhatCame() throws Exception {
    flow();
    backend.send("5\r\nab");
    backend.outer.close();
    assertSame(Flow.End.SOURCE_FAILED, end());
    assertInstanceOf(EOFException.class, flow.failure().orElseThrow());
    assertArrayEquals(bytes("5\r\nab"), caller.read(5));
    assertTrue(source.chunks().leftOfChunk() == 3 && !flow.isCut());
  }

  @Test
  void whatIsNoChunkEndsItBehindWhatCame() throws Exception {
    flow();
    backend.send("2\r\nab\r\nrubbish\r\n");
    assertSame(Flow.End.SOURCE_FAILED, end());
    assertInstanceOf(MalformedException.class, flow.failure().orElseThrow());
    assertArrayEquals(bytes("2\r\nab\r\n"), caller.read(7));
  }

  /// What a fault of ours has taken from the stream is lost: it must not go on without it.
  @Test
  void aFaultOnThePumpEndsItAndIsThrownToWhoWaits() throws Exception {
    var fault = new OutOfMemoryError("a test's");
    flow(
        (bytes, from, to) -> {
          throw fault;
        },
        () -> {});
    backend.send("1\r\na\r\n");
    var thrown = assertThrows(ExecutionException.class, this::end);
    assertSame(fault, thrown.getCause());
    assertTrue(flow.isCut());
    assertTrue(backend.inner.isBlocking() && caller.inner.isBlocking());
  }

  /// Both channels are in blocking mode then, and another thread's. The selector gives them out in
  /// the order in which they became ready, and a busy kernel may deliver the caller's end behind
  /// the backend's bytes: such a round proves nothing, and another one follows.
  @Test
  void nothingIsReadFromTheBackendOnceTheCallerLeftThoughBothWereReadyAtOnce() throws Exception {
    int rounds = 1;
    while (readsOnceTheCallerLeft() > 0) {
      rounds++;
      assertTrue(rounds < 20, "the backend was read in every round");
      nothingIsLeft();
      connect();
    }
  }

  /// @return how often the backend was read
  private int readsOnceTheCallerLeft() throws Exception {
    var holding = new CountDownLatch(1);
    var reached = new CountDownLatch(1);
    var held = new AtomicInteger();
    flow(
        UNSEEN,
        () -> {
          if (held.getAndIncrement() == 0) {
            reached.countDown();
            await(holding);
          }
        });
    caller.send("x");
    await(reached);
    caller.outer.close();
    backend.send("1\r\na\r\n");
    holding.countDown();
    assertSame(Flow.End.SINK_LEFT, end());
    var round = new CountDownLatch(1);
    pump.submit(round::countDown);
    await(round);
    return source.progress.get();
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(Waiting.PATIENCE.toSeconds(), TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }
}
