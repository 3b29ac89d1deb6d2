package llmhop.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class NameIndexTest {
  private static final List<String> MANY = new ArrayList<>();

  static {
    for (int i = 0; i < 3_000; i++) {
      MANY.add("vendor-%d/model-%04d-instruct".formatted(i % 7, i));
    }
    MANY.add("llama");
    MANY.add("Mistral-Large");
  }

  private final AtomicLong now = new AtomicLong();
  private final NameIndex index = new NameIndex(MANY, now::get);

  @ParameterizedTest
  @CsvSource({
    "lama, llama",
    "LLAMA, llama",
    "llma, llama",
    "mistral-lrage, Mistral-Large",
    "istral-Large, Mistral-Large",
    "vendor-1/model-0001-instrct, vendor-1/model-0001-instruct",
    "vendor-1/model-0001-instruct-awq, vendor-1/model-0001-instruct"
  })
  void typingMistakeIsUnderstoodAmongThousands(String asked, String meant) {
    assertEquals(Optional.of(meant), index.nearest(asked, "-", name -> true));
  }

  @ParameterizedTest
  @CsvSource({"''", "gpt-4o", "zzz", "xllama-guard-3-8b"})
  void anotherNameHasNoNearest(String asked) {
    assertEquals(Optional.empty(), index.nearest(asked, "-", name -> true));
  }

  @Test
  void nameThatTheAskerMayNotSeeIsNotToldAndAnswersAreNotShared() {
    assertEquals(Optional.of("llama"), index.nearest("lama", "admin", name -> true));
    assertEquals(Optional.empty(), index.nearest("lama", "guest", name -> !name.equals("llama")));
  }

  @Test
  void longNameIsNotLookedFor() {
    String longest = "n".repeat(NameIndex.MAX_LENGTH);
    var names = new NameIndex(List.of(longest, longest + "n"), now::get);
    assertEquals(Optional.of(longest), names.nearest(longest, "-", name -> true));
    assertEquals(Optional.empty(), names.nearest(longest + "n", "-", name -> true));
  }

  @Test
  void searchEndsWithItsBudget() {
    var compared = new AtomicLong();
    List<String> alike = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      alike.add("model-%05d".formatted(i));
    }
    // Each look at the clock costs a fifth of the budget.
    var slow = new NameIndex(alike, () -> compared.incrementAndGet() * NameIndex.BUDGET_NANOS / 5);
    slow.nearest("model-abcde", "-", name -> true);
    assertTrue(compared.get() <= 7, "looks at the clock: " + compared.get());
  }

  @Test
  void soManyAnswersAreRemembered() {
    for (int i = 0; i < NameIndex.MAX_REMEMBERED; i++) {
      index.nearest("lama" + i, "-", name -> true);
    }
    assertEquals(NameIndex.MAX_REMEMBERED, index.remembered());
    index.nearest("one more", "-", name -> true);
    assertEquals(1, index.remembered());
  }

  /// Against the whole table of distances, as in a textbook.
  @Test
  void distanceWithinTheBandIsTheWholeTablesDistance() {
    long seed = new Random().nextLong();
    var random = new Random(seed);
    for (int round = 0; round < 20_000; round++) {
      String from = word(random);
      String to = word(random);
      int max = random.nextInt(6);
      int found = Nearest.distance(from, to, max);
      int expected = reference(from, to);
      String what = "seed %d: %s, %s, %d".formatted(seed, from, to, max);
      if (expected <= max) {
        assertEquals(expected, found, what);
      } else {
        assertTrue(found > max, what);
      }
    }
  }

  private static String word(Random random) {
    var word = new StringBuilder();
    for (int left = random.nextInt(9); left > 0; left--) {
      word.append((char) ('a' + random.nextInt(3)));
    }
    return word.toString();
  }

  private static int reference(String from, String to) {
    int[][] table = new int[from.length() + 1][to.length() + 1];
    for (int i = 0; i <= from.length(); i++) {
      for (int j = 0; j <= to.length(); j++) {
        if (i == 0 || j == 0) {
          table[i][j] = i + j;
          continue;
        }
        boolean same = from.charAt(i - 1) == to.charAt(j - 1);
        int least = table[i - 1][j - 1] + (same ? 0 : 1);
        least = Math.min(least, 1 + Math.min(table[i - 1][j], table[i][j - 1]));
        if (i > 1
            && j > 1
            && from.charAt(i - 1) == to.charAt(j - 2)
            && from.charAt(i - 2) == to.charAt(j - 1)) {
          least = Math.min(least, table[i - 2][j - 2] + 1);
        }
        table[i][j] = least;
      }
    }
    return table[from.length()][to.length()];
  }
}
