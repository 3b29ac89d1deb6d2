package llmhop.http.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import llmhop.kit.ManualClock;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Which connections are kept, which of them is used next, and when they go.
final class PoolTest {
  private static final long KEEP = Duration.ofSeconds(4).toNanos();

  private final ManualClock clock = new ManualClock();
  private final Pool pool = new Pool(clock);

  @Test
  void theLastOneGivenIsTheNextOneTaken() {
    Connection first = give();
    Connection second = give();
    assertEquals(2, pool.size());
    assertSame(second, pool.take().orElseThrow());
    assertSame(first, pool.take().orElseThrow());
    assertEquals(Optional.empty(), pool.take());
  }

  @Test
  void anOldOneIsNotUsedAnyMore() {
    Connection connection = give();
    clock.advance(Duration.ofNanos(KEEP - 1));
    assertSame(connection, pool.take().orElseThrow());
    pool.give(connection, KEEP);
    clock.advance(Duration.ofNanos(KEEP));
    assertEquals(Optional.empty(), pool.take());
    assertTrue(isClosed(connection));
  }

  @Test
  void oneThatEndedOrSaysSomethingUnaskedIsNotUsed() {
    Connection good = give();
    Connection noisy = connection(new FakeTransport(List.of()).noisy(), Optional.empty());
    pool.give(noisy, KEEP);
    assertSame(good, pool.take().orElseThrow());
    assertTrue(isClosed(noisy));
  }

  @Test
  void oldOnesAreClosedWithoutTraffic() {
    Connection old = give();
    clock.advance(Duration.ofSeconds(3));
    Connection young = give();
    clock.advance(Duration.ofSeconds(1));
    pool.sweep();
    assertEquals(1, pool.size());
    assertTrue(isClosed(old));
    assertFalse(isClosed(young));
    clock.advance(Duration.ofSeconds(3));
    pool.sweep();
    assertEquals(0, pool.size());
    assertTrue(isClosed(young));
  }

  @Test
  void theTimerSweepsByItself() {
    var real = new Pool(System::nanoTime);
    Connection late = connection(new FakeTransport(List.of()), Optional.empty());
    Connection soon = connection(new FakeTransport(List.of()), Optional.empty());
    real.give(late, Duration.ofHours(1).toNanos());
    real.give(soon, Duration.ofMillis(5).toNanos());
    Waiting.await("the sweep", () -> real.size() == 1);
    assertTrue(isClosed(soon));
    real.close();
  }

  @Test
  void asManyAsTheLimitAreKeptAndNoMore() {
    for (int i = 0; i < Pool.MOST; i++) {
      give();
    }
    assertEquals(Pool.MOST, pool.size());
    assertTrue(isClosed(give()));
    assertEquals(Pool.MOST, pool.size());
  }

  @Test
  void nothingIsKeptForNoTime() {
    Connection connection = connection(new FakeTransport(List.of()), Optional.empty());
    pool.give(connection, 0);
    assertTrue(isClosed(connection));
  }

  @Test
  void connectionsToAddressesThatAreNoLongerWantedGo() {
    InetAddress here = InetAddress.ofLiteral("10.0.0.1");
    InetAddress there = InetAddress.ofLiteral("10.0.0.2");
    Connection toHere = give(Optional.of(here));
    Connection toThere = give(Optional.of(there));
    Connection unix = give();
    pool.retain(List.of(here));
    assertFalse(isClosed(toHere));
    assertTrue(isClosed(toThere));
    assertFalse(isClosed(unix));
    Connection cameBackLate = give(Optional.of(there));
    assertTrue(isClosed(cameBackLate));
    assertEquals(2, pool.size());
  }

  @Test
  void aClosedPoolKeepsNothing() {
    Connection before = give();
    pool.close();
    assertTrue(isClosed(before));
    assertTrue(isClosed(give()));
    assertEquals(0, pool.size());
  }

  // ---- how long

