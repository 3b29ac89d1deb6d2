package llmhop.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Each policy's choice, to the letter of its definition, and how many requests each backend gets.
class BalancerTest {
  private static final String THREE = "'urls': ['http://a:1', 'http://b:1', 'http://c:1']";
  private static final String FIVE_ONE_ONE =
      "'urls': [{'url': 'http://a:1', 'weight': 5}, 'http://b:1', 'http://c:1']";

  private final Fleets fleets = new Fleets();

  private static String policy(String urls, String name) {
    return urls + ", 'balance': '" + name + "'";
  }

  /// One request after the other, each over before the next.
  private static String oneByOne(Fleet fleet, int times) {
    List<String> labels = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      try (Lease lease = Fleets.choose(fleet)) {
        labels.add(lease.backend().label().substring(2));
      }
    }
    return String.join("", labels);
  }

  /// Requests that all stay.
  private static Map<String, Integer> held(Fleet fleet, int times) {
    Map<String, Integer> counts = new TreeMap<>();
    for (int i = 0; i < times; i++) {
      counts.merge(Fleets.choose(fleet).backend().label(), 1, Integer::sum);
    }
    return counts;
  }

  // ---- round-robin

  @Test
  void turnsAreSmoothAndFollowTheWeights() {
    assertEquals(
        "1121311" + "1121311", oneByOne(fleets.of(policy(FIVE_ONE_ONE, "round-robin")), 14));
  }

  @Test
  void turnsDoNotLookAtWhatIsInFlight() {
    Fleet fleet = fleets.of(policy(THREE, "round-robin"));
    Lease held = Fleets.choose(fleet);
    assertEquals("231231", oneByOne(fleet, 6));
    held.close();
  }

  @Test
  void oneThatMayNotBeChosenMissesItsTurnsAndDoesNotMakeUpForThem() {
    Fleet fleet = fleets.of(policy(THREE, "round-robin"));
    fleet.backends().get(1).health().refused(false, "gone");
    assertEquals("131313", oneByOne(fleet, 6));
    fleet.backends().get(1).health().well();
    Map<Character, Integer> counts = new HashMap<>();
    for (char c : oneByOne(fleet, 9).toCharArray()) counts.merge(c, 1, Integer::sum);
    assertEquals(Map.of('1', 3, '2', 3, '3', 3), counts);
  }

  // ---- least-busy

  @Test
  void leastBusyIsTheDefaultAndTakesTurnsWhereAllAreEqual() {
    assertEquals("123123", oneByOne(fleets.of(THREE), 6));
    assertEquals("123123", oneByOne(fleets.of(policy(THREE, "least-busy")), 6));
  }

  @Test
  void tiesFollowTheWeightsToo() {
    assertEquals("1121311", oneByOne(fleets.of(FIVE_ONE_ONE), 7));
  }

  @Test
  void whoHasTheFewestForItsWeightIsNext() {
    Fleet fleet = fleets.of(FIVE_ONE_ONE);
    assertEquals(Map.of("m#1", 50, "m#2", 10, "m#3", 10), held(fleet, 70));
  }

  @Test
  void aBackendThatIsStuckGetsNoMoreThanItsShare() {
    Fleet fleet = fleets.of(THREE);
    Lease stuck = Fleets.choose(fleet);
    assertEquals("232323", oneByOne(fleet, 6));
    stuck.close();
  }

  @Test
  void whatIsGivenBackTwiceCountsOnce() {
    Fleet fleet = fleets.of(THREE);
    Lease lease = Fleets.choose(fleet);
    assertEquals(1, lease.backend().inFlight());
    lease.close();
    lease.close();
    assertEquals(0, lease.backend().inFlight());
  }

  @Test
  void whatMayNotBeChosenIsNot() {
    Fleet fleet = fleets.of(THREE);
    Backend first = fleet.backends().getFirst();
    for (int i = 0; i < 10; i++) {
      try (Lease lease = fleet.choose(Clues.NONE, b -> b != first).orElseThrow()) {
        assertNotEquals(first, lease.backend());
      }
    }
    assertTrue(fleet.choose(Clues.NONE, _ -> false).isEmpty());
  }

  @Test
  void aSingleBackendIsAlwaysTheAnswerAndCountsToo() {
    Fleet fleet = fleets.of("'url': 'http://a:1'");
    try (Lease lease = Fleets.choose(fleet)) {
      assertEquals("m", lease.backend().label());
      assertEquals(1, fleet.backends().getFirst().inFlight());
    }
    assertEquals(0, fleet.backends().getFirst().inFlight());
  }

  // ---- an engine's own load

  @Test
  void whatTheEngineSaysCountsWhileItIsFreshAndWhatWeSentSinceOnTop() {
    Fleet fleet = fleets.of(THREE);
    long now = fleets.clock.getAsLong();
    Backend first = fleet.backends().getFirst();
    first.told(new EngineLoad(7, 0, now + Duration.ofSeconds(6).toNanos(), true));
    assertEquals(7, first.busy(now));
    Lease mine = lease(first);
    assertEquals(8, first.busy(now));
    assertEquals("232323", oneByOne(fleet, 6));
    fleets.pass(Duration.ofSeconds(6));
    assertEquals(1, first.busy(fleets.clock.getAsLong()), "what is stale is forgotten");
    mine.close();
  }

  @Test
  void anEngineThatSaysLessThanWeHaveThereIsNotBelieved() {
    Fleet fleet = fleets.of(THREE);
    Backend first = fleet.backends().getFirst();
    long now = fleets.clock.getAsLong();
    Lease one = lease(first);
    Lease two = lease(first);
    first.told(new EngineLoad(0, 0, now + 1, true));
    assertEquals(2, first.busy(now));
    first.told(new EngineLoad(5, 2, now + 1, true));
    one.close();
    assertEquals(4, first.busy(now), "of five that were there one of ours has gone");
    two.close();
  }

  // ---- power-of-two

  @Test
  void ofTwoByChanceTheLessBusyOneIsTaken() {
    Fleet fleet = fleets.of(policy(THREE, "power-of-two"));
    var busy = new ArrayList<Lease>();
    for (int i = 0; i < 50; i++) busy.add(lease(fleet.backends().getFirst()));
    String chosen = oneByOne(fleet, 600);
    assertEquals(0, chosen.chars().filter(c -> c == '1').count(), "it always meets a better one");
    busy.forEach(Lease::close);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void chanceFollowsTheWeights(long seed) {
    Fleet fleet = new Fleets(seed).of(policy(FIVE_ONE_ONE, "power-of-two"));
    String chosen = oneByOne(fleet, 7000);
    long first = chosen.chars().filter(c -> c == '1').count();
    assertTrue(first > 4700 && first < 5300, "about 5 of 7 thousand: " + first);
  }

  @Test
  void loadStaysEvenWithTwoChoices() {
    Fleet fleet = fleets.of(policy(THREE, "power-of-two"));
    held(fleet, 3000).values().forEach(n -> assertTrue(n > 900 && n < 1100, "" + n));
  }

  // ---- prefix

  private static final String PREFIX = policy(THREE, "prefix");

  @Test
  void thePromptDecidesAndNothingElse() {
    Fleet one = fleets.of(PREFIX);
    // The same backends in another order: another router's config.
    String elsewhere = "'urls': ['http://c:1', 'http://a:1', 'http://b:1']";
    Fleet other = new Fleets(9).of(policy(elsewhere, "prefix"));
    Map<String, Integer> counts = new TreeMap<>();
    for (int i = 0; i < 3000; i++) {
      try (Lease here = Fleets.choose(one, Fleets.prompt("p" + i));
          Lease there = Fleets.choose(other, Fleets.prompt("p" + i))) {
        counts.merge(here.backend().label(), 1, Integer::sum);
        assertEquals(here.backend().identity(), there.backend().identity());
      }
    }
    counts.values().forEach(n -> assertTrue(n > 850 && n < 1150, counts.toString()));
  }

  @Test
  void weightsDecideHowManyPromptsABackendGets() {
    Fleet fleet = fleets.of(policy(FIVE_ONE_ONE, "prefix"));
    int first = 0;
    for (int i = 0; i < 7000; i++) {
      try (Lease lease = Fleets.choose(fleet, Fleets.prompt("p" + i))) {
        first += lease.backend().label().equals("m#1") ? 1 : 0;
      }
    }
    assertTrue(first > 4700 && first < 5300, "about 5 of 7 thousand: " + first);
  }

  @Test
  void whenOneLeavesOnlyItsOwnPromptsMove() {
    Fleet fleet = fleets.of(PREFIX);
    Backend gone = fleet.backends().getFirst();
    for (int i = 0; i < 500; i++) {
      Backend before;
      try (Lease lease = Fleets.choose(fleet, Fleets.prompt("p" + i))) {
        before = lease.backend();
      }
      Clues clues = Fleets.prompt("p" + i);
      try (Lease lease = fleet.choose(clues, b -> b != gone).orElseThrow()) {
        if (before != gone) assertEquals(before, lease.backend());
      }
    }
  }

  @Test
  void oneHotPromptSpreadsSoThatNobodyGetsMoreThanFiveQuartersOfItsShare() {
    Fleet fleet = fleets.of(PREFIX);
    for (int inFlight = 1; inFlight <= 300; inFlight++) {
      Fleets.choose(fleet, Fleets.prompt("hot"));
      for (Backend backend : fleet.backends()) {
        int bound = Math.ceilDiv(5 * inFlight, 4 * 3);
        assertTrue(backend.inFlight() <= bound, backend.inFlight() + " of " + inFlight);
      }
    }
    List<Integer> sorted = fleet.backends().stream().map(Backend::inFlight).sorted().toList();
    assertEquals(List.of(50, 125, 125), sorted, "its own backend and the next are full");
  }

  @Test
  void requestsWithoutAPromptGoWhereLeastIsDone() {
    assertEquals("123123", oneByOne(fleets.of(PREFIX), 6));
  }

  // ---- session

  private static Clues says(String header, String member) {
    return new Clues() {
      @Override
      public OptionalLong header(String name) {
        return name.equals("X-Session-ID") && !header.isEmpty()
            ? OptionalLong.of(Hash64.of(header))
            : OptionalLong.empty();
      }

      @Override
      public OptionalLong member(String name) {
        return name.equals("user") && !member.isEmpty()
            ? OptionalLong.of(Hash64.of(member))
            : OptionalLong.empty();
      }
    };
  }

  @Test
  void aSessionStaysWhereItIsHoweverBusyThatIs() {
    Fleet fleet = fleets.of(policy(THREE, "session"));
    Backend first = Fleets.choose(fleet, says("s1", "")).backend();
    for (int i = 0; i < 20; i++) {
      assertEquals(first, Fleets.choose(fleet, says("s1", "u" + i)).backend(), "the header first");
    }
    Backend ofUser = Fleets.choose(fleet, says("", "u1")).backend();
    assertEquals(ofUser, Fleets.choose(fleet, says("", "u1")).backend());
  }

  @Test
  void sessionsSpreadAndMoveOnlyWhenTheirBackendGoes() {
    Fleet fleet = fleets.of(policy(THREE, "session"));
    Map<String, Integer> counts = new TreeMap<>();
    for (int i = 0; i < 3000; i++) {
      try (Lease lease = Fleets.choose(fleet, says("s" + i, ""))) {
        counts.merge(lease.backend().label(), 1, Integer::sum);
      }
    }
    counts.values().forEach(n -> assertTrue(n > 850 && n < 1150, counts.toString()));
  }

  @Test
  void requestsWithoutASessionGoWhereLeastIsDone() {
    assertEquals("123123", oneByOne(fleets.of(policy(THREE, "session")), 6));
  }

  // ---- slow start

  @Test
  void oneThatCameBackGetsATenthAtFirstAndItsWholeShareInTheEnd() {
    Fleet fleet = fleets.of(policy(THREE, "round-robin") + ", 'slowStart': '10s'");
    Backend back = fleet.backends().getFirst();
    assertEquals(1000, back.share(fleets.clock.getAsLong()), "at the start of all nobody is slow");
    back.health().refused(false, "restarts");
    back.health().well();
    assertEquals(100, back.share(fleets.clock.getAsLong()));
    String slow = oneByOne(fleet, 210);
    assertEquals(10, slow.chars().filter(c -> c == '1').count());
    fleets.pass(Duration.ofSeconds(5));
    assertEquals(550, back.share(fleets.clock.getAsLong()));
    fleets.pass(Duration.ofSeconds(5));
    assertEquals(1000, back.share(fleets.clock.getAsLong()));
  }

  private static Lease lease(Backend backend) {
    assertTrue(backend.begin());
    return new Lease(backend, false);
  }
}
