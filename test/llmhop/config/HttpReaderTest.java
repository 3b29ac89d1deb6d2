package llmhop.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HttpReaderTest {
  private static HttpLimits read(String members) throws ConfigException {
    return Reading.with("'http': {" + members + "}").http();
  }

  @Test
  void theDefaultsAreThoseOfTheDocumentation() throws ConfigException {
    assertEquals(
        new HttpLimits(
            Duration.ofSeconds(10),
            Duration.ofSeconds(20),
            Duration.ofSeconds(620),
            Duration.ofSeconds(60),
            10_000,
            65_536,
            100),
        read(""));
    assertEquals(HttpLimits.DEFAULT, Reading.with("'log': 'off'").http());
  }

  @Test
  void everyLimitIsRead() throws ConfigException {
    assertEquals(
        new HttpLimits(
            Duration.ofMillis(100),
            Duration.ofSeconds(2),
            Duration.ofMinutes(3),
            Duration.ofHours(4),
            5,
            6_000,
            7),
        read(
            "'headTimeout': '100ms', 'bodyStall': '2s', 'idleTimeout': '3m', 'writeStall': '4h',"
                + " 'maxConnections': 5, 'maxHeadBytes': '6KB', 'maxHeaders': 7"));
  }

  @Test
  void theEndsOfTheRangesAreTaken() throws ConfigException {
    assertEquals(1024, read("'maxHeadBytes': 1024").maxHeadBytes());
    assertEquals(1 << 20, read("'maxHeadBytes': '1MiB'").maxHeadBytes());
    assertEquals(1, read("'maxHeaders': 1").maxHeaders());
    assertEquals(1000, read("'maxHeaders': 1000").maxHeaders());
    assertEquals(1, read("'maxConnections': 1").maxConnections());
    assertEquals(
        Integer.MAX_VALUE, read("'maxConnections': " + Integer.MAX_VALUE).maxConnections());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'headTimeout': '99ms'|headTimeout: must be at least 100ms",
        "'bodyStall': '1ms'|bodyStall: must be at least 100ms",
        "'idleTimeout': '0s'|idleTimeout: must be longer than 0, leave the key out for the default",
        "'writeStall': '25h'|writeStall: must be at most 24h",
        "'maxConnections': 0|maxConnections: must be a whole number from 1 to 2147483647",
        "'maxConnections': 2147483648|maxConnections: must be a whole number from 1 to 2147483647",
        "'maxHeadBytes': 1023|maxHeadBytes: must be 1KiB to 1MiB",
        "'maxHeadBytes': 1048577|maxHeadBytes: must be 1KiB to 1MiB",
        "'maxHeaders': 0|maxHeaders: must be a whole number from 1 to 1000",
        "'maxHeaders': 1001|maxHeaders: must be a whole number from 1 to 1000",
        "'maxHeader': 1|maxHeader: unknown key, did you mean \"maxHeaders\"?",
      })
  void aWrongLimitIsRefused(String member, String problem) {
    assertEquals("http." + problem + " (line 1)", Reading.problemWith("'http': {" + member + "}"));
  }

  @Test
  void noRecordOfLimitsIsWrong() {
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new HttpLimits(
                Duration.ZERO,
                Duration.ofSeconds(1),
                Duration.ofSeconds(1),
                Duration.ofSeconds(1),
                1,
                1024,
                1));
  }
}
