package llmhop.caller;

import java.util.List;
import llmhop.config.Glob;
import llmhop.config.TokenLimits;

/// Who asks: a label for logs, the models that it may use, and how much of them.
///
/// @param name the token's name in the config, `-` where callers need no token
/// @param models patterns over model names; empty allows all
/// @param limits how much it may ask for
/// @param usage what it and others with the same token have used of that
public record Caller(String name, List<Glob> models, TokenLimits limits, Usage usage) {
  /// The caller of a router without tokens, and of the pages that need none.
  public static final Caller ANYONE =
      new Caller("-", List.of(), TokenLimits.NONE, new Usage(() -> 0));

  /// Copies the list.
  public Caller {
    models = List.copyOf(models);
  }

  /// Whether somebody has to count what it asks for.
  public boolean limited() {
    return limits.rpm().isPresent() || limits.maxConcurrent().isPresent();
  }

  /// Whether this caller may use only some models.
  public boolean restricted() {
    return !models.isEmpty();
  }

  /// Whether this caller may use the model of this name.
  public boolean mayUse(String model) {
    for (Glob glob : models) {
      if (glob.matches(model)) {
        return true;
      }
    }
    return models.isEmpty();
  }
}
