package llmhop.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import llmhop.config.Model;
import llmhop.config.Priority;
import llmhop.kit.ManualClock;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.Test;

class PlacesTest {
  private final ManualClock clock = new ManualClock();

  private static Model limits(int places) {
    return Fleets.model("'url': 'http://h', 'maxConcurrent': " + places);
  }

  private static Model limits(int places, int queue) {
    String rules = ", 'queue': {'max': " + queue + ", 'wait': '30s'}";
    return Fleets.model("'url': 'http://h', 'maxConcurrent': " + places + rules);
  }

  private static Model waiting(String wait) {
    String queue = "'queue': {'max': 5, 'wait': '" + wait + "'}";
    return Fleets.model("'url': 'http://h', 'maxConcurrent': 1, " + queue);
  }

  private Places places(Model model) {
    return Places.of(model, clock);
  }

  private Place take(Places places) {
    return assertInstanceOf(Entry.Granted.class, new Asker("x").enter(places)).place();
  }

  @Test
  void aModelWithoutLimitsCountsNothing() {
    assertSame(Place.NONE, take(Places.OPEN));
    assertEquals(0, Places.OPEN.taken());
  }

  @Test
  void withoutAQueueOneTooManyIsDeniedAtOnce() {
    Places places = places(limits(2));
    Place first = take(places);
    take(places);
    var denied = assertInstanceOf(Entry.Denied.class, new Asker("x").enter(places));
    assertEquals(Entry.Why.TAKEN, denied.why());
    first.close();
    first.close();
    assertEquals(1, places.taken());
    take(places);
    assertEquals(2, places.taken());
  }

  @Test
  void whoWaitsGetsThePlaceThatIsGivenBack() {
    Places places = places(limits(1, 10));
    Place place = take(places);
    Asker ann = new Asker("ann").waitAt(places);
    Asker bob = new Asker("bob").waitAt(places);
    clock.advance(Duration.ofSeconds(3));
    place.close();
    Entry.Granted granted = ann.granted();
    assertEquals(Duration.ofSeconds(3).toNanos(), granted.waitedNanos());
    assertEquals(1, places.taken());
    assertEquals(1, places.waiting());
    granted.place().close();
    bob.granted().place().close();
    assertEquals(0, places.taken());
  }

  @Test
  void whoComesLaterIsNotFaster() {
    Places places = places(limits(1, 10));
    Place place = take(places);
    Asker waiting = new Asker("ann").waitAt(places);
    place.close();
    // The place has passed to ann, whether her thread has run since or not.
    Asker late = new Asker("bob").waitAt(places);
    waiting.granted().place().close();
    late.granted().place().close();
  }

  @Test
  void asManyWaitAsMayAndNotOneMore() {
    Places places = places(limits(1, 2));
    Place place = take(places);
    Asker first = new Asker("ann").waitAt(places);
    Asker second = new Asker("ann").waitAt(places);
    var denied = assertInstanceOf(Entry.Denied.class, new Asker("ann").enter(places));
    assertEquals(Entry.Why.FULL, denied.why());
    place.close();
    first.granted().place().close();
    second.granted().place().close();
    assertEquals(0, places.taken() + places.waiting());
  }

  @Test
  void shorterWaitEndsWaitsThatAreLongerAtOnceAndOthersInTheirTime() {
    Places places = places(waiting("60s"));
    Place place = take(places);
    Asker early = new Asker("ann").waitAt(places);
    clock.advance(Duration.ofSeconds(8));
    Asker late = new Asker("bob").waitAt(places);
    clock.advance(Duration.ofSeconds(4));
    places.limit(waiting("10s"));
    Entry.Denied denied = early.denied();
    assertEquals(Entry.Why.WAITED, denied.why());
    assertEquals(Duration.ofSeconds(12).toNanos(), denied.waitedNanos());
    clock.advance(Duration.ofSeconds(6).minusNanos(1));
    late.wake.run();
    assertEquals(1, places.waiting());
    clock.advance(Duration.ofNanos(1));
    late.wake.run();
    assertEquals(Entry.Why.WAITED, late.denied().why());
    place.close();
    assertEquals(0, places.taken() + places.waiting());
  }

  @Test
  void longerWaitHoldsForThoseWhoWaitAlready() {
    Places places = places(waiting("10s"));
    Place place = take(places);
    Asker ann = new Asker("ann").waitAt(places);
    places.limit(waiting("60s"));
    clock.advance(Duration.ofSeconds(60).minusNanos(1));
    ann.wake.run();
    assertEquals(1, places.waiting());
    place.close();
    ann.granted().place().close();
  }

  @Test
  void queueThatIsTakenAwayLetsNobodyWait() {
    Places places = places(waiting("60s"));
    Place place = take(places);
    Asker ann = new Asker("ann").waitAt(places);
    Asker bob = new Asker("bob").waitAt(places);
    places.limit(limits(2));
    // The place that is new goes to the first, and the other is not kept for nothing.
    ann.granted().place().close();
    assertEquals(Entry.Why.TAKEN, bob.denied().why());
    place.close();
    assertEquals(0, places.taken() + places.waiting());
  }

