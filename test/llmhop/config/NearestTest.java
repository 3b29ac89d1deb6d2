package llmhop.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestTest {
  private static final List<String> KEYS =
      List.of("url", "urls", "headers", "unlisted", "aliases", "maxBodyBytes", "maxBufferedBytes");

  @ParameterizedTest
  @CsvSource({
    "ulr, url",
    "URL, url",
    "urlss, urls",
    "header, headers",
    "alias, aliases",
    "maxbodybytes, maxBodyBytes",
    "maxBodyBytse, maxBodyBytes",
    "unlist, unlisted",
  })
  void aTypingMistakeIsUnderstood(String written, String meant) {
    assertEquals(Optional.of(meant), Nearest.nearest(written, KEYS));
  }

  @ParameterizedTest
  @CsvSource({"''", "x", "cors", "balance", "something"})
  void anotherWordHasNoNearest(String written) {
    assertEquals(Optional.empty(), Nearest.nearest(written, KEYS));
  }

  @Test
  void ofTwoThatAreEquallyNearTheFirstInOrderWins() {
    assertEquals(Optional.of("aab"), Nearest.nearest("aax", List.of("aac", "aab")));
  }

  @Test
  void aHugeWordIsNotLookedAt() {
    assertEquals(Optional.empty(), Nearest.nearest("x".repeat(100_000), KEYS));
  }
}
