package llmhop.config;

import java.util.Map;
import java.util.Optional;

/// An object with known keys.
///
/// @param self the object
/// @param present the keys that it has, in the file's order
record Section(Cursor self, Map<String, Cursor> present) {

  Optional<Cursor> get(String key) {
    return Optional.ofNullable(present.get(key));
  }

  boolean has(String key) {
    return present.containsKey(key);
  }
}
