package llmhop.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.function.BooleanSupplier;
import llmhop.http.upstream.Body;
import llmhop.http.wire.Fields;
import llmhop.kit.ManualClock;
import llmhop.kit.Waiting;
import llmhop.route.Route.Found;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// A pulse by itself, on a clock that moves when the test says so: when it beats, what stops it,
/// and what a caller does to it that left or doesn't read.
class HeartbeatTest {
  private static final Duration EVERY = Duration.ofSeconds(15);
  private static final String BEAT = ": keep-alive\n\n";

  private final Clock clock = new Clock();
  private final ByteArrayOutputStream heard = new ByteArrayOutputStream();
  private final AtomicInteger looks = new AtomicInteger();
  private Heartbeat heartbeat;

  @AfterEach
  void stop() {
    if (heartbeat != null) {
      heartbeat.stop();
    }
  }

  /// Waits in it are over when it has been moved far enough.
  private static final class Clock implements PassingTime {
    private final ManualClock manual = new ManualClock();
    private final AtomicInteger waiting = new AtomicInteger();

    @Override
    public long getAsLong() {
      return manual.getAsLong();
    }

    @Override
    public boolean pass(Condition told, BooleanSupplier enough, long nanos)
        throws InterruptedException {
      long begin = manual.getAsLong();
      waiting.incrementAndGet();
      try {
        while (manual.getAsLong() - begin < nanos) {
          if (enough.getAsBoolean()) {
            return false;
          }
          PassingTime.super.pass(told, enough, 1_000_000);
        }
        return true;
      } finally {
        waiting.decrementAndGet();
      }
    }

    /// Moves on once somebody waits, so that it sees all of it.
    void advance(Duration by) {
      Waiting.await("a pulse to wait", () -> waiting.get() > 0);
      manual.advance(by);
    }
  }

  /// A request of which only the look into its body is asked for.
  private record Asked(BooleanSupplier stream, AtomicInteger looks) implements Intake.Request {
    @Override
    public boolean says(String member, BooleanSupplier enough) {
      assertEquals("stream", member);
      looks.incrementAndGet();
      return stream.getAsBoolean();
    }

    @Override
    public Target target() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Found find() {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean mayBeForAnother() {
      return false;
    }

    @Override
    public Affinity affinity() {
      return Affinity.NONE;
    }

    @Override
    public Body body(Found found) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean repeatable() {
      return true;
    }

    @Override
    public void close() {}
  }

  private Exchange start(OutputStream out, boolean stream) {
    Exchange x = Exchange.accept(new ExchangeOnPaper(out), new Journal(clock));
    heartbeat = Heartbeat.start(x, new Asked(() -> stream, looks), EVERY, clock);
    x.pulse(heartbeat);
    return x;
  }

  private String heard() {
    return heard.toString(StandardCharsets.UTF_8);
  }

  private void awaitHeard(String text) {
    Waiting.await(text, () -> heard().equals(text), this::heard);
  }

  @Test
  void itBeatsEachTimeTheIntervalHasPassedAndLooksIntoTheBodyOnce() throws IOException {
    Exchange x = start(heard, true);
    clock.advance(EVERY.minusMillis(1));
    assertFalse(x.begun());
    assertEquals(0, looks.get(), "nobody looks before");
    clock.advance(Duration.ofMillis(1));
    awaitHeard(BEAT);
    clock.advance(EVERY);
    awaitHeard(BEAT + BEAT);
    x.pulse().keepingStill(() -> assertTrue(x.begun() && x.onlyBeats()));
    assertEquals(1, looks.get());
    clock.advance(Duration.ofSeconds(1));
    x.bodyBegins();
    var outcome = x.journal().outcome(Instant.EPOCH, "POST");
    assertEquals(200, outcome.status());
    assertEquals(OptionalLong.of(EVERY.toNanos()), outcome.headNanos());
    assertEquals(OptionalLong.empty(), outcome.firstByteNanos());
    assertEquals(0, outcome.bytesOut());
    assertFalse(x.onlyBeats());
    assertFalse(heartbeat.beats());
  }

