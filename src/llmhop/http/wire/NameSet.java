package llmhop.http.wire;

import java.util.Collection;

/// A fixed set of field names, looked up without regard to case and without garbage. Names of HTTP
/// are tokens; any other text is in no set.
public final class NameSet {
  private final String[] slots;

  private NameSet(int size) {
    this.slots = new String[Integer.highestOneBit(Math.max(size, 1)) * 8];
  }

  /// A set of these names.
  public static NameSet of(Collection<String> names) {
    var set = new NameSet(names.size());
    for (String name : names) {
      set.add(name);
    }
    return set;
  }

  private void add(String name) {
    int at = slot(name);
    while (slots[at] != null && !slots[at].equalsIgnoreCase(name)) {
      at = at + 1 & slots.length - 1;
    }
    slots[at] = name;
  }

  /// Whether this name is in it.
  public boolean contains(String name) {
    if (name.isEmpty()) {
      return false;
    }
    int at = slot(name);
    for (String known = slots[at]; known != null; known = slots[at]) {
      if (known.length() == name.length() && known.equalsIgnoreCase(name)) {
        return true;
      }
      at = at + 1 & slots.length - 1;
    }
    return false;
  }

  /// The fifth bit is all that tells a letter's cases apart.
  private int slot(String name) {
    int length = name.length();
    int first = name.charAt(0) | 0x20;
    int middle = name.charAt(length / 2) | 0x20;
    int last = name.charAt(length - 1) | 0x20;
    int mixed = length * 61 + first * 31 + middle * 131 + last * 7;
    return mixed & slots.length - 1;
  }
}
