package llmhop.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTest {
  @ParameterizedTest
  @CsvSource({"0s, PT0S", "250ms, PT0.25S", "5s, PT5S", "10m, PT10M", "1h, PT1H", "24h, PT24H"})
  void aDurationHasAUnit(String text, Duration duration) throws ConfigException {
    assertEquals(duration, Reading.with("'drain': '" + text + "'").drain());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "5", "5 s", "1.5s", "-5s", "1h30m", "5S", "5min", "1d", "ms"})
  void anotherSpellingIsRefused(String text) {
    assertEquals(
        "drain: not a duration, write it like \"250ms\", \"5s\", \"10m\" or \"1h\" (line 1)",
        Reading.problemWith("'drain': '" + text + "'"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"25h", "86400001ms", "999999999999h", "99999999999999999999999s"})
  void moreThanADayIsRefused(String text) {
    assertEquals(
        "drain: must be at most 24h (line 1)", Reading.problemWith("'drain': '" + text + "'"));
  }

  @Test
  void aNumberIsRefusedForItHasNoUnit() {
    assertEquals(
        "drain: expected a duration like \"250ms\", \"5s\", \"10m\" or \"1h\", found a number"
            + " (line 1)",
        Reading.problemWith("'drain': 5"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"connect", "firstByte", "idle", "total"})
  void aTimeoutOfZeroIsRefused(String key) {
    assertEquals(
        "models.m.timeouts."
            + key
            + ": must be longer than 0, leave the key out for the default (line 1)",
        Reading.problemOfModel("'url': 'http://h', 'timeouts': {'" + key + "': '0s'}"));
  }

  @Test
  void aKeepAliveOfZeroMeansNever() throws ConfigException {
    assertEquals(
        Optional.of(Duration.ZERO),
        Reading.model("'url': 'http://h', 'keepAlive': '0s'").keepAlive());
  }
}
