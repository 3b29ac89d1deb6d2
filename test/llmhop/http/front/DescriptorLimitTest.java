package llmhop.http.front;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DescriptorLimitTest {
  private static final String LIMITS =
      """
      Limit                     Soft Limit           Hard Limit           Units
      Max cpu time              unlimited            unlimited            seconds
      Max open files            1024                 524288               files
      """;

  @Test
  void softLimitIsRead() {
    assertEquals(OptionalLong.of(1024), DescriptorLimit.of(LIMITS).max());
    assertEquals(
        OptionalLong.empty(), DescriptorLimit.of(LIMITS.replace("1024  ", "unlimited  ")).max());
    assertEquals(OptionalLong.empty(), DescriptorLimit.of("").max());
  }

  @ParameterizedTest
  @CsvSource({
    "20192, 10000, 10000",
    "20191, 10000, 9999",
    "1024, 10000, 416",
    "1024, 416, 416",
    "150, 10000, 8",
    "150, 5, 5",
    "9223372036854775807, 2147483647, 2147483647"
  })
  void halfOfWhatIsLeftIsForCallers(long max, int wanted, int fit) {
    var limit = new DescriptorLimit(OptionalLong.of(max));
    assertEquals(fit, limit.connections(wanted));
  }

  @Test
  void unknownLimitBoundsNothing() {
    assertEquals(10_000, new DescriptorLimit(OptionalLong.empty()).connections(10_000));
  }

  @Test
  void neededLimitIsEnough() {
    for (int connections = 8; connections < 1_000; connections++) {
      var enough = new DescriptorLimit(OptionalLong.of(DescriptorLimit.needed(connections)));
      assertEquals(connections, enough.connections(connections + 1));
    }
    assertTrue(DescriptorLimit.needed(Integer.MAX_VALUE) > Integer.MAX_VALUE);
  }
}
