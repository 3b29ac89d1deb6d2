package llmhop.http.front;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import llmhop.http.wire.HeapBudget;
import llmhop.http.wire.Inlet;
import llmhop.http.wire.InletMemory;
import llmhop.http.wire.PlainTransport;
import llmhop.http.wire.Pump;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Seeing a caller leave, on a real connection. The pump's ticks are let through by hand.
final class HangUpTest {
  private static final int LARGEST = Limits.READ_AHEAD + 1024;

  private final AtomicBoolean ticking = new AtomicBoolean();
  private final AtomicInteger ticks = new AtomicInteger();
  private final AtomicInteger gone = new AtomicInteger();
  private final Pump pump = new Pump(this::tick, 0, System::nanoTime);
  private SocketChannel channel;
  private SocketChannel caller;
  private Inlet inlet;
  private PlainTransport plain;
  private HangUp hangUp;

  private boolean tick() {
    if (ticking.get() && hangUp.isArmed()) {
      hangUp.tick(pump);
    }
    ticks.incrementAndGet();
    return true;
  }

  @BeforeEach
  void connect() throws IOException {
    try (var listener = ServerSocketChannel.open()) {
      listener.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
      caller = SocketChannel.open(listener.getLocalAddress());
      channel = listener.accept();
    }
    plain = new PlainTransport(channel);
    inlet = new Inlet(LARGEST, new InletMemory(1 << 20, new HeapBudget(1 << 24)));
    hangUp = new HangUp(plain, plain, inlet, pump::awake, () -> false);
    plain.onBusy(hangUp::makeBlocking);
    pump.start();
  }

  @AfterEach
  void close() throws IOException {
    pump.close();
    channel.close();
    caller.close();
  }

  private void ticks(int count) {
    int from = ticks.get();
    ticking.set(true);
    Waiting.await(count + " ticks", () -> ticks.get() >= from + count);
  }

  private void watching() {
    hangUp.arm(gone::incrementAndGet);
    ticking.set(true);
    Waiting.await("the channel to be watched", () -> !channel.isBlocking());
  }

  private void send(String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    while (bytes.hasRemaining()) {
      caller.write(bytes);
    }
  }

  private void leave(boolean byReset) throws IOException {
    if (byReset) {
      caller.setOption(StandardSocketOptions.SO_LINGER, 0);
    }
    caller.close();
  }

  private void awaitGone(int times) {
    Waiting.await("the caller's leaving to be told", () -> gone.get() == times);
  }

  private void isOff() {
    assertFalse(hangUp.isArmed());
    assertTrue(channel.isBlocking());
    assertFalse(channel.isRegistered() && pumpHasKey());
  }

  /// A key that was cancelled is let go of in the pump's next round.
  private boolean pumpHasKey() {
    int from = ticks.get();
    Waiting.await("rounds of the pump", () -> ticks.get() >= from + 2);
    return channel.isRegistered();
  }

  @Test
  void nothingIsLookedAtBeforeItIsArmed() throws IOException {
    leave(false);
    ticks(4);
    assertFalse(hangUp.isArmed() || hangUp.isGone());
    isOff();
  }

  @Test
  void aQuickRequestIsNeverWatched() {
    hangUp.arm(gone::incrementAndGet);
    assertTrue(hangUp.isArmed());
    assertTrue(channel.isBlocking());
    hangUp.disarm();
    ticks(4);
    isOff();
  }

