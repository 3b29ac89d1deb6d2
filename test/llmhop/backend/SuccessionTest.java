package llmhop.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import llmhop.config.Endpoint;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.Test;

/// What a fleet takes over from the one of the config before.
class SuccessionTest {
  private static final String TWO = "'urls': ['http://a:1', 'http://b:1']";
  private static final String HEAVY = "'urls': [{'url': 'http://b:1', 'weight': 5}, 'http://a:1']";

  private final Fleets fleets = new Fleets();

  private static Backend at(Fleet fleet, String address) {
    for (Backend backend : fleet.backends()) {
      if (backend.address().equals(address)) return backend;
    }
    throw new AssertionError("nobody at " + address);
  }

  @Test
  void whatABackendHasInHandCountsForTheNextOneToo() {
    Fleet before = fleets.of(TWO);
    Lease a = before.choose(Clues.NONE, b -> b.address().equals("http://a:1")).orElseThrow();
    Fleet after = fleets.after(before, HEAVY);
    assertEquals(1, at(after, "http://a:1").inFlight());
    assertEquals(0, at(after, "http://b:1").inFlight());
    Lease b = Fleets.choose(after);
    assertEquals("http://b:1", b.backend().address());
    assertEquals(new Census(2, 0, 0, 0), Census.of(List.of(before, after)), "each once");
    a.close();
    b.close();
    assertEquals(new Census(0, 0, 0, 0), Census.of(List.of(before, after)));
  }

  @Test
  void whoIsDownStaysDownAndIsTriedOnceByBoth() {
    Fleet before = fleets.of(TWO);
    at(before, "http://a:1").health().refused(false, "gone");
    Fleet after = fleets.after(before, HEAVY);
    assertEquals("down", at(after, "http://a:1").state());
    for (int i = 0; i < 20; i++) {
      assertEquals("http://b:1", Fleets.choose(after).backend().address());
    }
    fleets.pass(Duration.ofSeconds(1));
    Lease trial = after.choose(Clues.NONE, b -> b.address().equals("http://a:1")).orElseThrow();
    assertEquals(
        Optional.empty(), before.choose(Clues.NONE, b -> b.address().equals("http://a:1")));
    trial.answered();
    trial.close();
    assertEquals("up", at(before, "http://a:1").state());
    assertEquals(List.of("m#1 is down: gone", "m#2 is up again"), fleets.news);
  }

  @Test
  void twinsAreSucceededOneByOne() {
    String twins = "'urls': ['http://a:1', 'http://a:1', 'http://b:1']";
    Fleet before = fleets.of(twins);
    List<Lease> held = new ArrayList<>();
    for (int i = 0; i < 3; i++) held.add(Fleets.choose(before));
    Fleet after = fleets.after(before, twins.replace("]", ", 'http://a:1']"));
    List<Integer> inHand = new ArrayList<>();
    for (Backend backend : after.backends()) inHand.add(backend.inFlight());
    assertEquals(List.of(1, 1, 1, 0), inHand);
    held.forEach(Lease::close);
  }

  @Test
  void whomAProbeFoundUnwellIsWellWhenNobodyProbesAnyMore() {
    Fleet before = fleets.of(TWO + ", 'health': {}");
    at(before, "http://a:1").health().unwell("status 503");
    Fleet still = fleets.after(before, HEAVY + ", 'health': {'path': '/ping'}");
    assertEquals("unwell", at(still, "http://a:1").state());
    Fleet after = fleets.after(still, HEAVY);
    assertEquals("up", at(after, "http://a:1").state());
    at(before, "http://a:1").health().unwell("says a probe of the old config, late");
    assertEquals("up", at(after, "http://a:1").state());
    assertTrue(at(after, "http://a:1").health().isOpen());
  }

  @Test
  void whoIsWaitedForIsNotLeftAloneForLong() {
    Fleet before = fleets.of(TWO);
    Health health = at(before, "http://a:1").health();
    health.refused(false, "gone");
    for (int i = 0; i < 8; i++) {
      fleets.pass(Duration.ofSeconds(30));
      assertTrue(health.take());
      health.refused(true, "gone");
    }
    fleets.pass(Duration.ofSeconds(2));
    assertFalse(health.isOpen());
    fleets.after(before, HEAVY + ", 'waitForBackend': '1h'");
    fleets.pass(Duration.ofSeconds(1));
    assertTrue(health.isOpen());
  }

  @Test
  void whoWaitsInTheOldFleetSeesWhatIsToldToTheNewOne() throws Exception {
    Fleet before = fleets.of(TWO + ", 'waitForBackend': '1h'");
    before.backends().forEach(backend -> backend.health().refused(false, "gone"));
    long due = fleets.clock.getAsLong() + Duration.ofHours(1).toNanos();
    var came = new AtomicBoolean();
    Thread waiter =
        Thread.ofVirtual().start(() -> came.set(before.await(_ -> true, due, () -> false)));
    Waiting.await("it waits", () -> before.waiting() == 1);
    Fleet after = fleets.after(before, HEAVY + ", 'waitForBackend': '1h'");
    before.retire(Optional.of(after));
    at(after, "http://a:1").health().well();
    waiter.join();
    assertTrue(came.get());
  }

  @Test
  void whomANameStoodForIsThereBeforeItIsLookedUpAgain() throws Exception {
    List<InetAddress> three =
        List.of(
            InetAddress.ofLiteral("10.0.0.1"),
            InetAddress.ofLiteral("10.0.0.2"),
            InetAddress.ofLiteral("10.0.0.3"));
    fleets.resolver =
        host -> {
          throw new UnknownHostException(host);
        };
    String named = "'urls': [{'url': 'dns+http://pods:1', 'weight': %d}]";
    Fleet before = fleets.of(named.formatted(1));
    Endpoint name = Fleets.model(named.formatted(1)).endpoints().getFirst();
    before.found(name, three);
    before.backends().getFirst().health().refused(false, "gone");
    final String down = before.backends().getFirst().address();
    fleets.news.clear();

    Fleet after = fleets.after(before, named.formatted(2));
    after.start();
    after.awaitFirst(System.nanoTime() + 1_000_000_000L);
    before.retire(Optional.of(after));
    assertEquals(3, after.backends().size());
    assertEquals("down", at(after, down).state());
    assertEquals(2, after.backends().getFirst().weight());
    before.found(name, List.of(three.getFirst()));
    assertEquals(3, before.backends().size(), "the old one hears nothing any more");
    after.found(Fleets.model(named.formatted(2)).endpoints().getFirst(), three.subList(0, 2));
    assertEquals(2, after.backends().size());
    assertTrue(fleets.news.toString().contains("has left pods"), fleets.news.toString());
    assertFalse(fleets.news.toString().contains("joined"), fleets.news.toString());
    after.close();
    before.close();
  }

  @Test
  void theOldOnesAreNotKeptInMemory() {
    Fleet fleet = fleets.of(TWO);
    List<java.lang.ref.WeakReference<Fleet>> old = new ArrayList<>();
    var left = new AtomicInteger();
    for (int i = 0; i < 10; i++) {
      old.add(new java.lang.ref.WeakReference<>(fleet));
      Fleet next = fleets.after(fleet, "'urls': ['http://a:1', 'http://x" + i + ":1']");
      fleet.retire(Optional.of(next));
      fleet = next;
    }
    Waiting.await(
        "all old ones to be forgotten",
        () -> {
          System.gc();
          left.set(0);
          old.forEach(each -> left.addAndGet(each.get() == null ? 0 : 1));
          return left.get() == 0;
        },
        () -> left + " are left");
    assertEquals(2, fleet.backends().size());
  }
}
