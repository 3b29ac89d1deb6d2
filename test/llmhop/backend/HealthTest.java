package llmhop.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// When a backend may be chosen, by what requests meet there and what probes say.
class HealthTest {
  private static final String TWO = "'urls': ['http://a:1', 'http://b:1']";
  private final Fleets fleets = new Fleets();
  private final Fleet fleet = fleets.of(TWO + ", 'health': {}");
  private final Backend first = fleet.backends().getFirst();
  private final Health health = first.health();

  private Optional<Lease> chooseFirst() {
    return fleet.choose(Clues.NONE, b -> b == first);
  }

  private void assertDownFor(Duration time) {
    fleets.pass(time.minusNanos(1));
    assertFalse(health.isOpen(), "not yet after " + time);
    fleets.pass(Duration.ofNanos(1));
    assertTrue(health.isOpen(), "after " + time);
  }

  @Test
  void oneRefusedConnectionTakesItOutForASecond() {
    health.refused(false, "nobody listens");
    assertEquals(Optional.empty(), chooseFirst());
    assertEquals("down", first.state());
    assertDownFor(Duration.ofSeconds(1));
    assertEquals(List.of("m#1 is down: nobody listens"), fleets.news);
  }

  @Test
  void threeBrokenAnswersInARowTakeItOutAndTwoDoNot() {
    health.broke(false, "reset");
    health.broke(false, "reset");
    assertTrue(health.isUp());
    health.broke(false, "reset");
    assertFalse(health.isOpen());
  }

  @Test
  void anAnswerThatCameToItsEndBetweenThemStartsTheCountAgain() {
    for (int i = 0; i < 10; i++) {
      health.broke(false, "reset");
      health.broke(false, "reset");
      try (Lease lease = chooseFirst().orElseThrow()) {
        lease.answered();
      }
    }
    assertTrue(health.isUp());
  }

  @Test
  void aHeadThatIsFollowedByABreakIsNoGoodAnswer() {
    for (int i = 0; i < 3; i++) {
      try (Lease lease = chooseFirst().orElseThrow()) {
        lease.answered();
        lease.broke("died in its answer");
      }
    }
    assertFalse(health.isOpen());
  }

  @Test
  void aTrialThatComesToNoEndIsFollowedByAnotherAfterACoolDown() {
    for (int i = 0; i < 3; i++) health.broke(false, "reset");
    fleets.pass(Duration.ofSeconds(1));
    Lease hung = chooseFirst().orElseThrow();
    assertEquals(Optional.empty(), chooseFirst());
    fleets.pass(Duration.ofSeconds(1));
    Lease second = chooseFirst().orElseThrow();
    assertEquals(Optional.empty(), chooseFirst());
    second.answered();
    assertTrue(health.isUp());
    second.close();
    hung.close();
    assertTrue(health.isUp());
  }

  @Test
  void aFirstByteThatIsLateCountsOnlyWhereNobodyIsAnswered() {
    for (int i = 0; i < 5; i++) {
      Lease late = chooseFirst().orElseThrow();
      try (Lease other = chooseFirst().orElseThrow()) {
        other.answered();
        other.progressed();
        late.late("over the limit 'firstByte'");
        late.close();
      }
    }
    assertTrue(health.isUp(), "it works on others");
    for (int i = 0; i < 3; i++) {
      Lease late = chooseFirst().orElseThrow();
      late.late("over the limit 'firstByte'");
      late.close();
    }
    assertFalse(health.isOpen());
  }

  @Test
  void whoWaitsSleepsWhileThoseThatComeIntoQuestionAreDown() throws Exception {
    fleet.backends().forEach(backend -> backend.health().refused(false, "gone"));
    fleets.pass(Duration.ofSeconds(2));
    fleet.backends().get(1).health().unwell("down");
    var asked = new AtomicInteger();
    long due = fleets.clock.getAsLong() + Duration.ofSeconds(60).toNanos();
    var gone = new AtomicBoolean();
    Thread waiter =
        Thread.ofVirtual()
            .start(
                () ->
                    fleet.await(
                        b -> {
                          asked.incrementAndGet();
                          return b != first;
                        },
                        due,
                        gone::get));
    while (fleet.waiting() == 0) Thread.onSpinWait();
    // Real time, since what is to be seen is that nothing happens.
    Thread.sleep(200);
    gone.set(true);
    fleet.changed();
    waiter.join();
    assertTrue(asked.get() < 50, "it looked " + asked.get() + " times");
  }

