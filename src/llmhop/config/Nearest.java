package llmhop.config;

import java.util.Collection;
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
    String folded = fold(word);
    String best = null;
    int least = Integer.MAX_VALUE;
    for (String other : known) {
      int max = Math.min(least, allowed(word.length(), other.length()));
      if (Math.abs(other.length() - word.length()) > max) continue;
      int distance = distance(folded, fold(other), max);
      boolean better = distance < least || (distance == least && other.compareTo(best) < 0);
      if (distance <= max && better) {
        least = distance;
        best = other;
      }
    }
    return Optional.ofNullable(best);
  }

  /// How many letters may be wrong between words of these lengths.
  static int allowed(int length, int other) {
    return Math.max(1, Math.max(length, other) / 3);
  }

  static String fold(String word) {
    return word.toLowerCase(Locale.ROOT);
  }

  /// How many letters must be inserted, deleted, replaced or swapped with their neighbour. Looks
  /// only at the band of the table that can lead to `max`, and ends when no way is short enough.
  ///
  /// @return a number over `max` when it is over
  static int distance(String from, String to, int max) {
    int over = max + 1;
    if (Math.abs(from.length() - to.length()) > max) {
      return over;
    }
    int[] beforeLast = new int[to.length() + 1];
    int[] last = new int[to.length() + 1];
    int[] row = new int[to.length() + 1];
    for (int j = 0; j <= to.length(); j++) {
      last[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int first = Math.max(1, i - max);
      int end = (int) Math.min(to.length(), (long) i + max);
      row[first - 1] = first == 1 ? i : over;
      int least = row[first - 1];
      for (int j = first; j <= end; j++) {
        int replaced = last[j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        // The end of the last row's band lies before the last column of this one.
        int deleted = j == i + max ? over : last[j] + 1;
        row[j] = Math.min(replaced, Math.min(deleted, row[j - 1] + 1));
        if (swapped(from, i, to, j)) {
          row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
        }
        least = Math.min(least, row[j]);
      }
      if (least > max) {
        return over;
      }
      int[] spare = beforeLast;
      beforeLast = last;
      last = row;
      row = spare;
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
