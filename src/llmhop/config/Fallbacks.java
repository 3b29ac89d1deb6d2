package llmhop.config;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Which model stands in for which: reads `fallback`, and when all models are known sees to it that
/// each name leads to one, and no way leads back.
final class Fallbacks {
  private record Entry(String name, Cursor place) {}

  private final Map<String, List<Entry>> entries = new LinkedHashMap<>();

  /// The names that stand in for a model, best first.
  List<String> read(String model, Cursor cursor) {
    List<Entry> found = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (Cursor item :
        cursor.items("a list of models", "an empty list, leave the key out for none")) {
      item.parsed(ModelNames::plain)
          .ifPresent(
              name -> {
                found.add(new Entry(name, item));
                names.add(name);
              });
    }
    entries.put(model, found);
    if (names.size() > Failover.MOST_FALLBACKS) {
      return cursor.<List<String>>refuse("at most " + Failover.MOST_FALLBACKS).orElse(List.of());
    }
    if (new HashSet<>(names).size() < names.size()) {
      cursor.problem("names a model twice");
    }
    return names;
  }

  /// Reports what leads nowhere, back, or too far.
  void check(ModelNames names) {
    for (Map.Entry<String, List<Entry>> each : entries.entrySet()) {
      for (Entry entry : each.getValue()) {
        if (names.owner(entry.name).isEmpty()) {
          entry.place.problem(unknown(entry.name, names));
        } else {
          check(entry, names.owner(entry.name).get(), names, each.getKey());
        }
      }
    }
  }

  private static String unknown(String name, ModelNames names) {
    String hint =
        Nearest.nearest(name, names.keysAndAliases())
            .map(nearest -> ", did you mean " + Words.quoted(nearest) + "?")
            .orElse("");
    return "no model takes the name " + Words.quoted(name) + hint;
  }

  private void check(Entry entry, String owner, ModelNames names, String model) {
    if (owner.equals(model)) {
      entry.place.problem("a model can't stand in for itself");
      return;
    }
    int depth = depth(owner, names, Set.of(model));
    if (depth < 0) {
      entry.place.problem("leads back to " + Words.quoted(model) + " in the end");
    } else if (depth + 1 > Failover.DEEPEST) {
      entry.place.problem(
          "a chain of " + (depth + 1) + " fallbacks, at most " + Failover.DEEPEST + " are tried");
    }
  }

  /// How many steps lead on from a model at most; negative when one of them leads back to where it
  /// was, which ends the walk.
  private int depth(String model, ModelNames names, Set<String> before) {
    int deepest = 0;
    Set<String> walked = new HashSet<>(before);
    if (!walked.add(model)) {
      return -1;
    }
    if (walked.size() > Failover.DEEPEST + 1) {
      // Too deep as it is.
      return 0;
    }
    for (Entry entry : entries.getOrDefault(model, List.of())) {
      Optional<String> owner = names.owner(entry.name);
      int further = owner.isPresent() ? depth(owner.get(), names, walked) : 0;
      if (further < 0) {
        return -1;
      }
      deepest = Math.max(deepest, further + 1);
    }
    return deepest;
  }
}