  @Test
  void whoWaitsSleepsWhileTheOneThatIsDownIsFullToo() throws Exception {
    Fleet full = fleets.of("'urls': [{'url': 'http://a:1', 'maxConcurrent': 1}]");
    full.backends().getFirst().health().refused(false, "gone");
    Lease lease = full.chooseAnyway(Clues.NONE, _ -> true).orElseThrow();
    fleets.pass(Duration.ofSeconds(2));
    var asked = new AtomicInteger();
    long due = fleets.clock.getAsLong() + Duration.ofSeconds(60).toNanos();
    var came = new CompletableFuture<Boolean>();
    Thread.ofVirtual()
        .start(
            () ->
                came.complete(
                    full.await(
                        b -> {
                          asked.incrementAndGet();
                          return true;
                        },
                        due,
                        () -> false)));
    while (full.waiting() == 0) Thread.onSpinWait();
    // Real time, since what is to be seen is that nothing happens.
    Thread.sleep(200);
    assertTrue(asked.get() < 50, "it looked " + asked.get() + " times");
    lease.close();
    assertTrue(came.join());
  }

  @Test
  void afterTheCoolDownOneRequestTriesAndTheOthersWaitForWhatBecomesOfIt() {
    health.refused(false, "gone");
    fleets.pass(Duration.ofSeconds(1));
    Lease trial = chooseFirst().orElseThrow();
    assertEquals("trial", first.state());
    assertEquals(Optional.empty(), chooseFirst());
    trial.answered();
    assertEquals("up", first.state());
    chooseFirst().orElseThrow().close();
    trial.close();
    assertEquals(List.of("m#1 is down: gone", "m#1 is up again"), fleets.news);
  }

  @Test
  void whereNobodyListenedAConnectionIsEnoughSinceALongAnswerMayTakeMinutesToBegin() {
    health.refused(false, "gone");
    fleets.pass(Duration.ofSeconds(1));
    Lease trial = chooseFirst().orElseThrow();
    trial.connected();
    assertEquals("up", first.state());
    trial.close();
  }

  @Test
  void aLateBreakOfAnOlderRequestChangesNothingOfThat() {
    Lease old = chooseFirst().orElseThrow();
    old.answered();
    health.refused(false, "gone");
    old.broke("cut by the restart");
    old.close();
    fleets.pass(Duration.ofSeconds(1));
    Lease trial = chooseFirst().orElseThrow();
    trial.connected();
    assertEquals("up", first.state());
    trial.close();
  }

  @Test
  void aTrialIsNotEndedByARequestThatWasSentBefore() {
    Lease old = chooseFirst().orElseThrow();
    health.refused(false, "gone");
    fleets.pass(Duration.ofSeconds(1));
    Lease trial = chooseFirst().orElseThrow();
    old.broke("cut by the restart");
    old.close();
    assertEquals("trial", first.state());
    trial.answered();
    assertEquals("up", first.state());
    trial.close();
  }

  @Test
  void whereItBrokeOffAConnectionIsNot() {
    for (int i = 0; i < 3; i++) health.broke(false, "reset");
    fleets.pass(Duration.ofSeconds(1));
    Lease trial = chooseFirst().orElseThrow();
    trial.connected();
    assertEquals("trial", first.state());
    trial.answered();
    assertEquals("up", first.state());
    trial.close();
  }

  @Test
  void eachTrialThatFailsDoublesTheCoolDownUpToHalfAMinute() {
    health.refused(false, "gone");
    for (int seconds : new int[] {1, 2, 4, 8, 16, 30, 30, 30}) {
      assertDownFor(Duration.ofSeconds(seconds));
      try (Lease trial = chooseFirst().orElseThrow()) {
        trial.refused("still gone");
      }
      assertFalse(health.isOpen());
    }
    assertEquals(1, fleets.news.size(), "told once, not for each trial");
  }

