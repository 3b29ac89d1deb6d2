package llmhop.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import llmhop.kit.Waiting;
import llmhop.schedule.FairWorkers.Lane;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class FairWorkersTest {
  private final CountDownLatch go = new CountDownLatch(1);
  private final FairWorkers workers = new FairWorkers(1, 4, 8);
  private final List<String> ran = Collections.synchronizedList(new ArrayList<>());

  @AfterEach
  void end() {
    go.countDown();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /// Keeps the only worker busy, until the test lets it go.
  private void occupy() {
    var begun = new CountDownLatch(1);
    workers.submit(
        "busy",
        () -> {
          begun.countDown();
          await(go);
        });
    await(begun);
  }

  private FairWorkers.Task note(String key, String name) {
    return workers.submit(key, () -> ran.add(name)).orElseThrow();
  }

  @Test
  void keysTakeTurns() throws InterruptedException {
    occupy();
    note("greedy", "g1");
    note("greedy", "g2");
    FairWorkers.Task last = note("greedy", "g3");
    note("honest", "h1");
    note("other", "o1");
    note("honest", "h2");
    go.countDown();
    assertTrue(last.await());
    assertEquals(List.of("g1", "h1", "o1", "g2", "h2", "g3"), ran);
  }

  @Test
  void soMuchWaitsForOneKey() {
    occupy();
    for (int i = 0; i < 4; i++) {
      note("greedy", "g" + i);
    }
    assertEquals(Optional.empty(), workers.submit("greedy", () -> ran.add("too much")));
    note("honest", "h");
  }

  @Test
  void newestWorkOfTheKeyWithMostMakesRoomForAKeyWithLess() throws InterruptedException {
    occupy();
    List<FairWorkers.Task> greedy = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      greedy.add(note("greedy", "g" + i));
    }
    for (int i = 0; i < 4; i++) {
      note("other" + i, "o" + i);
    }
    assertEquals(8, workers.waiting());
    FairWorkers.Task honest = note("honest", "h");
    assertEquals(8, workers.waiting());
    assertFalse(greedy.getLast().await(), "it was pushed out");
    go.countDown();
    assertTrue(honest.await());
    assertTrue(greedy.get(2).await());
    assertFalse(ran.contains("g3"));
  }

  @Test
  void nothingMakesRoomWhereAllKeysHaveTheSame() {
    occupy();
    for (int i = 0; i < 8; i++) {
      note("key" + i, "k" + i);
    }
    assertEquals(Optional.empty(), workers.submit("one more", () -> {}));
  }

  @Test
  void cancelledWorkLeavesItsQueueAndDoesNotRun() throws InterruptedException {
    occupy();
    FairWorkers.Task task = note("key", "cancelled");
    FairWorkers.Task next = note("key", "next");
    task.cancel();
    assertFalse(task.await());
    assertEquals(1, workers.waiting());
    next.cancel();
    assertEquals(0, workers.waiting());
    FairWorkers.Task again = note("key", "again");
    go.countDown();
    assertTrue(again.await());
    assertEquals(List.of("again"), ran);
    again.cancel();
    assertTrue(again.await(), "too late to cancel");
  }

  @Test
  void whatWorkThrowsIsThrownWhereItIsAwaitedAndTheWorkerGoesOn() throws InterruptedException {
    FairWorkers.Task task =
        workers
            .submit(
                "key",
                () -> {
                  throw new IllegalStateException("of the work");
                })
            .orElseThrow();
    assertThrows(IllegalStateException.class, task::await);
    assertTrue(workers.run("key", () -> ran.add("next")));
  }

  @Test
  void interruptTakesWaitingWorkAwayButNotRunningWork() throws InterruptedException {
    occupy();
    FairWorkers.Task waiting = note("key", "never");
    var thrown = new AtomicReference<Exception>();
    Thread thread =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    waiting.await();
                  } catch (InterruptedException e) {
                    thrown.set(e);
                  }
                });
    thread.interrupt();
    thread.join();
    assertTrue(thrown.get() instanceof InterruptedException);
    assertEquals(0, workers.waiting());
    go.countDown();
    workers.run("key", () -> {});
    assertEquals(List.of(), ran);
  }

  @Test
  void soManyRunAtATime() throws InterruptedException {
    var two = new FairWorkers(2, 100, 100);
    var running = new AtomicInteger();
    var most = new AtomicInteger();
    List<FairWorkers.Task> tasks = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      Runnable work =
          () -> {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            Thread.onSpinWait();
            running.decrementAndGet();
          };
      tasks.add(two.submit("key" + i % 3, work).orElseThrow());
    }
    for (FairWorkers.Task task : tasks) {
      assertTrue(task.await());
    }
    assertTrue(most.get() <= 2, "at a time: " + most.get());
  }

  /// Callers that come, wait and give up in all orders leave nothing behind.
  @Test
  void nothingIsLeftBehindByManyThreads() throws InterruptedException {
    var shared = new FairWorkers(2, 16, 64);
    var done = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 32; i++) {
      int number = i;
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    for (int round = 0; round < 200; round++) {
                      Optional<FairWorkers.Task> task =
                          shared.submit(number % 5, done::incrementAndGet);
                      if (task.isPresent() && (round + number) % 3 == 0) {
                        task.get().cancel();
                      }
                      if (task.isPresent()) {
                        try {
                          task.get().await();
                        } catch (InterruptedException e) {
                          throw new AssertionError(e);
                        }
                      }
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    Waiting.await("all work to be over", () -> shared.waiting() == 0);
    assertTrue(done.get() > 0);
    assertTrue(shared.run("after", () -> {}));
  }

  @Test
  void workForBackendsFindsItsPlaceAndItsTurnWhenCallersFillTheirLane()
      throws InterruptedException {
    occupy();
    for (int i = 0; i < 8; i++) {
      note("address " + i, "c" + i);
    }
    assertEquals(Optional.empty(), workers.submit("one more", () -> {}), "the lane is full");
    FairWorkers.Task last = null;
    for (int i = 0; i < 4; i++) {
      String name = "b" + i;
      last = workers.submit(Lane.BACKENDS, "backend", () -> ran.add(name)).orElseThrow();
    }
    assertEquals(
        Optional.empty(), workers.submit(Lane.BACKENDS, "backend", () -> {}), "as many as one may");
    assertEquals(12, workers.waiting());
    go.countDown();
    assertTrue(last.await());
    Waiting.await("all to run", () -> ran.size() == 12);
    assertEquals(
        List.of("b0", "c0", "b1", "c1", "b2", "c2", "b3", "c3", "c4", "c5", "c6", "c7"), ran);
  }

  @Test
  void workForBackendsLeavesCallersTheirTurn() throws InterruptedException {
    occupy();
    for (int i = 0; i < 8; i++) {
      String name = "b" + i;
      assertTrue(workers.submit(Lane.BACKENDS, "backend " + i, () -> ran.add(name)).isPresent());
    }
    FairWorkers.Task caller = note("address", "c");
    go.countDown();
    assertTrue(caller.await());
    assertEquals(List.of("b0", "c"), List.copyOf(ran).subList(0, 2));
  }
}
