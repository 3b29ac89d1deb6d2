package llmhop.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/// Finds what somebody probably meant to write.
public final class Nearest {
  // Words beyond this are not typed by hand, and the look takes length times length steps.
  private static final int MAX_LENGTH = 256;

  private Nearest() {}

  /// The known word that is most like this one, when one is like it at all: a third of the longer
  /// one's letters may be wrong, case doesn't count. Of two that are equally near the first in the
  /// alphabet wins.
  ///
  /// @param word what was written
  /// @param known what could have been meant
  /// @return the nearest word
  public static Optional<String> nearest(String word, Collection<String> known) {
    if (word.isEmpty() || word.length() > MAX_LENGTH) {
      return Optional.empty();
    }
    return known.stream()
        .filter(other -> Math.abs(other.length() - word.length()) <= allowed(word, other))
        .map(other -> new Candidate(other, distance(fold(word), fold(other))))
        .filter(candidate -> candidate.distance() <= allowed(word, candidate.word()))
        .min(Comparator.comparingInt(Candidate::distance).thenComparing(Candidate::word))
        .map(Candidate::word);
  }

  private record Candidate(String word, int distance) {}

  private static int allowed(String word, String other) {
    return Math.max(1, Math.max(word.length(), other.length()) / 3);
  }

  private static String fold(String word) {
    return word.toLowerCase(Locale.ROOT);
  }

  /// How many letters must be inserted, deleted, replaced or swapped with their neighbour.
  private static int distance(String from, String to) {
    int[] beforeLast = new int[to.length() + 1];
    int[] last = new int[to.length() + 1];
    for (int j = 0; j <= to.length(); j++) {
      last[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int[] row = new int[to.length() + 1];
      row[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        int replaced = last[j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(replaced, 1 + Math.min(last[j], row[j - 1]));
        if (swapped(from, i, to, j)) {
          row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
        }
      }
      beforeLast = last;
      last = row;
    }
    return last[to.length()];
  }

  private static boolean swapped(String from, int i, String to, int j) {
    return i > 1
        && j > 1
        && from.charAt(i - 1) == to.charAt(j - 2)
        && from.charAt(i - 2) == to.charAt(j - 1);
  }
}