  @Test
  void aBackendThatWasWellForAWhileBeginsWithAShortCoolDownAgain() {
    health.refused(false, "gone");
    fleets.pass(Duration.ofSeconds(1));
    try (Lease trial = chooseFirst().orElseThrow()) {
      trial.refused("gone");
    }
    fleets.pass(Duration.ofSeconds(2));
    try (Lease trial = chooseFirst().orElseThrow()) {
      trial.answered();
    }
    health.refused(false, "gone again");
    assertDownFor(Duration.ofSeconds(1));
  }

  @Test
  void aTrialWhoseCallerLeftSaysNothingAndMayBeRepeatedAtOnce() {
    health.refused(false, "gone");
    fleets.pass(Duration.ofSeconds(1));
    chooseFirst().orElseThrow().close();
    assertTrue(health.isOpen());
  }

  @Test
  void whereARequestWaitsForItNobodyIsLeftAloneForMoreThanASecond() {
    Fleet waited = fleets.of(TWO + ", 'waitForBackend': '30s'");
    Health slow = waited.backends().getFirst().health();
    slow.refused(false, "gone");
    for (int i = 0; i < 5; i++) {
      fleets.pass(Duration.ofSeconds(1));
      assertTrue(slow.isOpen());
      assertTrue(slow.take());
      slow.refused(true, "gone");
    }
  }

  @Test
  void aRequestThatIsSentInSpiteOfAllBringsItBackWhenItIsAnswered() {
    fleet.backends().forEach(backend -> backend.health().refused(false, "gone"));
    assertEquals(Optional.empty(), fleet.choose(Clues.NONE, _ -> true));
    Lease anyway = fleet.chooseAnyway(Clues.NONE, _ -> true).orElseThrow();
    anyway.answered();
    anyway.close();
    assertEquals("up", anyway.backend().state());
  }

  @Test
  void aProbeTakesItOutUntilAProbeSaysOtherwise() {
    health.unwell("status 503");
    fleets.pass(Duration.ofHours(1));
    assertFalse(health.isOpen());
    assertEquals("unwell", first.state());
    health.well();
    assertTrue(health.isUp());
    assertEquals(
        List.of(
            "m#1 is down, says its health check: status 503",
            "m#1 is up again, says its health check"),
        fleets.news);
  }

  @Test
  void aProbeThatFindsItWellEndsACoolDown() {
    health.refused(false, "gone");
    health.well();
    assertTrue(health.isUp());
  }

  @Test
  void whoWaitsIsWokenWhenOneIsWell() throws Exception {
    fleet.backends().forEach(backend -> backend.health().unwell("down"));
    var came = new AtomicInteger();
    long due = fleets.clock.getAsLong() + Duration.ofSeconds(60).toNanos();
    Thread waiter =
        Thread.ofVirtual()
            .start(
                () -> {
                  if (fleet.await(_ -> true, due, () -> false)) came.incrementAndGet();
                });
    while (fleet.waiting() == 0) Thread.onSpinWait();
    health.well();
    waiter.join();
    assertEquals(1, came.get());
    assertEquals(0, fleet.waiting());
  }

  @Test
  void whoHangsUpStopsWaiting() throws Exception {
    fleet.backends().forEach(backend -> backend.health().unwell("down"));
    var gone = new AtomicBoolean();
    long due = fleets.clock.getAsLong() + Duration.ofSeconds(60).toNanos();
    Thread waiter = Thread.ofVirtual().start(() -> fleet.await(_ -> true, due, gone::get));
    while (fleet.waiting() == 0) Thread.onSpinWait();
    gone.set(true);
    fleet.changed();
    waiter.join();
    assertEquals(0, fleet.waiting());
  }

  @Test
  void oneMoreThanMayWaitIsTurnedAwayAtOnce() throws Exception {
    fleet.backends().forEach(backend -> backend.health().unwell("down"));
    long due = fleets.clock.getAsLong() + Duration.ofSeconds(60).toNanos();
    var waiters = new ArrayList<Thread>();
    for (int i = 0; i < Fleet.MOST_WAITING; i++) {
      waiters.add(Thread.ofVirtual().start(() -> fleet.await(_ -> true, due, () -> false)));
    }
    while (fleet.waiting() < Fleet.MOST_WAITING) Thread.sleep(1);
    assertFalse(fleet.await(_ -> true, due, () -> false));
    fleet.close();
    for (Thread waiter : waiters) waiter.join();
    assertEquals(0, fleet.waiting());
  }
}