  @Test
  void whoAskedForNoStreamHearsNothingAndIsLeftAloneFromThenOn() {
    Exchange x = start(heard, false);
    clock.advance(EVERY);
    Waiting.await("the pulse to end", () -> !heartbeat.beats());
    heartbeat.stop();
    assertFalse(x.begun());
    assertEquals("", heard());
  }

  @Test
  void anAnswerEndsIt() throws IOException {
    Exchange x = start(heard, true);
    x.begin(200, "", new Fields(), OptionalLong.empty());
    assertFalse(heartbeat.beats());
    clock.manual.advance(EVERY.multipliedBy(3));
    Waiting.await("nobody to wait", () -> clock.waiting.get() == 0);
    assertEquals("", heard());
    assertFalse(x.onlyBeats());
  }

  @Test
  void behindAHeadThatIsOutItBeatsWithoutOneOfItsOwn() throws IOException {
    Exchange x = start(heard, true);
    x.beginOrGoOn("", new Fields());
    assertTrue(x.begun());
    clock.advance(EVERY);
    awaitHeard(BEAT);
    assertFalse(x.onlyBeats(), "there is a head that isn't ours");
  }

  /// A stream whose reader takes nothing until it is let go.
  private static final class Stuck extends OutputStream {
    final CountDownLatch entered = new CountDownLatch(1);
    final CountDownLatch free = new CountDownLatch(1);
    final ByteArrayOutputStream taken = new ByteArrayOutputStream();

    @Override
    public void write(int octet) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      entered.countDown();
      try {
        free.await();
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
      taken.write(bytes, offset, length);
    }
  }

  @Test
  void theAnswerWaitsForABeatThatIsBeingWritten() throws Exception {
    var stuck = new Stuck();
    Exchange x = start(stuck, true);
    clock.advance(EVERY);
    stuck.entered.await();
    var began = new AtomicBoolean();
    Thread answer =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    x.bodyBegins();
                    began.set(true);
                    x.write("data".getBytes(StandardCharsets.US_ASCII), 0, 4);
                  } catch (IOException e) {
                    throw new AssertionError(e);
                  }
                });
    Waiting.await("the answer to wait", () -> answer.getState() == Thread.State.WAITING);
    assertFalse(began.get());
    stuck.free.countDown();
    answer.join();
    assertEquals(BEAT + "data", stuck.taken.toString(StandardCharsets.US_ASCII));
  }

  private static OutputStream broken() {
    return new OutputStream() {
      @Override
      public void write(int octet) throws IOException {
        throw new IOException("Broken pipe");
      }
    };
  }

  @Test
  void aBeatThatCanNotBeWrittenEndsTheRequestThoughNobodyWatchesTheCaller() {
    Exchange x = start(broken(), true);
    var first = new AtomicInteger();
    var last = new AtomicInteger();
    x.watch(first::incrementAndGet);
    x.watch(last::incrementAndGet);
    assertFalse(x.gone());
    clock.advance(EVERY);
    Waiting.await("the watcher to be told", () -> last.get() == 1);
    assertTrue(x.gone());
    assertEquals(0, first.get());
    assertThrows(EOFException.class, x::bodyBegins, "nothing may follow");
    assertThrows(EOFException.class, () -> x.begin(200, "", new Fields(), OptionalLong.empty()));

    var late = new AtomicInteger();
    x.watch(late::incrementAndGet);
    Waiting.await("who comes late to be told at once", () -> late.get() == 1);
    assertEquals(1, last.get());
  }

  @Test
  void whoIsToldTwiceHearsItOnce() {
    Exchange x = start(broken(), true);
    var told = new AtomicInteger();
    Runnable seenElsewhere = x.pulse().watch(told::incrementAndGet);
    seenElsewhere.run();
    clock.advance(EVERY);
    Waiting.await("the beat to fail", x::gone);
    Waiting.await("the pulse to end", () -> !heartbeat.beats());
    heartbeat.stop();
    assertEquals(1, told.get());
  }

  @Test
  void withoutOneNothingStops() throws IOException {
    Exchange x = Exchange.accept(new ExchangeOnPaper(heard), new Journal(clock));
    assertFalse(x.pulse().beats());
    x.beginOrGoOn("", new Fields());
    x.bodyBegins();
    assertEquals(Optional.empty(), Optional.of(x.gone()).filter(gone -> gone));
  }
}
