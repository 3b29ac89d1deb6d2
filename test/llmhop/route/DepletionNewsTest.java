package llmhop.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import llmhop.http.wire.Depletion;
import llmhop.kit.ManualClock;
import org.junit.jupiter.api.Test;

/// How often operators are told what the process is out of.
class DepletionNewsTest {
  private final ManualClock clock = new ManualClock();
  private final List<String> lines = new ArrayList<>();
  private final DepletionNews news = new DepletionNews(clock, lines::add);

  @Test
  void lineNamesTheCauseAndTheSetting() {
    news.tell(Depletion.DESCRIPTORS);
    news.tell(Depletion.PORTS);
    assertTrue(lines.get(0).contains("file descriptors"), lines::toString);
    assertTrue(lines.get(0).contains("LimitNOFILE"), lines::toString);
    assertTrue(lines.get(1).contains("net.ipv4.ip_local_port_range"), lines::toString);
  }

  @Test
  void eachDepletionIsToldOnceAMinute() {
    for (int i = 0; i < 100; i++) {
      news.tell(Depletion.MEMORY);
    }
    clock.advance(Duration.ofMinutes(1).minusNanos(1));
    news.tell(Depletion.MEMORY);
    assertEquals(1, lines.size());
    clock.advance(Duration.ofNanos(1));
    news.tell(Depletion.MEMORY);
    assertEquals(2, lines.size());
  }
}
