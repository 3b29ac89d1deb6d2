package llmhop.http.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// When a pump ticks. Bounds are wide: other tests may run meanwhile.
final class PumpTest {
  private final AtomicBoolean busy = new AtomicBoolean();
  private final AtomicInteger ticks = new AtomicInteger();
  private final AtomicLong lastTick = new AtomicLong();
  private final Pump pump = new Pump(this::tick, 0, System::nanoTime);

  private boolean tick() {
    boolean now = busy.get();
    lastTick.set(System.nanoTime());
    ticks.incrementAndGet();
    return now;
  }

  @AfterEach
  void close() {
    pump.close();
  }

  private void awaitTicks(int more) {
    int before = ticks.get();
    Waiting.await(more + " more ticks", () -> ticks.get() >= before + more);
  }

  /// Waits until it has said that nothing is under way, and waits for long.
  private void quiet() {
    busy.set(false);
    awaitTicks(1);
    long begin = System.nanoTime();
    Waiting.await(
        "a pause", () -> System.nanoTime() - Math.max(begin, lastTick.get()) > 100_000_000);
  }

  @Test
  void itsThreadStartsWithTheFirstUse() {
    pump.awake();
    assertEquals(0, ticks.get());
    pump.start();
    pump.start();
    awaitTicks(1);
  }

  @Test
  void itTicksOftenWhileSomethingIsUnderWayAndRarelyElse() {
    busy.set(true);
    pump.start();
    long begin = System.nanoTime();
    awaitTicks(20);
    long millis = Duration.ofNanos(System.nanoTime() - begin).toMillis();
    assertTrue(millis >= 19 * Pump.TICK_MILLIS - 5, millis + " ms");
    quiet();
    int before = ticks.get();
    long rest = System.nanoTime();
    Waiting.await("half a second", () -> System.nanoTime() - rest > 500_000_000);
    assertTrue(ticks.get() - before <= 1, "ticks for nobody");
    awaitTicks(1);
  }

  /// A pump that ticks once an hour by itself: one that is forgotten is waited for in vain.
  @Test
  void whoeverWakesItIsNeverForgotten() {
    try (Pump slow = new Pump(this::tick, 0, System::nanoTime, Duration.ofHours(1).toMillis())) {
      busy.set(true);
      slow.start();
      awaitTicks(1);
      for (int i = 0; i < 60; i++) {
        busy.set(false);
        if (i % 12 == 0) {
          long begin = System.nanoTime();
          Waiting.await(
              "a pause", () -> System.nanoTime() - Math.max(begin, lastTick.get()) > 300_000_000);
        }
        // As a connection does: first what the ticker will see, then the call.
        busy.set(true);
        slow.awake();
        awaitTicks(2);
      }
    }
  }

  @Test
  void aTickerThatThrowsIsCalledAgain() {
    var thrown = new AtomicInteger();
    try (Pump faulty =
        new Pump(
            () -> {
              if (thrown.incrementAndGet() < 5) {
                throw new IllegalStateException("a fault");
              }
              return true;
            },
            0,
            System::nanoTime)) {
      faulty.start();
      Waiting.await("more ticks", () -> thrown.get() > 7);
    }
  }

  @Test
  void whatIsSubmittedRunsOnItsThreadInOrderAndAfterTheEndAtOnce() {
    var order = new StringBuffer();
    pump.submit(() -> order.append('a'));
    pump.submit(
        () -> {
          order.append('b');
          pump.submit(() -> order.append('d'));
        });
    pump.submit(() -> order.append('c'));
    Waiting.await("all to run", () -> order.length() == 4);
    assertEquals("ab", order.substring(0, 2));
    pump.close();
    Waiting.await(
        "the pump to end",
        () -> {
          var here = new AtomicBoolean();
          Thread asks = Thread.currentThread();
          pump.submit(() -> here.set(Thread.currentThread().equals(asks)));
          return here.get();
        });
    pump.close();
  }

  @Test
  void aTaskThatThrowsHoldsUpNoOther() {
    var ran = new AtomicBoolean();
    pump.submit(
        () -> {
          throw new IllegalStateException("a fault");
        });
    pump.submit(() -> ran.set(true));
    Waiting.await("the other to run", ran::get);
  }

  @Test
  void nothingIsHeldAtFirst() {
    assertEquals(0, pump.flows());
    assertEquals(0, pump.pendingBytes());
    assertFalse(busy.get());
  }
}
