package llmhop.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The names that callers may use, each given once: models, their aliases and their adapters.
final class ModelNames {
  private static final int MAX_LENGTH = 256;

  private final Map<String, Cursor> places = new HashMap<>();
  private final List<String> keys = new ArrayList<>();
  private final Set<String> adapters = new HashSet<>();
  private final Map<String, String> owners = new HashMap<>();
  private String current = "";

  /// A model begins: what is claimed next is its.
  void claimKey(String name, Cursor place) {
    keys.add(name);
    current = name;
    claim(name, place);
  }

  void claimAlias(String name, Cursor place) {
    claim(name, place);
  }

  void claimAdapter(String name, Cursor place) {
    adapters.add(name);
    claim(name, place);
  }

  private void claim(String name, Cursor place) {
    Cursor first = places.putIfAbsent(name, place);
    owners.putIfAbsent(name, current);
    if (first != null) {
      place.problem("the name " + Words.quoted(name) + " is taken by " + first.place());
    }
  }

  /// The key of the model that takes this name, if one does: a name of its own, the longest prefix,
  /// or the model that takes whatever its backends list.
  Optional<String> owner(String name) {
    String owner = isWildcard(name) ? null : owners.get(name);
    boolean named = owner != null;
    for (String key : keys) {
      boolean prefixed =
          !named
              && key.endsWith("/*")
              && name.length() > key.length() - 1
              && name.startsWith(key.substring(0, key.length() - 1));
      if (prefixed && (owner == null || owner.length() < key.length())) {
        owner = key;
      }
    }
    return owner != null || !keys.contains(Model.ANY)
        ? Optional.ofNullable(owner)
        : Optional.of(Model.ANY);
  }

  /// The names of models, without their aliases and adapters.
  List<String> keys() {
    return List.copyOf(keys);
  }

  /// The names of models and their aliases.
  Set<String> keysAndAliases() {
    Set<String> names = new HashSet<>(places.keySet());
    names.removeAll(adapters);
    return names;
  }

  /// A model's key in the file: a name, a prefix with `/*` for all names that begin with it, or `*`
  /// for all that its backends list.
  static String key(String text) {
    checkText(text);
    if (text.equals(Model.ANY)) {
      return text;
    }
    if (isWildcard(text)) {
      String prefix = text.substring(0, text.length() - 2);
      Checks.that(
          !prefix.isEmpty() && prefix.indexOf('*') < 0, "there is a name before /* and no other *");
    } else {
      checkNoStar(text);
    }
    return text;
  }

  /// A name that stands for itself.
  static String plain(String text) {
    checkText(text);
    checkNoStar(text);
    return text;
  }

  /// A pattern of names.
  static String glob(String text) {
    checkText(text);
    return text;
  }

  /// Whether a model's key stands for several names.
  static boolean isWildcard(String name) {
    return name.endsWith("/*") || name.equals(Model.ANY);
  }

  private static void checkText(String text) {
    Checks.that(!text.isEmpty(), "a model's name can't be empty");
    Checks.that(
        text.length() <= MAX_LENGTH, "a model's name has at most " + MAX_LENGTH + " characters");
    Checks.that(!Words.hasControl(text), "a model's name holds no control characters");
    Checks.that(Words.isWellFormed(text), "a model's name holds no half of a surrogate pair");
  }

  private static void checkNoStar(String text) {
    Checks.that(
        text.indexOf('*') < 0,
        "a * stands only at the end of a model's key, after a slash: \"meta/*\"; for requests that"
            + " name no model there is \"default\"");
  }
}
