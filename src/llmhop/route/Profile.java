package llmhop.route;

import java.util.Optional;
import java.util.Set;
import llmhop.config.Kind;

/// The paths by which callers use a model, as they write them.
interface Profile {
  /// Every path: what answers isn't known.
  Profile ANY =
      new Profile() {
        @Override
        public boolean has(String method, String path) {
          return true;
        }

        @Override
        public Set<String> usual() {
          return ModelName.BY_MODEL;
        }
      };

  /// Whether it is one of them, to the letter.
  boolean has(String method, String path);

  /// Those that nearly all requests are POSTs to.
  Set<String> usual();

  /// The profile of a kind.
  static Profile of(Optional<Kind> kind) {
    return kind.isEmpty() ? ANY : EnginePaths.of(kind.get());
  }
}
