package llmhop.http.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import llmhop.http.wire.Flow.End;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// How streams on a pump begin and end, over real connections: a backend writes to `from.outer`, a
/// caller reads from `to.outer`.
final class FlowEndsTest {
  private final Pump pump = new Pump(() -> true, 1 << 20, System::nanoTime);
  private final AtomicLong progress = new AtomicLong();
  private final AtomicInteger surplus = new AtomicInteger();
  private final AtomicLong shown = new AtomicLong();
  private Pair from;
  private Pair to;
  private ChunkDecoder chunks = new ChunkDecoder();
  private Flow flow;
  private FutureTask<End> end;
  private Thread waiter;

  /// A connection over loopback.
  ///
  /// @param inner the end that the pump has
  /// @param outer the end that a test plays
  private record Pair(SocketChannel inner, SocketChannel outer) {
    static Pair open() throws IOException {
      try (var server = ServerSocketChannel.open()) {
        server.setOption(StandardSocketOptions.SO_RCVBUF, 32 * 1024);
        server.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
        var outer = SocketChannel.open();
        outer.setOption(StandardSocketOptions.SO_RCVBUF, 32 * 1024);
        outer.setOption(StandardSocketOptions.SO_SNDBUF, 32 * 1024);
        outer.connect(server.getLocalAddress());
        SocketChannel inner = server.accept();
        inner.setOption(StandardSocketOptions.SO_SNDBUF, 32 * 1024);
        return new Pair(inner, outer);
      }
    }

    void close() throws IOException {
      inner.close();
      outer.close();
    }
  }

  private final class Source implements Flow.Source {
    @Override
    public SocketChannel channel() {
      return from.inner;
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
    public void paused() {}

    @Override
    public void surplus() {
      surplus.incrementAndGet();
    }
  }

  private final class Sink implements Flow.Sink {
    private final ByteBuffer ahead = ByteBuffer.allocate(1000);

    @Override
    public SocketChannel channel() {
      return to.inner;
    }

    @Override
    public boolean readAhead() throws IOException {
      if (to.inner.read(ahead) < 0) {
        throw new EOFException("left");
      }
      return ahead.hasRemaining();
    }
  }

  @BeforeEach
  void connect() throws IOException {
    from = Pair.open();
    to = Pair.open();
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    Waiting.await("no flow and no byte kept", () -> pump.flows() == 0 && pump.pendingBytes() == 0);
    pump.close();
    from.close();
    to.close();
  }

  private Flow newFlow() {
    return new Flow(pump, new Source(), new Sink(), (bytes, a, b) -> shown.addAndGet(b - a));
  }

  private void start() {
    start(newFlow());
  }

  private void start(Flow next) {
    flow = next;
    end = new FutureTask<>(next::relay);
    waiter = Thread.ofVirtual().start(end);
  }

  private void flowing() {
    start();
    Waiting.await("the flow to begin", () -> pump.flows() == 1 && !to.inner.isBlocking());
  }

  /// How it ended; both channels block again then, if they are open.
  private End end() throws Exception {
    End how = end.get(Waiting.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    assertTrue(!from.inner.isOpen() || from.inner.isBlocking());
    assertTrue(!to.inner.isOpen() || to.inner.isBlocking());
    return how;
  }

  private void send(String latin1) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(latin1.getBytes(StandardCharsets.ISO_8859_1));
    while (bytes.hasRemaining()) {
      from.outer.write(bytes);
    }
  }

  private String read(int size) throws IOException {
    ByteBuffer all = ByteBuffer.allocate(size);
    while (all.hasRemaining() && to.outer.read(all) >= 0) {}
    return new String(all.array(), 0, all.position(), StandardCharsets.ISO_8859_1);
  }

  private static void reset(SocketChannel channel) throws IOException {
    channel.setOption(StandardSocketOptions.SO_LINGER, 0);
    channel.close();
  }

