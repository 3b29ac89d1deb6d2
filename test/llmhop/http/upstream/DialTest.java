package llmhop.http.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import llmhop.http.upstream.UpstreamException.Unreachable;
import llmhop.kit.ManualClock;
import llmhop.kit.SilentPort;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// How connections are made: names, addresses in turn, limits, Unix sockets.
final class DialTest {
  private static final InetAddress LOCAL = InetAddress.ofLiteral("127.0.0.1");
  private static final InetAddress REFUSING = InetAddress.ofLiteral("127.0.0.9");
  private static final Duration SECONDS = Duration.ofSeconds(5);

  // ---- addresses

  @Test
  void theAddressesOfANameAreTriedInTurn() throws Exception {
    try (Peer peer = Peer.answering();
        Upstream upstream = named(peer.port(), SECONDS, host -> List.of(REFUSING, LOCAL))) {
      assertEquals("200 ok", Ask.ask(upstream, Ask.post("x")));
      assertEquals("127.0.0.1", peerAddress(upstream));
    }
  }

  @Test
  void aSilentAddressGetsItsShareOfTheTimeOnly() throws Exception {
    try (SilentPort silent = new SilentPort();
        Peer peer = Peer.at(InetAddress.ofLiteral("127.0.0.2"), silent.port(), Peer::answerAll)) {
      InetAddress other = InetAddress.ofLiteral("127.0.0.2");
      Duration limit = Duration.ofSeconds(2);
      try (Upstream upstream = named(silent.port(), limit, host -> List.of(LOCAL, other))) {
        long begin = System.nanoTime();
        assertEquals("200 ok", Ask.ask(upstream, Ask.get("/")));
        long millis = (System.nanoTime() - begin) / 1_000_000;
        assertTrue(millis >= 900, millis + " ms");
        assertEquals(1, peer.connections());
      }
    }
  }

  @Test
  void anAddressThatFailedIsTriedLastForAWhile() throws Exception {
    try (SilentPort silent = new SilentPort();
        Peer peer = Peer.at(InetAddress.ofLiteral("127.0.0.2"), silent.port(), this::answerOnce)) {
      InetAddress other = InetAddress.ofLiteral("127.0.0.2");
      Duration limit = Duration.ofSeconds(2);
      try (Upstream upstream = named(silent.port(), limit, host -> List.of(LOCAL, other))) {
        assertEquals("200 ok", Ask.ask(upstream, Ask.get("/")));
        // Were the silent address tried first, each of the five would take its second.
        long begin = System.nanoTime();
        for (int i = 0; i < 5; i++) {
          assertEquals("200 ok", Ask.ask(upstream, Ask.get("/")));
        }
        long millis = (System.nanoTime() - begin) / 1_000_000;
        assertTrue(millis < 4_000, millis + " ms for five");
        assertEquals(6, peer.connections());
      }
    }
  }

  private void answerOnce(Peer.Line line) throws Exception {
    line.request();
    line.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
  }

  @Test
  void whereNoAddressAnswersTheBackendIsUnreachableAndEachIsNamed() {
    InetAddress other = InetAddress.ofLiteral("127.0.0.8");
    try (Upstream upstream = named(1, SECONDS, host -> List.of(REFUSING, other))) {
      var failure = assertThrows(Unreachable.class, () -> Ask.ask(upstream, Ask.get("/")));
      assertTrue(failure.getMessage().contains("backend.example:1"), failure.getMessage());
      assertTrue(failure.getMessage().contains("refused"), failure.getMessage());
      assertEquals(1, failure.getCause().getSuppressed().length);
      assertEquals(0, upstream.open());
    }
  }

  @Test
  void connectingHasALimit() throws Exception {
    try (SilentPort silent = new SilentPort();
        Upstream upstream =
            new Upstream(
                Ask.local(silent.port()),
                Ask.settings(Duration.ofMillis(80), Resolver.SYSTEM),
                System::nanoTime)) {
      long begin = System.nanoTime();
      assertThrows(Unreachable.class, () -> Ask.ask(upstream, Ask.get("/")));
      assertTrue(System.nanoTime() - begin < Waiting.PATIENCE.toNanos());
    }
  }

  // ---- names

