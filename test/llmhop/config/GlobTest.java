package llmhop.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobTest {
  @ParameterizedTest
  @CsvSource({
    "llama, llama, true",
    "llama, llama2, false",
    "llama*, llama, true",
    "llama*, llama-70b, true",
    "*, '', true",
    "*b, ab, true",
    "*b, aba, false",
    "a*c*e, abcde, true",
    "a*c*e, abcdef, false",
    "*ab*ab*, abab, true",
    "*ab*ab*, aba, false",
    "a.c, abc, false",
    "'', '', true",
    "'', a, false",
  })
  void aStarIsAnyText(String pattern, String text, boolean matches) {
    assertEquals(matches, new Glob(pattern).matches(text));
  }

  @Test
  void aHostilePatternEndsSoon() {
    assertFalse(new Glob("*a".repeat(100) + "b").matches("a".repeat(10_000)));
  }
}