  /// Sends chunks until nothing is taken any more; returns how many bytes were.
  private FutureTask<Long> flood(long most) {
    byte[] chunk = ("1000\r\n" + "x".repeat(4096) + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
    var flood =
        new FutureTask<>(
            () -> {
              long sent = 0;
              while (sent < most) {
                ByteBuffer bytes = ByteBuffer.wrap(chunk);
                while (bytes.hasRemaining()) {
                  sent += from.outer.write(bytes);
                }
              }
              return sent;
            });
    Thread.ofVirtual().start(flood);
    return flood;
  }

  private void awaitStuck() {
    Waiting.await("bytes kept for a slow reader", () -> pump.pendingBytes() > 0);
    long[] last = {-1};
    int[] same = {0};
    Waiting.await(
        "nothing more to be read in ten rounds of the pump",
        () -> {
          var round = new CountDownLatch(1);
          pump.submit(round::countDown);
          Waiting.await("a round", () -> round.getCount() == 0);
          same[0] = pump.pendingBytes() > 0 && last[0] == progress.get() ? same[0] + 1 : 0;
          last[0] = progress.get();
          return same[0] >= 10;
        });
  }

  @Test
  void aWholeStreamFlowsAsItComes() throws Exception {
    flowing();
    send("3;x\r\nabc\r\n");
    assertEquals("3\r\nabc\r\n", read(8));
    send("002\r\nd");
    assertEquals("2\r\nd", read(4));
    send("e\r\n0\r\nTrailer: x\r\n\r\n");
    assertEquals("e\r\n", read(3));
    assertEquals(End.WHOLE, end());
    assertEquals(5, shown.get());
    assertEquals(0, surplus.get());
    assertTrue(flow.failure().isEmpty());
  }

  @Test
  void whatWasThereBeforeItBeganFlowsToo() throws Exception {
    send("3\r\nabc\r\n0\r\n\r\n");
    start();
    assertEquals(End.WHOLE, end());
    assertEquals("3\r\nabc\r\n", read(8));
  }

  @Test
  void whatComesBehindTheEndIsTold() throws Exception {
    send("0\r\n\r\nHTTP/1.1 200 OK");
    start();
    assertEquals(End.WHOLE, end());
    assertEquals(1, surplus.get());
  }

  @Test
  void aSlowReaderStopsTheSourceAndGetsEveryByte() throws Exception {
    flowing();
    long most = 8_000_000;
    FutureTask<Long> flood = flood(most);
    awaitStuck();
    assertFalse(flood.isDone(), "the source isn't read");
    assertTrue(pump.pendingBytes() <= PendingPool.SIZE, pump.pendingBytes() + " bytes");
    // It goes on as soon as the reader does, at its pace.
    long chunks = (most + 4103) / 4104;
    for (long chunk = 0; chunk < chunks; chunk++) {
      assertEquals("1000\r\n" + "x".repeat(4096) + "\r\n", read(4104));
    }
    assertEquals(chunks * 4104, flood.get());
    send("0\r\n\r\n");
    assertEquals(End.WHOLE, end());
    assertEquals(chunks * 4096, shown.get());
  }

  @Test
  void theEndOfTheSourceWaitsForWhatIsKept() throws Exception {
    flowing();
    FutureTask<Long> flood = flood(Long.MAX_VALUE);
    awaitStuck();
    assertFalse(end.isDone());
    reset(from.outer);
    long passed = shown.get();
    var rest = new FutureTask<>(() -> read(100_000_000));
    Thread.ofVirtual().start(rest);
    assertEquals(End.SOURCE_FAILED, end());
    assertFalse(flow.isCut());
    to.inner.close();
    long body = rest.get().chars().filter(octet -> octet == 'x').count();
    assertTrue(body >= passed, body + " of " + passed);
    assertEquals(shown.get(), body);
    Waiting.await("the flood to end", flood::isDone);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aReaderThatLeavesEndsItWhetherItIsWrittenToOrNot(boolean byReset) throws Exception {
    flowing();
    send("3\r\nabc\r\n");
    read(8);
    if (byReset) {
      reset(to.outer);
    } else {
      to.outer.close();
    }
    assertEquals(End.SINK_LEFT, end());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aSlowReaderThatLeavesEndsItToo(boolean byReset) throws Exception {
    flowing();
    FutureTask<Long> flood = flood(Long.MAX_VALUE);
    awaitStuck();
    if (byReset) {
      reset(to.outer);
    } else {
      to.outer.shutdownOutput();
    }
    assertEquals(End.SINK_LEFT, end());
    assertEquals(0, pump.pendingBytes());
    from.close();
    Waiting.await("the flood to end", flood::isDone);
  }

  @Test
  void whatAReaderSendsIsReadAheadToItsLimitAndNotBeyond() throws Exception {
    flowing();
    to.outer.write(ByteBuffer.allocate(5000));
    send("3\r\nabc\r\n0\r\n\r\n");
    assertEquals(End.WHOLE, end());
    assertEquals(4000, to.inner.read(ByteBuffer.allocate(5000)), "the rest is still there");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aSourceThatBreaksOffFailsIt(boolean byReset) throws Exception {
    flowing();
    send("5\r\nab");
    assertEquals("5\r\nab", read(5));
    if (byReset) {
      reset(from.outer);
    } else {
      from.outer.close();
    }
    assertEquals(End.SOURCE_FAILED, end());
    assertTrue(flow.failure().isPresent());
    assertEquals(3, chunks.leftOfChunk());
  }

  @Test
  void whatAreNoChunksFailsItBehindTheGoodBytes() throws Exception {
    send("3\r\nabc\r\nnonsense");
    start();
    assertEquals(End.SOURCE_FAILED, end());
    assertInstanceOf(MalformedException.class, flow.failure().orElseThrow());
    assertEquals("3\r\nabc\r\n", read(8));
  }

  @Test
  void itMayBeStoppedBeforeItBegins() throws Exception {
    Flow stopped = newFlow();
    stopped.stop(End.STOPPED);
    start(stopped);
    assertEquals(End.STOPPED, end());
    assertEquals(0, pump.flows());
  }

  @Test
  void itMayBeStoppedFromAnyThreadWhileItFlowsAndTheFirstReasonCounts() throws Exception {
    flowing();
    flow.stop(End.SINK_STALLED);
    flow.stop(End.STOPPED);
    assertEquals(End.SINK_STALLED, end());
    flow.stop(End.STOPPED);
    assertEquals(0, pump.flows());
  }

  @Test
  void closingAChannelWithAStopEndsIt() throws Exception {
    flowing();
    from.inner.close();
    flow.stop(End.STOPPED);
    assertEquals(End.STOPPED, end());
  }

  @Test
  void aChannelThatIsClosedAlreadyEndsItAtOnce() throws Exception {
    from.inner.close();
    start();
    assertEquals(End.SOURCE_FAILED, end());
    from = Pair.open();
    to.inner.close();
    start();
    assertEquals(End.SINK_LEFT, end());
  }

  @Test
  void anInterruptOfWhoeverWaitsEndsIt() throws Exception {
    flowing();
    waiter.interrupt();
    Waiting.await("the waiter to come back", end::isDone);
    assertEquals(FutureTask.State.FAILED, end.state());
    assertInstanceOf(InterruptedException.class, end.exceptionNow());
    assertTrue(from.inner.isBlocking() && to.inner.isBlocking());
  }

  @Test
  void itIsStalledOnlyWhileAReaderTakesNothing() throws Exception {
    flowing();
    assertFalse(flow.isStalled(System.nanoTime() + 1_000_000_000, 1));
    FutureTask<Long> flood = flood(Long.MAX_VALUE);
    awaitStuck();
    long second = 1_000_000_000L;
    assertTrue(flow.isStalled(System.nanoTime() + second, second));
    assertFalse(flow.isStalled(System.nanoTime(), 60 * second));
    flow.stop(End.SINK_STALLED);
    assertEquals(End.SINK_STALLED, end());
    assertEquals(0, pump.pendingBytes());
    from.close();
    Waiting.await("the flood to end", flood::isDone);
  }

  @Test
  void manyFlowsOneAfterTheOtherShareTheSameChannels() throws Exception {
    for (int i = 0; i < 2_000; i++) {
      chunks = new ChunkDecoder();
      start();
      send("1\r\n" + (char) ('a' + i % 26) + "\r\n0\r\n\r\n");
      assertEquals("1\r\n" + (char) ('a' + i % 26) + "\r\n", read(6));
      assertEquals(End.WHOLE, end(), "the flow " + i);
    }
    assertEquals(2_000, shown.get());
  }

  @Test
  void thePumpsEndEndsFlowsAndLetsWaitersGo() throws Exception {
    flowing();
    FutureTask<Long> flood = flood(Long.MAX_VALUE);
    awaitStuck();
    pump.close();
    assertEquals(End.STOPPED, end());
    from.close();
    Waiting.await("the flood to end", flood::isDone);
  }

  @Test
  void aFlowOnAPumpThatHasEndedIsStopped() throws Exception {
    flowing();
    pump.close();
    assertEquals(End.STOPPED, end());
    start();
    assertEquals(End.STOPPED, end());
    assertEquals(0, pump.flows());
  }

  @Test
  void aFlowThatBeginsWhileThePumpEndsIsNeverForgotten() throws Exception {
    for (int i = 0; i < 300; i++) {
      var ending = new Pump(() -> true, 0, System::nanoTime);
      ending.start();
      var next = new Flow(ending, new Source(), new Sink(), (bytes, a, b) -> {});
      start(next);
      ending.close();
      assertEquals(End.STOPPED, end());
      assertEquals(0, ending.flows());
    }
  }
}