  @Test
  void smallerQueueKeepsThoseWhoWaitAndTakesNoMoreBeforeItHasRoom() {
    Places places = places(limits(1, 5));
    Place place = take(places);
    List<Asker> askers = new ArrayList<>();
    for (int i = 0; i < 3; i++) askers.add(new Asker("ann").waitAt(places));
    places.limit(limits(1, 2));
    assertEquals(3, places.waiting());
    assertEquals(
        Entry.Why.FULL, assertInstanceOf(Entry.Denied.class, new Asker("ann").enter(places)).why());
    place.close();
    for (Asker each : askers) each.granted().place().close();
    assertEquals(0, places.taken() + places.waiting());
  }

  /// A config that comes just when a request begins to wait must not leave it with the old wait.
  @Test
  void queueThatIsTakenAwayWhileRequestsComeLeavesNobodyWaiting() throws InterruptedException {
    for (int round = 0; round < 300; round++) {
      Places places = places(waiting("60s"));
      Place place = take(places);
      Asker ann = new Asker("ann");
      Thread coming = Thread.ofPlatform().start(() -> ann.entry.complete(ann.enter(places)));
      places.limit(limits(1));
      assertEquals(Entry.Why.TAKEN, ann.denied().why());
      coming.join();
      place.close();
    }
  }

  @Test
  void theWaitHasAnEnd() {
    Places places = places(limits(1, 2));
    Place place = take(places);
    Asker ann = new Asker("ann").waitAt(places);
    clock.advance(Duration.ofSeconds(30).minusNanos(1));
    ann.wake.run();
    assertEquals(1, places.waiting());
    clock.advance(Duration.ofNanos(1));
    ann.wake.run();
    assertEquals(Entry.Why.WAITED, ann.denied().why());
    assertEquals(0, places.waiting());
    place.close();
    assertEquals(0, places.taken());
  }

  @Test
  void whoHangsUpLeavesAtOnce() {
    Places places = places(limits(1, 2));
    Place place = take(places);
    Asker ann = new Asker("ann").waitAt(places);
    Asker bob = new Asker("bob").waitAt(places);
    ann.hangUp();
    assertInstanceOf(Entry.Left.class, ann.entry.join());
    assertEquals(1, places.waiting());
    place.close();
    bob.granted().place().close();
  }

  @Test
  void aPlaceThatMeetsAHangUpPassesOn() {
    Places places = places(limits(1, 2));
    Place place = take(places);
    Asker ann = new Asker("ann").waitAt(places);
    Asker bob = new Asker("bob").waitAt(places);
    ann.gone = true;
    place.close();
    assertInstanceOf(Entry.Left.class, ann.entry.join());
    bob.granted().place().close();
    assertEquals(0, places.taken());
  }

  @Test
  void aFullQueueMakesRoomForWhoHasLess() {
    Places places = places(limits(1, 3));
    Place place = take(places);
    List<Asker> greedy = new ArrayList<>();
    for (int i = 0; i < 3; i++) greedy.add(new Asker("ann").waitAt(places));
    Asker bob = new Asker("bob");
    Thread.ofVirtual().start(() -> bob.entry.complete(places.enter(bob)));
    assertEquals(Entry.Why.PUSHED_OUT, greedy.get(2).denied().why());
    place.close();
    greedy.get(0).granted().place().close();
    bob.granted().place().close();
    greedy.get(1).granted().place().close();
    assertEquals(0, places.taken() + places.waiting());
  }

  @Test
  void theMeanTimeOfAPlaceTellsWhenTheNextIsFree() {
    Places places = places(limits(2));
    for (int i = 0; i < 100; i++) {
      Place place = take(places);
      clock.advance(Duration.ofSeconds(20));
      place.close();
    }
    take(places);
    take(places);
    var denied = assertInstanceOf(Entry.Denied.class, new Asker("x").enter(places));
    assertEquals(10, Math.round(denied.nextNanos() / 1e9));
  }

  @Test
  void higherLimitsLetInWhoWaits() {
    Places places = places(limits(1, 5));
    Place place = take(places);
    Asker ann = new Asker("ann").waitAt(places);
    Asker bob = new Asker("bob").waitAt(places);
    places.limit(limits(2, 5));
    ann.granted();
    assertEquals(1, places.waiting());
    places.lift();
    bob.granted();
    assertEquals(3, places.taken());
    places.limit(limits(1, 5));
    place.close();
    ann.granted().place().close();
    Asker eve = new Asker("eve").waitAt(places);
    bob.granted().place().close();
    eve.granted().place().close();
    assertEquals(0, places.taken());
  }

  @Test
  void whatIsTakenUnderOneConfigIsTakenUnderTheNext() {
    Places places = places(limits(2));
    Place place = take(places);
    Places next = Places.of(limits(1, 5), places, clock);
    assertSame(places, next);
    next.limit(limits(1, 5));
    Asker ann = new Asker("ann").waitAt(next);
    place.close();
    ann.granted().place().close();
    assertEquals(0, next.taken());
    assertSame(Places.OPEN, Places.of(Fleets.model("'url': 'http://h'"), places, clock));
  }

