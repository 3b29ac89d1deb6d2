package llmhop.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.ArrayList;
import java.util.List;
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
    "*ab*ab*, ababab, true",
    "ab*ab, ab, false",
    "ab*ab, abab, true",
    "a**b, ab, true",
    "a*b*b, ab, false",
    "a*bb*b, abbb, true",
    "**, '', true",
    "'', '', true",
    "'', a, false",
  })
  void aStarIsAnyText(String pattern, String text, boolean matches) {
    assertEquals(matches, new Glob(pattern).matches(text));
  }

  /// Regular expressions say the same of all short texts.
  @Test
  void allShortPatternsMatchWhatRegularExpressionsMatch() {
    for (String pattern : words("ab*", 5)) {
      String regex = pattern.replace("*", "[ab]*");
      for (String text : words("ab", 5)) {
        assertEquals(text.matches(regex), new Glob(pattern).matches(text), pattern + " " + text);
      }
    }
  }

  private static List<String> words(String letters, int length) {
    List<String> words = new ArrayList<>(List.of(""));
    for (int i = 0; i < words.size() && words.get(i).length() < length; i++) {
      for (char letter : letters.toCharArray()) words.add(words.get(i) + letter);
    }
    return words;
  }

  @Test
  void aHostilePatternEndsSoon() {
    assertFalse(new Glob("*a".repeat(100) + "b").matches("a".repeat(10_000)));
  }
}
