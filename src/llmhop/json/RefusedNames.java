package llmhop.json;

import java.nio.charset.StandardCharsets;
import java.util.List;

/// The member names that an outermost object must not have, in any case of letters. Immutable, and
/// made once for all scans.
public final class RefusedNames {
  /// Refuses no name.
  public static final RefusedNames NONE = new RefusedNames(List.of());

  private final byte[][] names;
  private final boolean[] initials = new boolean[128];
  private final int maxLength;

  private RefusedNames(List<String> names) {
    this.names = new byte[names.size()][];
    int longest = 0;
    for (int i = 0; i < names.size(); i++) {
      this.names[i] = names.get(i).getBytes(StandardCharsets.US_ASCII);
      initials[names.get(i).charAt(0)] = true;
      longest = Math.max(longest, names.get(i).length());
    }
    this.maxLength = longest;
  }

  /// Refuses these names.
  ///
  /// @param names in lower case: ASCII letters and `_`, a letter first
  public static RefusedNames of(String... names) {
    return new RefusedNames(List.of(names));
  }

  /// The length of the longest name, in characters.
  int maxLength() {
    return maxLength;
  }

  /// Whether a name as it was sent is one of these, escapes undone. Most names differ from them in
  /// the first letter, and cost one look.
  boolean matches(Capture name) {
    int first = name.first();
    if (first != '\\' && (first < 0 || !initials[first | 0x20])) {
      return false;
    }
    for (byte[] each : names) {
      if (name.match(each) != RawString.Match.NONE) return true;
    }
    return false;
  }
}
