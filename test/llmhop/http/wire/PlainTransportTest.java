package llmhop.http.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A plain channel that a selector watches now and then.
final class PlainTransportTest {
  /// More than sockets hold.
  private static final int A_LOT = 16 * 1024 * 1024;

  private SocketChannel channel;
  private SocketChannel peer;
  private Selector selector;
  private PlainTransport plain;

  @BeforeEach
  void connect() throws IOException {
    try (var listener = ServerSocketChannel.open()) {
      listener.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
      channel = SocketChannel.open(listener.getLocalAddress());
      peer = listener.accept();
    }
    selector = Selector.open();
    plain = new PlainTransport(channel);
  }

  @AfterEach
  void close() throws IOException {
    plain.close();
    peer.close();
    selector.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aWriteThatFindsNoRoomUnderASelectorBlocksAndDeliversAll(boolean inParts) throws Exception {
    AtomicInteger hooks = watch();
    byte[] text = new byte[A_LOT];
    new Random(1).nextBytes(text);
    FutureTask<Boolean> writer =
        TlsPair.inBackground(
            () -> {
              if (inParts) {
                for (int at = 0; at < A_LOT; at += 65_536) {
                  int half = at + 32_768;
                  plain.write(slice(text, at, half), slice(text, half, at + 65_536));
                }
              } else {
                plain.write(ByteBuffer.wrap(text));
              }
              return true;
            });
    Waiting.await("the hook", () -> hooks.get() > 0);
    ByteBuffer into = ByteBuffer.allocate(A_LOT);
    while (into.hasRemaining() && peer.read(into) >= 0) {}
    assertArrayEquals(text, into.array());
    assertTrue(TlsPair.result(writer));
    assertEquals(1, hooks.get());
    assertTrue(channel.isBlocking());
  }

  private static ByteBuffer slice(byte[] text, int from, int to) {
    return ByteBuffer.wrap(text, from, to - from);
  }

  @Test
  void aReadThatFindsNothingUnderASelectorBlocks() throws Exception {
    AtomicInteger hooks = watch();
    FutureTask<Integer> reader = TlsPair.inBackground(() -> plain.read(ByteBuffer.allocate(10)));
    Waiting.await("the hook", () -> hooks.get() == 1);
    peer.write(ByteBuffer.allocate(3));
    assertEquals(3, TlsPair.result(reader));
    assertTrue(channel.isBlocking());
  }

  @Test
  void whatASelectorStillHasIsAnErrorAndNoEndlessLoop() throws Exception {
    assertTrue(plain.stopBlocking());
    channel.register(selector, SelectionKey.OP_READ);
    assertThrows(IOException.class, () -> plain.read(ByteBuffer.allocate(10)));
  }

  @Test
  void readingNowNeverWaitsAndKeepsTheMode() throws Exception {
    for (boolean blocking : new boolean[] {true, false}) {
      channel.configureBlocking(blocking);
      assertEquals(0, plain.readNow(ByteBuffer.allocate(10)));
      assertTrue(plain.isQuiet());
      peer.write(ByteBuffer.allocate(3));
      Waiting.await("bytes", () -> !plain.isQuiet());
      assertEquals(2, plain.readNow(ByteBuffer.allocate(10)));
      assertEquals(blocking, channel.isBlocking());
    }
    peer.close();
    Waiting.await("the end", () -> !plain.isQuiet());
    assertEquals(-1, plain.readNow(ByteBuffer.allocate(10)));
  }

  @Test
  void theModeIsNotChangedUnderAWriteThatWaits() throws Exception {
    AtomicInteger hooks = watch();
    FutureTask<Boolean> writer =
        TlsPair.inBackground(
            () -> {
              plain.write(ByteBuffer.allocate(A_LOT));
              return true;
            });
    Waiting.await("the hook", () -> hooks.get() == 1);
    assertFalse(plain.stopBlocking());
    plain.close();
    assertThrows(ExecutionException.class, () -> TlsPair.result(writer));
  }

  /// Watches the channel as a server does, with a hook that takes it back.
  private AtomicInteger watch() throws IOException {
    assertTrue(plain.stopBlocking());
    SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
    var hooks = new AtomicInteger();
    plain.onBusy(
        () -> {
          key.cancel();
          try {
            selector.selectNow();
            channel.configureBlocking(true);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          hooks.incrementAndGet();
        });
    return hooks;
  }
}
