package llmhop.http.front;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A connection's deadlines, with a clock that is moved by hand.
final class DeadlinesTest {
  private static final Limits LIMITS =
      new Limits(
          Duration.ofMillis(10_000),
          Duration.ofMillis(20_000),
          Duration.ofMillis(600_000),
          Duration.ofMillis(60_000),
          10,
          64 * 1024,
          100);

  private final Deadlines deadlines = new Deadlines(LIMITS);

  /// The clock starts near its end: its numbers have no meaning but their differences.
  private long now = Long.MAX_VALUE - TimeUnit.SECONDS.toNanos(5);

  private Optional<Doing> after(long millis) {
    now += TimeUnit.MILLISECONDS.toNanos(millis);
    return deadlines.look(now);
  }

  private static long limit(Doing doing) {
    return switch (doing) {
      case FRESH, HEAD -> 10_000;
      case IDLE -> 600_000;
      case BODY -> 20_000;
      case WRITING -> 60_000;
      case LINGERING -> 3_000;
      case HANDLING -> Long.MAX_VALUE;
    };
  }

  /// A body is read within the handler.
  private void begin(Doing doing) {
    if (doing == Doing.BODY) {
      deadlines.doing(Doing.HANDLING);
      deadlines.body();
      deadlines.waiting();
    } else {
      deadlines.doing(doing);
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "HANDLING")
  void eachHasItsLimitAndIsTakenForTooLongFromThenOn(Doing doing) {
    begin(doing);
    assertEquals(Optional.empty(), after(0));
    assertEquals(Optional.empty(), after(limit(doing) - 1));
    assertEquals(Optional.of(doing), after(1));
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"HANDLING", "BODY"})
  void itIsToldOnce(Doing doing) {
    deadlines.doing(doing);
    after(0);
    after(limit(doing));
    assertEquals(Optional.empty(), after(1));
    assertEquals(Optional.empty(), after(limit(doing) * 10));
  }

  @Test
  void theHandlerHasNoDeadline() {
    deadlines.doing(Doing.HANDLING);
    after(0);
    assertEquals(Optional.empty(), after(TimeUnit.DAYS.toMillis(1)));
  }

  @Test
  void aConnectionIsFreshAtFirst() {
    assertEquals(Doing.FRESH, deadlines.seen());
    after(0);
    assertEquals(Optional.of(Doing.FRESH), after(10_000));
  }

  @ParameterizedTest
  @EnumSource
  void timeCountsAnewFromEachChangeEvenToTheSame(Doing doing) {
    begin(doing);
    after(0);
    for (int i = 0; i < 5; i++) {
      assertEquals(Optional.empty(), after(2_999));
      begin(doing);
      assertEquals(Optional.empty(), after(2_999), "a change is seen, and time starts there");
    }
  }

  @Test
  void manyChangesBetweenTwoLooksAreOne() {
    deadlines.doing(Doing.HEAD);
    after(0);
    after(9_999);
    for (int i = 0; i < 10_000; i++) {
      deadlines.doing(Doing.HANDLING);
      deadlines.doing(Doing.HEAD);
    }
    assertEquals(Optional.empty(), after(9_999));
    assertEquals(Optional.of(Doing.HEAD), after(10_000));
  }

  @Test
  void aBodyLivesByItsProgress() {
    begin(Doing.BODY);
    after(0);
    for (int span = 0; span < 5; span++) {
      deadlines.came(Limits.BODY_PROGRESS - 1);
      deadlines.waiting();
      assertEquals(Optional.empty(), after(19_999));
      deadlines.came(1);
      deadlines.waiting();
      assertEquals(Optional.empty(), after(1), "enough in the span " + span);
    }
    deadlines.came(Limits.BODY_PROGRESS - 1);
    deadlines.waiting();
    assertEquals(Optional.of(Doing.BODY), after(20_000));
  }

  @Test
  void oneBurstIsNoCreditForTheNextSpan() {
    begin(Doing.BODY);
    after(0);
    deadlines.came(100 * Limits.BODY_PROGRESS);
    deadlines.waiting();
    assertEquals(Optional.empty(), after(20_000));
    assertEquals(Optional.of(Doing.BODY), after(20_000));
  }

  @Test
  void timeInWhichNobodyReadsABodyIsNotTheCallers() {
    begin(Doing.BODY);
    after(0);
    assertEquals(Optional.empty(), after(10_000));
    deadlines.came(1);
    assertEquals(Optional.empty(), after(3_600_000), "the backend is slow to take it");
    deadlines.waiting();
    assertEquals(Optional.empty(), after(9_999));
    assertEquals(Optional.of(Doing.BODY), after(1));
  }

  /// An upload may go on while the answer is written: each has its own clock.
  @ParameterizedTest
  @EnumSource(names = {"WRITING", "LINGERING"})
  void whoeverReadsABodyDoesNotStopTheClockOfWhoWrites(Doing doing) {
    begin(Doing.BODY);
    deadlines.doing(doing);
    after(0);
    for (long millis = 1_000; millis < limit(doing); millis += 1_000) {
      deadlines.came(Limits.BODY_PROGRESS);
      deadlines.waiting();
      assertEquals(Optional.empty(), after(1_000));
    }
    assertEquals(Optional.of(doing), after(1_000));
  }

  @Test
  void aBodyIsWaitedForWithAShortDeadline() {
    begin(Doing.BODY);
    assertTrue(deadlines.isRunning());
    deadlines.came(1);
    assertFalse(deadlines.isRunning());
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "BODY")
  void aShortDeadlineRunsUnlessItIsIdleOrWithTheHandler(Doing doing) {
    deadlines.doing(doing);
    assertEquals(doing, deadlines.doing());
    assertEquals(doing, deadlines.seen());
    boolean none = doing == Doing.IDLE || doing == Doing.HANDLING;
    assertEquals(!none, deadlines.isRunning());
  }

  @Test
  void bodyThatComesInBurstsIsSlowOnceItWasWaitedForForFiveSeconds() {
    begin(Doing.BODY);
    after(0);
    for (int burst = 0; burst < 5; burst++) {
      assertFalse(deadlines.isBodySlow(), "in burst " + burst);
      deadlines.came(Limits.BODY_PROGRESS);
      deadlines.waiting();
      after(burst < 4 ? 1_000 : 999);
    }
    assertFalse(deadlines.isBodySlow());
    after(1);
    assertTrue(deadlines.isBodySlow());
    begin(Doing.BODY);
    after(0);
    assertFalse(deadlines.isBodySlow(), "each body has its own time");
  }

  @Test
  void answerThatIsNotTakenForFiveSecondsIsUnread() {
    deadlines.unreadFor(4_999_999_999L);
    assertFalse(deadlines.isUnread());
    deadlines.unreadFor(5_000_000_000L);
    assertTrue(deadlines.isUnread());
    deadlines.unreadFor(0);
    assertFalse(deadlines.isUnread());
  }
}
