package llmhop.backend;

import java.util.OptionalLong;

/// What a request says about which backend knows it already, as hashes of its words: the same for
/// the same words, in all processes. Asked for only by the policies that go by it.
public interface Clues {
  /// A request that says nothing.
  Clues NONE =
      new Clues() {
        @Override
        public OptionalLong prefix(int bytes) {
          return OptionalLong.empty();
        }

        @Override
        public OptionalLong header(String name) {
          return OptionalLong.empty();
        }

        @Override
        public OptionalLong member(String name) {
          return OptionalLong.empty();
        }
      };

  /// The beginning of its prompt, so many bytes of it.
  OptionalLong prefix(int bytes);

  /// A header field.
  OptionalLong header(String name);

  /// A string among the members of its body's object.
  OptionalLong member(String name);
}
