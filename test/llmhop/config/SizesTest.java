package llmhop.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SizesTest {
  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "'10B', 10",
    "'64KiB', 65536",
    "'64MiB', 67108864",
    "'2GiB', 2147483648",
    "'64KB', 64000",
    "'64MB', 64000000",
    "'2GB', 2000000000",
    "9223372036854775807, 9223372036854775807",
  })
  void aSizeIsANumberOrHasAUnit(String text, long bytes) throws ConfigException {
    assertEquals(bytes, Reading.with("'maxBodyBytes': " + json(text)).maxBodyBytes());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "64", "64M", "64mib", "64 MiB", "1.5GiB", "-1MiB", "MiB", "0x10B"})
  void anotherSpellingIsRefused(String text) {
    assertEquals(
        "maxBodyBytes: not a size, write a number of bytes or one like \"64MiB\" (or \"64MB\")"
            + " (line 1)",
        Reading.problemWith("'maxBodyBytes': '" + text + "'"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-1",
        "1.5",
        "9223372036854775808",
        "1e300",
        "'9007199254740993GiB'",
        "'8589934592GiB'",
        "'99999999999999999999B'"
      })
  void whatNoLongHoldsIsRefused(String size) {
    assertEquals(
        "maxBodyBytes: must be a whole number of bytes, 0 or more and below 2^63 (line 1)",
        Reading.problemWith("'maxBodyBytes': " + size));
  }

  @ParameterizedTest
  @ValueSource(strings = {"true", "null", "[]", "{}"})
  void anotherKindIsRefused(String value) {
    String problem = Reading.problemWith("'maxBodyBytes': " + value);
    assertTrue(problem.startsWith("maxBodyBytes: expected a number of bytes or a size"), problem);
  }

  @Test
  void aSizeIsShownInItsLargestWholeUnit() {
    assertEquals("0 bytes", Sizes.text(0));
    assertEquals("1023 bytes", Sizes.text(1023));
    assertEquals("1 KiB", Sizes.text(1024));
    assertEquals("100 MiB", Sizes.text(100L << 20));
    assertEquals("2048 GiB", Sizes.text(2L << 40));
  }

  private static String json(String text) {
    return text.matches("[0-9]+") ? text : "'" + text + "'";
  }
}
