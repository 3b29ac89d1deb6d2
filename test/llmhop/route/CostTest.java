package llmhop.route;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import llmhop.http.wire.Fields;
import org.junit.jupiter.api.Test;

/// Odd requests cost no more CPU time than plain ones of the same size. The least of several runs
/// counts on either side, in this thread's CPU time, so that a busy machine changes neither.
class CostTest {
  private static final int WARM_UP = 40;
  private static final int RUNS = 15;

  /// What an odd request may cost more than a plain one. Both were within a factor of 2 when this
  /// was written, and over a factor of 8 apart before.
  private static final int MAX_FACTOR = 5;

  private static long nanos(Runnable work) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long least = Long.MAX_VALUE;
    for (int i = 0; i < WARM_UP + RUNS; i++) {
      long begin = threads.getCurrentThreadCpuTime();
      work.run();
      long taken = threads.getCurrentThreadCpuTime() - begin;
      least = i < WARM_UP ? least : Math.min(least, taken);
    }
    return least;
  }

  private static void assertNotDearer(Runnable odd, Runnable plain) {
    long oddNanos = nanos(odd);
    long plainNanos = nanos(plain);
    assertTrue(oddNanos < MAX_FACTOR * plainNanos, oddNanos + " ns against " + plainNanos);
  }

  @Test
  void queryOfNamesThatAreNotUtf8IsAsCheapAsAnother() {
    Target odd = Target.parse("/x?" + "%ff&".repeat(8_000));
    Target plain = Target.parse("/x?" + "%61&".repeat(8_000));
    assertNotDearer(() -> odd.parameter("model"), () -> plain.parameter("model"));
  }

  private static Fields fieldsAndConnection(String filling) {
    var fields = new Fields();
    for (int i = 0; i < 100; i++) {
      String name = filling.formatted(i);
      fields.add("Connection", name);
      fields.add(name.replace('m', 'n'), "1");
    }
    return fields;
  }

  @Test
  void optionsOfConnectionThatLookAlikeAreAsCheapAsOthers() {
    Fields odd = fieldsAndConnection("x" + "m".repeat(315) + "%02dz");
    Fields plain = fieldsAndConnection("%02d" + "m".repeat(315) + "xz");
    assertNotDearer(
        () -> ForwardedFields.answer(odd, "b"), () -> ForwardedFields.answer(plain, "b"));
  }
}
