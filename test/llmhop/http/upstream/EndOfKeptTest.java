package llmhop.http.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import llmhop.http.upstream.UpstreamException.BadReply;
import llmhop.http.upstream.UpstreamException.Lost;
import llmhop.http.wire.Transport;
import llmhop.kit.ManualClock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// When the end of a kept connection is taken for the end of its idle time: by the time since the
/// last byte was written, and by how much of the request was written.
final class EndOfKeptTest {
  private static final int SEND_BUFFER = 1_000_000;
  private static final int RECEIVE_BUFFER = 256 * 1024;

  private final ManualClock clock = new ManualClock();

  /// A connection that takes some bytes and then ends without an answer.
  private final class Ending implements Transport {
    private final long room;
    private final Duration work;
    private final IOException end;
    private long taken;

    Ending(long room, Duration work, IOException end) {
      this.room = room;
      this.work = work;
      this.end = end;
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
      clock.advance(work);
      throw end;
    }

    @Override
    public int readNow(ByteBuffer into) {
      return 0;
    }

    @Override
    public void write(ByteBuffer... buffers) throws IOException {
      for (ByteBuffer buffer : buffers) {
        int size = (int) Math.min(room - taken, buffer.remaining());
        buffer.position(buffer.position() + size);
        taken += size;
        if (buffer.hasRemaining()) {
          throw new IOException("Broken pipe");
        }
      }
    }

    @Override
    public boolean isQuiet() {
      return true;
    }

    @Override
    public int sendBuffer() {
      return SEND_BUFFER;
    }

    @Override
    public void finish() {}

    @Override
    public void close() {}
  }

  private static IOException inOrder() {
    return new EOFException();
  }

  private static IOException reset() {
    return new SocketException("Connection reset");
  }

  private String ask(Transport kept, String body) throws Exception {
    try (Peer peer = Peer.answering();
        var upstream = new Upstream(Ask.local(peer.port()), Ask.settings(), clock)) {
      Kept.give(upstream, kept, false);
      return Ask.ask(upstream, Ask.post(body));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 99_999_999, 100_000_000})
  void endWithin100MillisecondsOfTheLastByteIsARace(long nanos) throws Exception {
    Duration work = Duration.ofNanos(nanos);
    assertEquals("200 ok", ask(new Ending(Long.MAX_VALUE, work, inOrder()), "x"));
    assertEquals("200 ok", ask(new Ending(Long.MAX_VALUE, work, reset()), "x"));
  }

  @ParameterizedTest
  @ValueSource(longs = {100_000_001, 3_000_000_000L})
  void endAfterThatIsABrokenReply(long nanos) {
    Duration work = Duration.ofNanos(nanos);
    assertThrows(BadReply.class, () -> ask(new Ending(Long.MAX_VALUE, work, inOrder()), "x"));
    assertThrows(BadReply.class, () -> ask(new Ending(Long.MAX_VALUE, work, reset()), "x"));
  }

  /// Nobody can have begun with half a request that waits in a buffer, however long it takes.
  @Test
  void endBeforeTheLastByteIsARaceAtAnyTime() throws Exception {
    var kept = new Ending(70_000, Duration.ofSeconds(5), reset());
    assertEquals("200 ok", ask(kept, "x".repeat(200_000)));
  }

  @ParameterizedTest
  @CsvSource({"0, true", "1, false"})
  void requestOfWhichMoreWasWrittenThanBuffersHoldWasRead(int more, boolean again)
      throws Exception {
    String body = "x".repeat(4_000_000);
    long room = (long) SEND_BUFFER + RECEIVE_BUFFER + more;
    var kept = new Ending(room, Duration.ZERO, reset());
    if (again) {
      assertEquals("200 ok", ask(kept, body));
    } else {
      assertThrows(BadReply.class, () -> ask(kept, body));
    }
  }

  @ParameterizedTest
  @CsvSource({"65000, true", "66000, false"})
  void requestOverSixtyFourKilobytesThatEndsInOrderWasRead(int size, boolean again)
      throws Exception {
    var kept = new Ending(Long.MAX_VALUE, Duration.ZERO, inOrder());
    if (again) {
      assertEquals("200 ok", ask(kept, "x".repeat(size)));
    } else {
      assertThrows(BadReply.class, () -> ask(kept, "x".repeat(size)));
    }
    var resets = new Ending(Long.MAX_VALUE, Duration.ZERO, reset());
    assertEquals("200 ok", ask(resets, "x".repeat(size)), "bytes may have been left unread");
  }

  /// Another address of a name may be another server.
  @Test
  void secondAttemptGoesToTheAddressOfTheFirst() throws Exception {
    InetAddress one = InetAddress.ofLiteral("127.0.0.1");
    InetAddress two = InetAddress.ofLiteral("127.0.0.2");
    var order = new AtomicReference<>(List.of(one, two));
    Peer.Script dropsSecond =
        line -> {
          line.request();
          line.send(Peer.OK);
          line.request();
        };
    try (Peer first = Peer.at(one, 0, dropsSecond);
        Peer second = Peer.at(two, first.port(), Peer::answerAll);
        Upstream upstream =
            new Upstream(
                new Origin(Origin.Kind.HTTP, "several", first.port(), ""),
                Ask.settings(Duration.ofSeconds(5), host -> order.get()),
                System::nanoTime)) {
      assertEquals("200 ok", Ask.ask(upstream, Ask.post("a")));
      order.set(List.of(two, one));
      assertEquals("200 ok", Ask.ask(upstream, Ask.post("b")));
      assertEquals(3, first.requests.size());
      assertEquals(0, second.connections());
    }
  }

  @Test
  void secondAttemptThatIsRefusedGoesToNoOtherAddress() throws Exception {
    InetAddress one = InetAddress.ofLiteral("127.0.0.1");
    InetAddress two = InetAddress.ofLiteral("127.0.0.2");
    var gone = new AtomicReference<Peer>();
    try (Peer first =
            Peer.at(
                one,
                0,
                line -> {
                  line.request();
                  line.send(Peer.OK);
                  line.request();
                  gone.get().close();
                });
        Peer second = Peer.at(two, first.port(), Peer::answerAll);
        Upstream upstream =
            new Upstream(
                new Origin(Origin.Kind.HTTP, "several", first.port(), ""),
                Ask.settings(Duration.ofSeconds(5), host -> List.of(one, two)),
                System::nanoTime)) {
      gone.set(first);
      assertEquals("200 ok", Ask.ask(upstream, Ask.post("a")));
      Lost lost = assertThrows(Lost.class, () -> Ask.ask(upstream, Ask.post("b")));
      assertTrue(lost.getMessage().contains("127.0.0.1"), lost.getMessage());
      assertEquals(0, second.connections());
    }
  }
}