  @Test
  void anUnknownNameIsUnreachableAndAskedAgainTheNextTime() throws Exception {
    var asked = new AtomicInteger();
    try (Peer peer = Peer.answering();
        Upstream upstream =
            named(
                peer.port(),
                SECONDS,
                host -> {
                  if (asked.incrementAndGet() == 1) {
                    throw new UnknownHostException(host);
                  }
                  return List.of(LOCAL);
                })) {
      var failure = assertThrows(Unreachable.class, () -> Ask.ask(upstream, Ask.get("/")));
      assertTrue(failure.getMessage().contains("no address"), failure.getMessage());
      assertEquals("200 ok", Ask.ask(upstream, Ask.get("/")));
      assertEquals(2, asked.get());
    }
  }

  @Test
  void aNameIsLookedUpAtEachConnect() throws Exception {
    var asked = new AtomicInteger();
    try (Peer peer = Peer.of(this::answerOnce);
        Upstream upstream =
            named(
                peer.port(),
                SECONDS,
                host -> {
                  asked.incrementAndGet();
                  return List.of(LOCAL);
                })) {
      for (int i = 0; i < 3; i++) {
        Ask.ask(upstream, Ask.get("/"));
      }
      assertEquals(3, asked.get());
    }
  }

  @Test
  void anAddressIsNotLookedUp() throws Exception {
    try (Peer peer = Peer.answering();
        Upstream upstream =
            new Upstream(
                Ask.local(peer.port()),
                Ask.settings(
                    SECONDS,
                    host -> {
                      throw new AssertionError("looked up " + host);
                    }),
                System::nanoTime)) {
      assertEquals("200 ok", Ask.ask(upstream, Ask.get("/")));
    }
  }

  @Test
  void aLookUpThatHangsEndsWithTheLimitAndHoldsNobodyElseUp() throws Exception {
    var hang = new CountDownLatch(1);
    var asked = new AtomicInteger();
    Resolver resolver =
        host -> {
          asked.incrementAndGet();
          awaitQuietly(hang);
          return List.of(LOCAL);
        };
    try (Peer peer = Peer.answering();
        Upstream stuck = named(peer.port(), Duration.ofMillis(50), resolver);
        Upstream other = Ask.upstream(peer.port())) {
      for (int i = 0; i < 3; i++) {
        var failure = assertThrows(Unreachable.class, () -> Ask.ask(stuck, Ask.get("/")));
        assertTrue(failure.getMessage().contains("in time"), failure.getMessage());
        assertEquals("200 ok", Ask.ask(other, Ask.get("/")));
      }
      assertEquals(1, asked.get(), "who comes later waits for the same look-up");
      hang.countDown();
      Waiting.await("the name", () -> answers(stuck));
    }
  }