  @Test
  void whoIsOnItsWayAlreadyDoesNotStandInLine() {
    Places places = places(limits(1, 5));
    Place place = places.tryEnter(() -> true).orElseThrow();
    assertEquals(Optional.empty(), places.tryEnter(() -> true));
    place.close();
    assertEquals(Optional.empty(), places.tryEnter(() -> false));
    assertEquals(0, places.taken());
  }

  /// One owner asks without end, the other for one at a time: it gets every second place.
  @Test
  void fairBetweenAGreedyAndAModestOwner() {
    Places places = places(limits(1, 100));
    Place place = take(places);
    List<Asker> greedy = new ArrayList<>();
    for (int i = 0; i < 100; i++) greedy.add(new Asker("ann").waitAt(places));
    int next = 0;
    for (int i = 0; i < 20; i++) {
      Asker bob = new Asker("bob");
      Thread.ofVirtual().start(() -> bob.entry.complete(places.enter(bob)));
      Waiting.await("bob waits", () -> bob.waits);
      place.close();
      place = greedy.get(next++).granted().place();
      place.close();
      place = bob.granted().place();
    }
    places.lift();
    place.close();
    for (Asker each : greedy) {
      if (each.entry.join() instanceof Entry.Granted granted) granted.place().close();
    }
    assertEquals(0, places.taken() + places.waiting());
  }

  @Test
  void whoBeganBeforeAReloadDoesNotHoldUpThoseWhoseBackendsHaveRoom() {
    Places places = places(limits(9, 10));
    Asker before = new Asker("ann");
    before.mayGo = false;
    before.waitAt(places);
    Asker after = new Asker("ann");
    after.wants = "something else";
    Thread.ofVirtual().start(() -> after.entry.complete(after.enter(places)));
    Waiting.await("it has a place", after.entry::isDone);
    Place place = after.granted().place();
    assertEquals(1, places.waiting());
    // Of the same backends the first comes first.
    Asker second = new Asker("ann");
    second.waitAt(places);
    before.mayGo = true;
    place.close();
    before.granted().place().close();
    second.granted().place().close();
    assertEquals(0, places.taken() + places.waiting());
  }

  @Test
  void whoFailsWhileItWaitsLeavesNothingBehind() {
    Places places = places(limits(1, 10));
    Place place = take(places);
    Asker fails =
        new Asker("ann") {
          @Override
          public void waits(Runnable toWake) {
            throw new OutOfMemoryError("no thread to be had");
          }
        };
    assertThrows(OutOfMemoryError.class, () -> places.enter(fails));
    assertEquals(0, places.waiting());
    Asker unlucky =
        new Asker("bob") {
          @Override
          public void waits(Runnable toWake) {
            place.close();
            throw new OutOfMemoryError("it has a place already");
          }
        };
    assertThrows(OutOfMemoryError.class, () -> places.enter(unlucky));
    assertEquals(0, places.taken() + places.waiting());
  }

  @Test
  void tenThousandCallersOverAQueueOfTenLeaveNothingBehind() throws InterruptedException {
    Places places = Places.of(limits(4, 10), System::nanoTime);
    var random = new SplittableRandom(5);
    var start = new CountDownLatch(1);
    var done = new CountDownLatch(10_000);
    var inside = new AtomicInteger();
    var most = new AtomicInteger();
    var counts = new ConcurrentLinkedQueue<String>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 10_000; i++) {
        var asker = new Asker("t" + random.nextInt(5), Priority.values()[random.nextInt(3)]);
        boolean hangsUp = random.nextInt(4) == 0;
        long after = random.nextLong(20_000_000);
        threads.submit(
            () -> {
              start.await();
              if (hangsUp) {
                threads.submit(
                    () -> {
                      Thread.sleep(Duration.ofNanos(after));
                      asker.hangUp();
                      return true;
                    });
              }
              Entry entry = asker.enter(places);
              counts.add(entry.getClass().getSimpleName());
              if (entry instanceof Entry.Granted granted) {
                most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                Thread.sleep(Duration.ofNanos(after / 100));
                inside.decrementAndGet();
                granted.place().close();
              }
              done.countDown();
              return true;
            });
      }
      start.countDown();
      done.await();
    }
    Map<String, Integer> ends = new TreeMap<>();
    for (String each : counts) ends.merge(each, 1, Integer::sum);
    assertEquals(0, places.taken(), ends::toString);
    assertEquals(0, places.waiting(), ends::toString);
    assertTrue(most.get() <= 4, "at a time: " + most);
    assertEquals(10_000, counts.size());
    assertTrue(ends.getOrDefault("Granted", 0) > 4, ends::toString);
    assertTrue(ends.getOrDefault("Denied", 0) > 0, ends::toString);
  }
}
