package llmhop.route;

import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import llmhop.backend.Hash64;
import llmhop.config.Balance;

/// What a request's body says about which backend knows it already: how its prompt begins, and
/// whose session it belongs to. Immutable.
///
/// The prompt's canonical text is the same however a body is written: in any order of its members,
/// with any blanks and escapes. It is all text of `system`, `instructions`, `messages`, `input` and
/// `prompt`, in this order; `PromptListener` says how each of them is taken.
final class Affinity {
  /// Says nothing.
  static final Affinity NONE = new Affinity(new byte[0], Map.of());

  private final byte[] text;
  private final Map<String, Long> fields;

  /// @param text how the canonical text begins; belongs to this object from now on
  /// @param fields hashes of the string members that were wanted and there
  Affinity(byte[] text, Map<String, Long> fields) {
    this.text = text;
    this.fields = Map.copyOf(fields);
  }

  /// A hash of how the prompt begins.
  ///
  /// @param bytes how much of the canonical text counts, no more than was wanted; a shorter text
  ///   counts whole
  /// @return empty when there is none
  OptionalLong prefix(int bytes) {
    int length = Math.min(bytes, text.length);
    return length <= 0 ? OptionalLong.empty() : OptionalLong.of(Hash64.of(text, 0, length));
  }

  /// A hash of a member of the outermost object: of its characters in UTF-8, as [Hash64] makes it.
  ///
  /// @param name the member's, one of those that were wanted
  /// @return empty when there is none, or it is no string, or an empty one
  OptionalLong field(String name) {
    return Optional.ofNullable(fields.get(name)).map(OptionalLong::of).orElse(OptionalLong.empty());
  }

  /// What to take note of in a body.
  ///
  /// @param prefixBytes how much of the canonical text, at most [#MAX_PREFIX_BYTES]; 0 for nothing
  /// @param fields the names of string members of the outermost object, at most [#MAX_FIELDS]
  record Wanted(int prefixBytes, Set<String> fields) {
    /// The most of a prompt that is kept, in bytes.
    static final int MAX_PREFIX_BYTES = Balance.Prefix.MOST_BYTES;

    /// The most members.
    static final int MAX_FIELDS = Balance.Session.MOST_MEMBERS;

    /// Nothing: looking for it costs nothing.
    static final Wanted NOTHING = new Wanted(0, Set.of());

    /// Copies the names.
    Wanted {
      fields = Set.copyOf(fields);
      if (prefixBytes < 0 || prefixBytes > MAX_PREFIX_BYTES || fields.size() > MAX_FIELDS) {
        throw new IllegalArgumentException(prefixBytes + " bytes, " + fields.size() + " fields");
      }
    }

    boolean isNothing() {
      return prefixBytes == 0 && fields.isEmpty();
    }

    /// What either of the two wants.
    ///
    /// @throws IllegalArgumentException when that are too many fields
    Wanted union(Wanted other) {
      Set<String> names = new HashSet<>(fields);
      names.addAll(other.fields);
      return new Wanted(Math.max(prefixBytes, other.prefixBytes), names);
    }
  }
}
