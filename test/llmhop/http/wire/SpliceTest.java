package llmhop.http.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import llmhop.http.wire.Splice.Result;
import llmhop.http.wire.Splice.Side;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Two real connections spliced: `outer.A` and `outer.B` are the far ends.
@Timeout(60)
final class SpliceTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final Duration SHORT = Duration.ofMillis(100);
  private static final byte[] NOTHING = {};

  private Pair a;
  private Pair b;
  private FutureTask<Result> result;
  private Thread thread;

  /// A connection over loopback.
  ///
  /// @param inner the end that is spliced
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
  }

  @BeforeEach
  void connect() throws IOException {
    a = Pair.open();
    b = Pair.open();
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    a.outer.close();
    b.outer.close();
    result();
    assertTrue(!a.inner.isOpen() && !b.inner.isOpen());
  }

  private void splice(byte[] earlyFromB, Duration drain, Duration stall) {
    var transportA = new PlainTransport(a.inner);
    var transportB = new PlainTransport(b.inner);
    result =
        new FutureTask<>(
            () ->
                Splice.run(
                    transportA,
                    transportB,
                    earlyFromB,
                    drain,
                    stall,
                    new InletMemory(1 << 20, new HeapBudget(1 << 24)),
                    System::nanoTime));
    thread = Thread.ofVirtual().start(result);
  }

  private void splice() {
    splice(NOTHING, LONG, LONG);
  }

  private Result result() throws Exception {
    return result.get(Waiting.PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  private SocketChannel outer(Side side) {
    return side == Side.A ? a.outer : b.outer;
  }

  private static Side other(Side side) {
    return side == Side.A ? Side.B : Side.A;
  }

  private static void send(SocketChannel to, String latin1) throws IOException {
    send(to, latin1.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static void send(SocketChannel to, byte[] bytes) throws IOException {
    for (var buffer = ByteBuffer.wrap(bytes); buffer.hasRemaining(); ) {
      to.write(buffer);
    }
  }

  private static byte[] read(SocketChannel from, int size, int step) throws IOException {
    ByteBuffer all = ByteBuffer.allocate(size);
    int read = 0;
    while (all.hasRemaining() && read >= 0) {
      all.limit(Math.min(size, all.position() + step));
      read = from.read(all);
      all.limit(size);
    }
    return java.util.Arrays.copyOf(all.array(), all.position());
  }

  private static String text(SocketChannel from, int size) throws IOException {
    return new String(read(from, size, size), StandardCharsets.ISO_8859_1);
  }

  /// What a read of a connection that is over gives: -1 for an end in order.
  private static int end(SocketChannel from) throws IOException {
    return from.read(ByteBuffer.allocate(1));
  }

  private static void reset(SocketChannel channel) throws IOException {
    channel.setOption(StandardSocketOptions.SO_LINGER, 0);
    channel.close();
  }

  @Test
  void millionsOfBytesGoBothWaysToSlowReadersUnchanged() throws Exception {
    splice();
    byte[] fromA = random(1, 4_000_000);
    byte[] fromB = random(2, 3_000_000);
    var tasks = new FutureTask<?>[2];
    tasks[0] = start(() -> send(a.outer, fromA));
    tasks[1] = start(() -> send(b.outer, fromB));
    FutureTask<byte[]> atB = new FutureTask<>(() -> read(b.outer, fromA.length, 3000));
    Thread.ofVirtual().start(atB);
    assertArrayEquals(fromB, read(a.outer, fromB.length, 700));
    assertArrayEquals(fromA, atB.get());
    for (FutureTask<?> task : tasks) {
      task.get();
    }
    a.outer.shutdownOutput();
    assertEquals(-1, end(b.outer));
    b.outer.close();
    assertEquals(new Result(4_000_000, 3_000_000, Side.A, Optional.empty()), result());
  }

  private static byte[] random(long seed, int size) {
    byte[] bytes = new byte[size];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  /// Something that may fail.
  private interface Work {
    void run() throws Exception;
  }

  private static FutureTask<?> start(Work work) {
    var task =
        new FutureTask<>(
            () -> {
              work.run();
              return "";
            });
    Thread.ofVirtual().start(task);
    return task;
  }

  @ParameterizedTest
  @EnumSource
  void aSideThatDoesNotReadStopsTheOther(Side reader) throws Exception {
    splice();
    byte[] all = random(3, 8_000_000);
    var sent = new AtomicLong();
    FutureTask<?> sender =
        start(
            () -> {
              for (var buffer = ByteBuffer.wrap(all); buffer.hasRemaining(); ) {
                // The system takes a part of a piece only when TCP is short of memory.
                int end = Math.min(all.length, buffer.position() + 8000);
                sent.addAndGet(outer(other(reader)).write(buffer.limit(end)));
                buffer.limit(all.length);
              }
            });
    // Stopped means that nothing more goes out for as long as a round of the other way takes.
    var before = new AtomicLong(-1);
    Waiting.await(
        "the sender to be stopped",
        () -> {
          try {
            send(outer(reader), "x");
            text(outer(other(reader)), 1);
          } catch (IOException e) {
            throw new AssertionError(e);
          }
          return sent.get() > 0 && before.getAndSet(sent.get()) == sent.get();
        });
    assertTrue(sent.get() < 2_000_000, "on the way: " + sent.get());
    assertArrayEquals(all, read(outer(reader), all.length, 100_000));
    sender.get();
  }

  @ParameterizedTest
  @EnumSource
  void aSideThatEndsHasAllItSentDelivered(Side side) throws Exception {
    splice();
    byte[] all = random(4, 300_000);
    FutureTask<?> sender =
        start(
            () -> {
              send(outer(side), all);
              outer(side).close();
            });
    assertArrayEquals(all, read(outer(other(side)), all.length, 1000));
    assertEquals(-1, end(outer(other(side))));
    sender.get();
    outer(other(side)).close();
    assertEquals(side, result().first());
    assertEquals(Optional.empty(), result().error());
    assertEquals(all.length, result().bytesFromA() + result().bytesFromB());
  }

  @ParameterizedTest
  @EnumSource
  void theOtherSideMaySayFarewellToOneThatEnded(Side side) throws Exception {
    splice();
    outer(side).shutdownOutput();
    assertEquals(-1, end(outer(other(side))));
    send(outer(other(side)), "farewell");
    outer(other(side)).close();
    assertEquals("farewell", text(outer(side), 8));
    assertEquals(-1, end(outer(side)));
    assertEquals(side, result().first());
  }

  @ParameterizedTest
  @EnumSource
  void aSideThatResetsEndsTheOtherInOrderAndIsToBlame(Side side) throws Exception {
    splice();
    send(outer(side), "last");
    assertEquals("last", text(outer(other(side)), 4));
    reset(outer(side));
    assertEquals(-1, end(outer(other(side))));
    outer(other(side)).close();
    assertEquals(side, result().first());
    assertTrue(result().error().isPresent());
  }

  @ParameterizedTest
  @EnumSource
  void aSideThatResetsWhileItIsWrittenToIsToBlame(Side side) throws Exception {
    splice();
    FutureTask<?> sender = start(() -> send(outer(other(side)), random(5, 8_000_000)));
    text(outer(side), 10_000);
    reset(outer(side));
    // What was on its way to nobody is read all the same, so that the sender isn't reset.
    sender.get();
    assertEquals(-1, end(outer(other(side))));
    outer(other(side)).close();
    assertEquals(side, result().first());
    assertTrue(result().error().isPresent());
  }

  @Test
  void earlyBytesComeFirst() throws Exception {
    splice(new byte[40_000], LONG, LONG);
    send(a.outer, "from a");
    assertEquals("from a", text(b.outer, 6));
    send(b.outer, "!");
    byte[] expected = new byte[40_001];
    expected[40_000] = '!';
    assertArrayEquals(expected, read(a.outer, 40_001, 9000));
    a.outer.close();
    b.outer.close();
    assertEquals(6, result().bytesFromA());
    assertEquals(40_001, result().bytesFromB());
  }

  @Test
  void aSideThatDoesNotEndIsWaitedForNoLongerThanTheDrain() throws Exception {
    splice(NOTHING, SHORT, LONG);
    long begin = System.nanoTime();
    a.outer.close();
    assertEquals(Side.A, result().first());
    assertTrue(System.nanoTime() - begin >= SHORT.toNanos());
  }

  @Test
  void aSideThatNeverReadsHoldsOneThatLeftNoLongerThanTheDrain() throws Exception {
    splice(new byte[4_000_000], SHORT, LONG);
    text(a.outer, 1);
    a.outer.shutdownOutput();
    assertEquals(Side.A, result().first());
    assertEquals(Optional.empty(), result().error());
  }

  @ParameterizedTest
  @EnumSource
  void aSideThatNeverReadsWhatIsThereIsToBlameInTheEnd(Side side) throws Exception {
    byte[] much = new byte[8_000_000];
    splice(NOTHING, LONG, SHORT);
    Thread sender = Thread.ofVirtual().start(() -> sendUnread(outer(other(side)), much));
    assertEquals(side, result().first());
    assertEquals("nothing was read for 100 ms", result().error().orElseThrow().getMessage());
    sender.join();
  }

  /// The end breaks off the sending.
  private static void sendUnread(SocketChannel to, byte[] much) {
    assertThrows(IOException.class, () -> send(to, much));
  }

  @Test
  void silenceIsNotHeldAgainstAnyone() throws Exception {
    Duration brief = Duration.ofMillis(2);
    splice(NOTHING, LONG, brief);
    long begin = System.nanoTime();
    Waiting.await(
        "many looks at the clock", () -> System.nanoTime() - begin > 30 * brief.toNanos());
    send(a.outer, "still here");
    assertEquals("still here", text(b.outer, 10));
  }

  @ParameterizedTest
  @EnumSource
  void whoeverClosesOneSideFromOutsideEndsBoth(Side side) throws Exception {
    splice(NOTHING, SHORT, LONG);
    (side == Side.A ? a : b).inner.close();
    assertEquals(side, result().first());
    assertTrue(result().error().isPresent());
  }

  @Test
  void anInterruptEndsIt() throws Exception {
    splice();
    send(a.outer, "x");
    text(b.outer, 1);
    thread.interrupt();
    result();
    thread.join();
  }
}