  private static boolean answers(Upstream upstream) {
    try {
      return Ask.ask(upstream, Ask.get("/")).equals("200 ok");
    } catch (UpstreamException e) {
      return false;
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void keptConnectionsToAnAddressThatLeftTheNameAreLetGo() throws Exception {
    var clock = new ManualClock();
    var addresses = new AtomicReference<>(List.of(LOCAL));
    InetAddress other = InetAddress.ofLiteral("127.0.0.2");
    var asked = new AtomicInteger();
    Settings d = Ask.settings();
    var settings =
        new Settings(
            d.connect(),
            Duration.ofHours(1),
            d.tls(),
            d.serverName(),
            d.proxy(),
            host -> {
              asked.incrementAndGet();
              return addresses.get();
            });
    try (Peer before = Peer.answering();
        Peer after = Peer.at(other, before.port(), Peer::answerAll);
        Upstream upstream = new Upstream(origin(before.port()), settings, clock)) {
      assertEquals("200 ok", Ask.ask(upstream, Ask.get("/1")));
      addresses.set(List.of(other));
      clock.advance(Duration.ofSeconds(29));
      assertEquals("200 ok", Ask.ask(upstream, Ask.get("/2")));
      assertEquals(1, asked.get(), "not looked up more often than every 30 s");
      clock.advance(Duration.ofSeconds(1));
      assertEquals("200 ok", Ask.ask(upstream, Ask.get("/3")));
      Waiting.await("the connection to go", () -> upstream.open() == 0);
      assertEquals("200 ok", Ask.ask(upstream, Ask.get("/4")));
      assertEquals(3, before.requests.size());
      assertEquals(1, after.requests.size());
    }
  }

  @Test
  void anAddressThatIsMissingOnceHasNotLeft() throws Exception {
    var clock = new ManualClock();
    var addresses = new AtomicReference<>(List.of(LOCAL));
    var told = new AtomicReference<List<InetAddress>>();
    var names =
        new Names("name", host -> addresses.get(), clock, now -> told.set(List.copyOf(now)));
    Call call = Ask.upstream(1).call(Ask.get("/"), Timing.NONE);
    long due = System.nanoTime() + SECONDS.toNanos();
    assertEquals(List.of(LOCAL), names.addresses(call, due));
    addresses.set(List.of(REFUSING));
    clock.advance(Duration.ofSeconds(10));
    assertEquals(List.of(REFUSING), names.addresses(call, due));
    assertEquals(2, told.get().size());
    clock.advance(Duration.ofSeconds(20));
    assertEquals(List.of(REFUSING), names.addresses(call, due));
    assertEquals(List.of(REFUSING), told.get());
  }

  @Test
  void localhostHasBothItsAddresses() throws Exception {
    List<InetAddress> found = Resolver.SYSTEM.resolve("LocalHost");
    assertTrue(found.contains(InetAddress.ofLiteral("::1")), found::toString);
    assertTrue(found.contains(LOCAL), found::toString);
    assertEquals(found.size(), found.stream().distinct().count());
  }

  @Test
  void aServerThatListensOnIpv6AloneIsFoundAsLocalhost() throws Exception {
    try (Peer peer = Peer.at(InetAddress.ofLiteral("::1"), 0, Peer::answerAll);
        Upstream upstream =
            new Upstream(
                new Origin(Origin.Kind.HTTP, "localhost", peer.port(), ""),
                Ask.settings(),
                System::nanoTime)) {
      assertEquals("200 ok", Ask.ask(upstream, Ask.get("/")));
    }
    try (Peer peer = Peer.at(InetAddress.ofLiteral("::1"), 0, Peer::answerAll);
        Upstream upstream =
            new Upstream(
                new Origin(Origin.Kind.HTTP, "::1", peer.port(), ""),
                Ask.settings(),
                System::nanoTime)) {
      assertEquals("200 ok", Ask.ask(upstream, Ask.get("/")));
      assertTrue(peer.requests.getFirst().contains("\r\nHost: [::1]:" + peer.port() + "\r\n"));
    }
  }

  // ---- Unix sockets

  @Test
  void aUnixSocketCarriesRequestsToo(@TempDir Path folder) throws Exception {
    Path path = folder.resolve("s");
    try (Peer peer = Peer.onUnix(path, Peer::answerAll);
        Upstream upstream = unix(path)) {
      assertEquals("200 ok", Ask.ask(upstream, Ask.post("x".repeat(300_000))));
      assertEquals("200 ok", Ask.ask(upstream, Ask.post("x")));
      assertEquals(1, peer.connections());
      assertTrue(peer.requests.getFirst().contains("\r\nHost: localhost\r\n"));
    }
  }

  @Test
  void aUnixSocketWithoutAServerIsUnreachable(@TempDir Path folder) throws Exception {
    Path path = folder.resolve("s");
    try (Upstream upstream = unix(path)) {
      assertThrows(Unreachable.class, () -> Ask.ask(upstream, Ask.get("/")));
      Files.createFile(path);
      assertThrows(Unreachable.class, () -> Ask.ask(upstream, Ask.get("/")));
    }
    try (Upstream upstream = unix(folder.resolve("x".repeat(200)))) {
      assertThrows(Unreachable.class, () -> Ask.ask(upstream, Ask.get("/")));
      assertEquals(0, upstream.open());
    }
  }

  // ---- helpers

  private static Upstream unix(Path path) {
    return new Upstream(
        new Origin(Origin.Kind.UNIX, "", 0, path.toString()), Ask.settings(), System::nanoTime);
  }

  private static Origin origin(int port) {
    return new Origin(Origin.Kind.HTTP, "backend.example", port, "");
  }

  private static Upstream named(int port, Duration connect, Resolver resolver) {
    return new Upstream(origin(port), Ask.settings(connect, resolver), System::nanoTime);
  }

  private static String peerAddress(Upstream upstream) {
    var found = new AtomicReference<String>();
    Kept.test(
        upstream,
        c -> {
          found.set(c.address().orElseThrow().getHostAddress());
          return true;
        });
    return found.get();
  }
}
