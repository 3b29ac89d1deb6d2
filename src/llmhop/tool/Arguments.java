package llmhop.tool;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import llmhop.config.Nearest;

/// A command line of options with a value each: `--name value` or `--name=value`.
final class Arguments {
  private final Map<String, List<String>> values = new LinkedHashMap<>();

  private Arguments() {}

  /// Takes the words apart.
  ///
  /// @param known the names that there are, with their dashes
  static Arguments parse(List<String> words, Collection<String> known) throws UsageException {
    Arguments arguments = new Arguments();
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      int equals = word.startsWith("--") ? word.indexOf('=') : -1;
      String name = equals < 0 ? word : word.substring(0, equals);
      check(name, known);
      if (equals < 0 && ++i == words.size()) {
        throw new UsageException(name + " needs a value.");
      }
      String value = equals < 0 ? words.get(i) : word.substring(equals + 1);
      if (value.isEmpty() || (equals < 0 && value.startsWith("--"))) {
        throw new UsageException(name + " needs a value.");
      }
      arguments.values.computeIfAbsent(name, _ -> new ArrayList<>()).add(value);
    }
    return arguments;
  }

  /// All values of an option, in order.
  List<String> all(String name) {
    return values.getOrDefault(name, List.of());
  }

  /// The value of an option that may stand there once.
  Optional<String> one(String name) throws UsageException {
    List<String> all = all(name);
    if (all.size() > 1) {
      throw new UsageException(name + " is given twice.");
    }
    return all.isEmpty() ? Optional.empty() : Optional.of(all.getFirst());
  }

  private static void check(String name, Collection<String> known) throws UsageException {
    if (known.contains(name)) {
      return;
    }
    String hint =
        Nearest.nearest(name, known)
            .map(nearest -> "did you mean " + nearest + "?")
            .orElseGet(() -> known.stream().sorted().collect(Collectors.joining(", ", "", ".")));
    throw new UsageException("Unknown option " + Text.printable(name, 64) + ": " + hint);
  }
}
