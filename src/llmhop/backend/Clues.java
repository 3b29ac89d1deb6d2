package llmhop.backend;

import java.util.OptionalLong;

/// What a request says about which backend knows it already, as hashes of its words: the same for
/// the same words, in all processes. Asked for only by the policies that go by it.
public interface Clues {
  /// A request that says nothing.
  Clues NONE = new Clues() {};

  /// The beginning of its prompt, so many bytes of it.
  default OptionalLong prefix(int bytes) {
    return OptionalLong.empty();
  }

  /// A header field.
  default OptionalLong header(String name) {
    return OptionalLong.empty();
  }

  /// A string among the members of its body's object.
  default OptionalLong member(String name) {
    return OptionalLong.empty();
  }
}
