package llmhop.config;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/// Which paths callers reach at a model's backends. Patterns are plain decoded paths, `*` standing
/// for any text.
///
/// @param kind whose inference paths are open, and no others; empty: all but those by which engines
///   are managed
/// @param allow further ones that are open
/// @param deny those that are closed, whatever else is said
public record PathRules(Optional<Kind> kind, List<String> allow, List<String> deny) {
  /// What stands for a config that says nothing.
  public static final PathRules DEFAULT = new PathRules(Optional.empty(), List.of(), List.of());

  /// Copies the lists.
  public PathRules {
    Objects.requireNonNull(kind);
    allow = List.copyOf(allow);
    deny = List.copyOf(deny);
  }
}
