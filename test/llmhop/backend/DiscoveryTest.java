package llmhop.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import llmhop.config.Endpoint;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// A name that stands for a backend per address: who joins, who leaves, and what is kept.
class DiscoveryTest {
  private static final String DNS =
      "'urls': ['dns+http://fleet.test:8000'], 'balance': 'round-robin', 'slowStart': '10s'";

  private final Fleets fleets = new Fleets();
  private final Fleet fleet = fleets.of(DNS);
  private final Endpoint name = Fleets.model(DNS).endpoints().getFirst();

  @AfterEach
  void end() {
    fleet.close();
  }

  private static List<InetAddress> addresses(int... last) {
    List<InetAddress> all = new ArrayList<>();
    for (int each : last) all.add(InetAddress.ofLiteral("10.0.0." + each));
    return all;
  }

  private List<String> labels() {
    return fleet.backends().stream().map(Backend::label).toList();
  }

  @Test
  void beforeTheFirstAnswerThereIsNobody() {
    assertTrue(fleet.choose(Clues.NONE, _ -> true).isEmpty());
    assertTrue(fleet.chooseAnyway(Clues.NONE, _ -> true).isEmpty());
  }

  @Test
  void eachAddressIsABackendAtItsWholeShareFromTheStart() {
    fleet.found(name, addresses(1, 2));
    assertEquals(List.of("m#1", "m#2"), labels());
    for (Backend backend : fleet.backends()) {
      assertEquals(1000, backend.share(fleets.clock.getAsLong()));
    }
    assertEquals(
        List.of("m#1 has joined fleet.test (10.0.0.1)", "m#2 has joined fleet.test (10.0.0.2)"),
        fleets.news);
  }

  @Test
  void aNewcomerWarmsUpAndThoseWhoStayAreTheSame() {
    fleet.found(name, addresses(1, 2));
    List<Backend> before = fleet.backends();
    fleet.found(name, addresses(2, 3, 1));
    assertEquals(before, fleet.backends().subList(0, 2));
    assertEquals(100, fleet.backends().get(2).share(fleets.clock.getAsLong()));
  }

  @Test
  void aLeaverGetsNoMoreRequestsAndFinishesWhatItHas() {
    fleet.found(name, addresses(1, 2));
    Lease held = Fleets.choose(fleet);
    Backend leaver = held.backend();
    fleet.found(name, addresses(2));
    assertEquals(List.of("m#2"), labels());
    assertEquals("leaving", leaver.state());
    assertEquals(List.of(leaver), fleet.leavers());
    for (int i = 0; i < 5; i++) {
      try (Lease lease = Fleets.choose(fleet)) {
        assertNotEquals(leaver, lease.backend());
      }
    }
    held.close();
    assertEquals(List.of(), fleet.leavers());
    assertTrue(fleets.news.contains("m#1 has left fleet.test (10.0.0.1)"));
  }

  @Test
  void aFreedNumberIsGivenAgainAndOneThatComesBackIsANewBackend() {
    fleet.found(name, addresses(1, 2));
    Backend gone = fleet.backends().getFirst();
    fleet.found(name, addresses(2));
    fleet.found(name, addresses(2, 1));
    assertEquals(List.of("m#2", "m#1"), labels());
    assertNotEquals(gone, fleet.backends().get(1));
    assertEquals(gone.identity(), fleet.backends().get(1).identity(), "the same keys lead there");
    fleet.found(name, addresses(1, 3));
    assertEquals(
        List.of("m#2 has left fleet.test (10.0.0.2)", "m#2 has joined fleet.test (10.0.0.3)"),
        fleets.news.subList(fleets.news.size() - 2, fleets.news.size()));
  }

  @Test
  void theLastGoodAnswerStandsWhileTheNameCanNotBeLookedUp() {
    var asked = new AtomicInteger();
    var found = new ArrayList<List<InetAddress>>();
    var discovery =
        new Discovery(
            name,
            _ -> {
              switch (asked.incrementAndGet()) {
                case 1 -> {
                  return addresses(1);
                }
                case 2 -> {
                  return List.of();
                }
                default -> throw new UnknownHostException("fleet.test");
              }
            },
            bound -> 0,
            (_, addresses) -> found.add(List.copyOf(addresses)),
            fleets.news::add);
    assertTrue(discovery.look());
    assertFalse(discovery.look());
    assertFalse(discovery.look());
    assertFalse(discovery.look());
    assertEquals(List.of(addresses(1)), found);
    assertEquals(1, fleets.news.size(), "told once: " + fleets.news);
  }

  @Test
  void noMoreThanTheLimitJoin() {
    List<InetAddress> many = new ArrayList<>();
    for (int i = 0; i <= Fleet.MOST_BACKENDS; i++) {
      many.add(InetAddress.ofLiteral("10.1." + i / 250 + "." + (i % 250 + 1)));
    }
    fleet.found(name, many);
    assertEquals(Fleet.MOST_BACKENDS, fleet.backends().size());
  }

  @Test
  void whoWaitsForABackendIsWokenByTheFirstAddress() throws Exception {
    long due = fleets.clock.getAsLong() + Duration.ofSeconds(60).toNanos();
    var came = new AtomicInteger();
    Thread waiter =
        Thread.ofVirtual()
            .start(
                () -> {
                  if (fleet.await(_ -> true, due, () -> false)) came.incrementAndGet();
                });
    while (fleet.waiting() == 0) Thread.onSpinWait();
    fleet.found(name, addresses(1));
    waiter.join();
    assertEquals(1, came.get());
  }

  @Test
  void aStaticUrlAndANameLiveSideBySide() {
    Fleet mixed = fleets.of("'urls': ['http://a:1', 'dns+http://fleet.test:8000']");
    mixed.found(name, addresses(1));
    assertEquals(2, mixed.backends().size());
    mixed.close();
  }
}
