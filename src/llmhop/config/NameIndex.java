package llmhop.config;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/// Finds the name that a caller probably meant among thousands, within a bound on time. Names are
/// grouped by length and by each of their first two letters once; a search looks at the groups that
/// can hold a name near enough, nearest length first. Immutable but for the answers that it
/// remembers; safe for concurrent use.
public final class NameIndex {
  /// The longest name that is looked for: no longer one is typed by hand.
  static final int MAX_LENGTH = 128;

  /// How long a search may take: about as long as a small request costs. A search that is cut short
  /// gives the best name so far.
  static final long BUDGET_NANOS = 500_000;

  /// Answers that are remembered, for callers that ask for the same name again and again; beyond
  /// that all of them are forgotten.
  static final int MAX_REMEMBERED = 512;

  /// Names that are compared between two looks at the clock.
  private static final int UNCLOCKED = 16;

  private final Map<Integer, List<Name>> groups = new HashMap<>();
  private final Map<String, Optional<String>> remembered = new ConcurrentHashMap<>();
  private final LongSupplier nanos;

  /// @param letters has a bit for each letter: an edit changes two of them at most
  private record Name(String text, String folded, long letters) {}

  /// Indexes these names.
  ///
  /// @param nanos the time that passes
  public NameIndex(Collection<String> names, LongSupplier nanos) {
    this.nanos = nanos;
    for (String text : names) {
      if (!text.isEmpty() && text.length() <= MAX_LENGTH) {
        String folded = Nearest.fold(text);
        var name = new Name(text, folded, letters(folded));
        add(folded.charAt(0), name);
        if (folded.length() > 1 && folded.charAt(1) != folded.charAt(0)) {
          add(folded.charAt(1), name);
        }
      }
    }
  }

  private void add(char letter, Name name) {
    groups.computeIfAbsent(group(name.folded.length(), letter), key -> new ArrayList<>()).add(name);
  }

  private static int group(int length, char letter) {
    return length << Character.SIZE | letter;
  }

  private static long letters(String folded) {
    long letters = 0;
    for (int i = 0; i < folded.length(); i++) {
      letters |= 1L << folded.charAt(i);
    }
    return letters;
  }

  /// Returns the name that is most like this one, as [Nearest] measures it, of those that share one
  /// of its first two letters.
  ///
  /// @param asker the asking token's name: answers are remembered for each by itself
  /// @param allowed which names may be told to the asker
  public Optional<String> nearest(String word, String asker, Predicate<String> allowed) {
    return known(word, asker).orElseGet(() -> find(word, asker, allowed));
  }

  /// Returns the answer where no search is needed: it is remembered, or the word is no name.
  public Optional<Optional<String>> known(String word, String asker) {
    return word.isEmpty() || word.length() > MAX_LENGTH
        ? Optional.of(Optional.empty())
        : Optional.ofNullable(remembered.get(key(word, asker)));
  }

  private static String key(String word, String asker) {
    return asker + '\n' + word;
  }

  private Optional<String> find(String word, String asker, Predicate<String> allowed) {
    Optional<String> found = search(word, allowed);
    if (remembered.size() >= MAX_REMEMBERED) {
      remembered.clear();
    }
    remembered.put(key(word, asker), found);
    return found;
  }

  /// How many answers are remembered.
  int remembered() {
    return remembered.size();
  }

  private Optional<String> search(String word, Predicate<String> allowed) {
    var search = new Search(word, allowed, nanos.getAsLong() + BUDGET_NANOS);
    int length = search.folded.length();
    int furthest = Nearest.allowed(length, length + length / 2 + 1);
    for (int off = 0; off <= furthest && off <= search.distance && !search.isOver; off++) {
      search.look(length - off);
      if (off > 0) {
        search.look(length + off);
      }
    }
    return Optional.ofNullable(search.best);
  }

  /// One search.
  private final class Search {
    private final String folded;
    private final long letters;
    private final Predicate<String> allowed;
    private final long deadline;
    private int distance = Integer.MAX_VALUE;
    private String best;
    private int compared;
    private boolean isOver;

    Search(String word, Predicate<String> allowed, long deadline) {
      this.folded = Nearest.fold(word);
      this.letters = letters(folded);
      this.allowed = allowed;
      this.deadline = deadline;
    }

    void look(int length) {
      char first = folded.charAt(0);
      look(length, first);
      if (folded.length() > 1 && folded.charAt(1) != first) {
        look(length, folded.charAt(1));
      }
    }

    private void look(int length, char letter) {
      for (Name name : groups.getOrDefault(group(length, letter), List.of())) {
        if (++compared % UNCLOCKED == 0 && nanos.getAsLong() - deadline >= 0) {
          isOver = true;
        }
        if (isOver) {
          return;
        }
        compare(name);
      }
    }

    private void compare(Name name) {
      int max = Math.min(distance, Nearest.allowed(folded.length(), name.folded.length()));
      if (Long.bitCount(letters ^ name.letters) > 2 * max) {
        return;
      }
      int found = Nearest.distance(folded, name.folded, max);
      boolean better = found < distance || (found == distance && name.text.compareTo(best) < 0);
      if (found <= max && better && allowed.test(name.text)) {
        distance = found;
        best = name.text;
      }
    }
  }
}