  @Test
  void oneTickSettlesAndTheNextWatches() {
    hangUp.arm(gone::incrementAndGet);
    hangUp.tick(pump);
    assertTrue(channel.isBlocking() && hangUp.isArmed());
    hangUp.disarm();
    isOff();
    hangUp.arm(gone::incrementAndGet);
    hangUp.tick(pump);
    hangUp.tick(pump);
    assertFalse(channel.isBlocking());
    hangUp.disarm();
    isOff();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whoLeavesWhileWatchedIsToldOnce(boolean byReset) throws IOException {
    watching();
    leave(byReset);
    awaitGone(1);
    assertTrue(hangUp.isGone() && channel.isBlocking());
    ticks(3);
    hangUp.disarm();
    hangUp.makeBlocking();
    assertTrue(hangUp.isGone(), "it doesn't come back");
    assertEquals(1, gone.get());
  }

  @Test
  void whoLeftBeforeItWasArmedIsToldToo() throws IOException {
    leave(false);
    hangUp.arm(gone::incrementAndGet);
    ticking.set(true);
    awaitGone(1);
  }

  @Test
  void whoeverAsksWhenTheCallerHasLeftAlreadyIsToldAtOnce() throws IOException {
    watching();
    leave(false);
    awaitGone(1);
    var next = new AtomicInteger();
    hangUp.arm(next::incrementAndGet);
    Waiting.await("the next to be told", () -> next.get() == 1);
    assertEquals(1, gone.get());
  }

  @Test
  void onlyWhoAskedLastIsTold() throws IOException {
    var first = new AtomicInteger();
    hangUp.arm(first::incrementAndGet);
    watching();
    leave(false);
    awaitGone(1);
    assertEquals(0, first.get());
  }

  @Test
  void whatComesMeanwhileIsKept() throws IOException {
    watching();
    send("GET /next");
    Waiting.await("the bytes", () -> inlet.buffered() == 9);
    send(" HTTP/1.1");
    Waiting.await("the bytes", () -> inlet.buffered() == 18);
    hangUp.disarm();
    isOff();
    byte[] all = new byte[20];
    assertEquals(18, inlet.take(all, 0, 20));
    assertEquals("GET /next HTTP/1.1", new String(all, 0, 18, StandardCharsets.ISO_8859_1));
    send("x");
    assertEquals(1, plain.read(ByteBuffer.allocate(10)), "it blocks, and reads what comes");
  }

  @Test
  void whoLeftBehindItsBytesIsSeen() throws IOException {
    watching();
    send("GET /next");
    leave(false);
    awaitGone(1);
    assertEquals(9, inlet.buffered());
  }

  @Test
  void overTheReadAheadNobodyLooksAnyMore() throws IOException {
    watching();
    send("x".repeat(Limits.READ_AHEAD));
    Waiting.await("the bytes", () -> inlet.buffered() >= Limits.READ_AHEAD);
    leave(false);
    ticks(4);
    assertEquals(0, gone.get());
    hangUp.disarm();
    isOff();
    hangUp.arm(gone::incrementAndGet);
    ticks(4);
    assertTrue(channel.isBlocking(), "not watched at all");
    byte[] some = new byte[10];
    inlet.take(some, 0, 10);
    awaitGone(1);
  }

  @Test
  void oneByteBelowTheReadAheadItIsStillSeen() throws IOException {
    watching();
    send("x".repeat(Limits.READ_AHEAD - 1));
    Waiting.await("the bytes", () -> inlet.buffered() == Limits.READ_AHEAD - 1);
    leave(false);
    awaitGone(1);
  }

  @Test
  void aWriteThatFindsNoRoomBlocksWithoutHoldingUpThePumpAndItIsWatchedAgainAfterwards()
      throws Exception {
    watching();
    int size = 16 * 1024 * 1024;
    var write =
        new FutureTask<>(
            () -> {
              plain.write(ByteBuffer.allocate(size));
              return true;
            });
    Thread.ofVirtual().start(write);
    Waiting.await("the write to block", channel::isBlocking);
    ticks(5);
    assertTrue(channel.isBlocking() && hangUp.isArmed() && !write.isDone());
    ByteBuffer room = ByteBuffer.allocate(64 * 1024);
    for (int read = 0; read < size; ) {
      read += caller.read(room.clear());
    }
    assertTrue(write.get(Waiting.PATIENCE.toSeconds(), TimeUnit.SECONDS));
    Waiting.await("the channel to be watched again", () -> !channel.isBlocking());
    leave(false);
    awaitGone(1);
  }

  @Test
  void thePumpsEndLeavesTheChannelToItsThread() {
    watching();
    pump.close();
    Waiting.await("the channel to block", channel::isBlocking);
    hangUp.disarm();
    assertFalse(hangUp.isArmed());
  }

  @Test
  void aChannelThatIsClosedMeanwhileIsNoFault() throws IOException {
    watching();
    channel.close();
    hangUp.disarm();
    assertFalse(hangUp.isArmed());
    hangUp.arm(gone::incrementAndGet);
    ticking.set(true);
    awaitGone(1);
  }

  private static final int ROUNDS = 5_000;

  /// Ticks as fast as can be, while the connection's thread arms and disarms.
  @Test
  void disarmingRacesWithWatchingAndLeavesNothingBehind() throws Exception {
    var stop = new AtomicBoolean();
    try (Pump fast = new Pump(() -> true, 0, System::nanoTime)) {
      fast.start();
      var ticker =
          Thread.ofPlatform()
              .start(
                  () -> {
                    while (!stop.get()) {
                      if (hangUp.isArmed()) {
                        hangUp.tick(fast);
                      }
                    }
                  });
      try {
        int watched = 0;
        for (int i = 0; i < ROUNDS || (watched == 0 && i < 1_000 * ROUNDS); i++) {
          hangUp.arm(gone::incrementAndGet);
          for (int spin = i % 50; spin > 0; spin--) {
            Thread.onSpinWait();
          }
          watched += channel.isBlocking() ? 0 : 1;
          if (i % 7 == 0) {
            send("x");
          }
          if (i % 11 == 0) {
            hangUp.makeBlocking();
          }
          hangUp.disarm();
          assertTrue(channel.isBlocking(), "round " + i);
          if (i % 7 == 0) {
            if (!inlet.hasBuffered()) {
              assertTrue(inlet.fill(plain));
            }
            inlet.take(new byte[10], 0, 10);
            inlet.release();
          }
        }
        assertTrue(watched > 0, "never watched");
      } finally {
        stop.set(true);
        ticker.join();
      }
      Waiting.await(
          "the last key to be let go",
          () -> {
            fast.awake();
            return !channel.isRegistered();
          });
    }
    assertEquals(0, gone.get());
    assertFalse(hangUp.isGone());
  }
}
