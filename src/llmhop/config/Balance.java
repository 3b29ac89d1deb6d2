package llmhop.config;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/// By which rule one of a model's backends is chosen for a request.
public sealed interface Balance {
  /// What stands for a config that says nothing.
  Balance DEFAULT = new LeastBusy();

  /// Fewest requests in flight over weight; ties take turns.
  record LeastBusy() implements Balance {}

  /// Turns by weight, whatever is in flight.
  record RoundRobin() implements Balance {}

  /// Of two by chance, weights counting, the less busy one.
  record PowerOfTwo() implements Balance {}

  /// The same beginning of a prompt to the same backend, unless that one is too busy.
  ///
  /// @param bytes how much of the prompt's beginning counts, 1 to 65,536 bytes of UTF-8
  record Prefix(int bytes) implements Balance {
    /// The most that can count.
    public static final int MOST_BYTES = 64 * 1024;

    /// What counts where nothing is said: longer than what chats of one application share by
    /// accident, and short enough to be there from the first turn on.
    public static final int USUAL_BYTES = 1024;

    /// Refuses lengths out of range.
    public Prefix {
      Checks.that(bytes >= 1 && bytes <= MOST_BYTES, "a prefix out of range");
    }
  }

  /// Requests that carry the same word go to the same backend; those that carry none as with
  /// [LeastBusy].
  ///
  /// @param keys where the word stands, the first one that is there counts; at least one
  record Session(List<Key> keys) implements Balance {
    /// Where clients say who asks, in the order in which they mean it.
    public static final List<Key> USUAL =
        List.of(
            new Key(true, "X-Session-ID"),
            new Key(false, "user"),
            new Key(false, "prompt_cache_key"));

    /// The most places to look at.
    public static final int MOST_KEYS = 8;

    /// The most members of bodies that all models together look at: each body is looked through for
    /// all of them, before its model is known.
    public static final int MOST_MEMBERS = 16;

    /// Copies the list.
    public Session {
      keys = List.copyOf(keys);
      Checks.that(!keys.isEmpty() && keys.size() <= MOST_KEYS, "keys out of range");
    }

    /// The members of the body among them.
    public Set<String> members() {
      Set<String> names = new LinkedHashSet<>();
      for (Key key : keys) {
        if (!key.header()) names.add(key.name());
      }
      return names;
    }
  }

  /// A place in a request.
  ///
  /// @param header whether it is a header field, else a member of the body's object
  /// @param name the field's or the member's name
  record Key(boolean header, String name) {
    /// Refuses a place without a name.
    public Key {
      Checks.that(!Objects.requireNonNull(name).isEmpty(), "a key without a name");
    }
  }
}