  @ParameterizedTest
  @CsvSource({
    // announced by the backend, kept for by the operator (empty: the default of 4 s), seconds kept
    "-1, , 4",
    "5, , 4",
    "75, , 74",
    "100000, , 599",
    "2, , 1",
    "1, , 0",
    "0, , 0",
    "-1, 30, 30",
    "75, 30, 30",
    "5, 30, 4",
    "5, 2, 2",
    "75, 0, 0",
    "-1, 0, 0",
  })
  void aBackendThatSaysWhenItClosesIsBelieved(long announced, Integer chosen, long seconds) {
    Settings d = Ask.settings();
    Duration keepAlive = chosen == null ? d.keepAlive() : Duration.ofSeconds(chosen);
    var settings =
        new Settings(d.connect(), keepAlive, d.tls(), d.serverName(), d.proxy(), d.resolver());
    try (Upstream upstream = new Upstream(Ask.local(1), settings, clock)) {
      Connection connection = upstream.opened(new FakeTransport(List.of()), Optional.empty());
      upstream.keep(connection, announced < 0 ? OptionalLong.empty() : OptionalLong.of(announced));
      assertEquals(seconds > 0 ? 1 : 0, upstream.idle());
      assertEquals(seconds > 0 ? 1 : 0, upstream.open());
      assertEquals(clock.getAsLong() + seconds * 1_000_000_000L, kept(connection, seconds));
    }
  }

  private long kept(Connection connection, long seconds) {
    return seconds > 0 ? connection.idleUntil() : clock.getAsLong();
  }

  // ---- over sockets

  @Test
  void oneCallerUsesOneConnection() throws Exception {
    try (Peer peer = Peer.answering();
        Upstream upstream = Ask.upstream(peer.port())) {
      for (int i = 0; i < 50; i++) {
        assertEquals("200 ok", Ask.ask(upstream, Ask.post("x")));
        assertEquals(1, upstream.idle());
        assertEquals(1, upstream.open());
      }
      assertEquals(1, peer.connections());
    }
  }

  @Test
  void aConnectionThatTheBackendClosedIsNoticedBeforeItIsUsed() throws Exception {
    try (Peer peer =
            Peer.of(
                line -> {
                  line.request();
                  line.send(Peer.OK);
                });
        Upstream upstream = Ask.upstream(peer.port())) {
      Body once = Ask.once(1, sink -> sink.write(new byte[1], 0, 1));
      for (int i = 0; i < 5; i++) {
        assertEquals("200 ok", Ask.ask(upstream, Ask.request("POST", "/", once)));
        awaitEnd(upstream);
      }
      assertEquals(5, peer.requests.size());
    }
  }

  /// Waits until the end of the kept connection has come through; it stays in the pool.
  private static void awaitEnd(Upstream upstream) {
    Waiting.await("the end", () -> Kept.test(upstream, c -> !c.transport().isQuiet()));
  }

  @Test
  void twoAtOnceUseTwoConnectionsAndBothAreKept() throws Exception {
    try (Peer peer = Peer.answering();
        Upstream upstream = Ask.upstream(peer.port())) {
      List<Reply> replies = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        replies.add(upstream.send(Ask.post("x"), Timing.NONE));
      }
      assertEquals(3, upstream.open());
      for (Reply reply : replies) {
        assertEquals("ok", Ask.text(reply));
        reply.close();
      }
      assertEquals(3, upstream.idle());
      assertEquals(3, peer.connections());
    }
  }

  @Test
  void closingEndsAllConnectionsAndWhatIsOnThem() throws Exception {
    try (Peer peer = Peer.answering()) {
      Upstream upstream = Ask.upstream(peer.port());
      Reply busy = upstream.send(Ask.post("x"), Timing.NONE);
      Ask.ask(upstream, Ask.post("x"));
      assertEquals(2, upstream.open());
      upstream.close();
      assertEquals(0, upstream.open());
      assertEquals(0, upstream.idle());
      busy.close();
      assertEquals(0, upstream.open());
      assertThrows(UpstreamException.class, () -> Ask.ask(upstream, Ask.get("/")));
      assertEquals(0, upstream.open());
    }
  }

  // ---- helpers

  private Connection give() {
    return give(Optional.empty());
  }

  private Connection give(Optional<InetAddress> address) {
    Connection connection = connection(new FakeTransport(List.of()), address);
    pool.give(connection, KEEP);
    return connection;
  }

  private static Connection connection(FakeTransport transport, Optional<InetAddress> address) {
    return new Connection(transport, address, UpstreamMemory.unlimited().heads(), closed -> {});
  }

  private static boolean isClosed(Connection connection) {
    return ((FakeTransport) connection.transport()).isClosed();
  }
}
