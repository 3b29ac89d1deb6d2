package llmhop.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import llmhop.kit.ManualClock;
import org.junit.jupiter.api.Test;

/// How often operators are told of what a rule has ended, where there is no access log.
class EndedBodiesTest {
  private final ManualClock clock = new ManualClock();
  private final List<String> lines = new ArrayList<>();
  private final EndedBodies news = new EndedBodies(clock, lines::add);

  private static Outcome ended(EndedBy by, String error, String detail) {
    return new Outcome(
        Instant.EPOCH,
        "id",
        "guest",
        "POST",
        "/v1/chat/completions",
        Optional.empty(),
        Optional.empty(),
        0,
        0,
        503,
        0,
        0,
        OptionalLong.empty(),
        OptionalLong.empty(),
        0,
        by,
        Phase.READ,
        Optional.of(error),
        Optional.of(detail));
  }

  private static Outcome body(String rule) {
    return ended(EndedBy.ROUTER, "overloaded", Outcome.BODY_RULE + rule);
  }

  @Test
  void lineHasTheRuleAndItsCaller() {
    news.record(body("maxBufferedShare"));
    assertEquals(
        List.of(
            "bodies were ended to make room for others by the rule maxBufferedShare: the last one"
                + " of caller guest; 'log' names each"),
        lines);
  }

  @Test
  void eachRuleIsToldOnceInTenSecondsWithHowManyThereWere() {
    for (int i = 0; i < 100; i++) {
      news.record(body("maxBufferedShare"));
      news.record(body("maxBufferedBytes, slowest body"));
    }
    clock.advance(Duration.ofSeconds(10).minusNanos(1));
    news.record(body("maxBufferedShare"));
    assertEquals(2, lines.size());
    clock.advance(Duration.ofNanos(1));
    news.record(body("maxBufferedShare"));
    assertEquals(3, lines.size());
    assertTrue(lines.get(2).contains(", 100 others before;"), lines::toString);
    clock.advance(Duration.ofSeconds(10));
    news.record(body("maxBufferedShare"));
    assertFalse(lines.get(3).contains(" others before"), lines::toString);
  }

  @Test
  void otherEndsAreNotTold() {
    news.record(ended(EndedBy.ROUTER, "overloaded", "out of memory"));
    news.record(ended(EndedBy.BACKEND, "backend_bad_reply", Outcome.BODY_RULE + "x"));
    news.record(ended(EndedBy.ROUTER, "evicted_idle", "ended for another connection"));
    assertEquals(List.of(), lines);
  }
}
