package llmhop.caller;

import java.util.List;
import llmhop.config.Glob;

/// Who asks: a label for logs, and the models that it may use.
///
/// @param name the token's name in the config, `-` where callers need no token
/// @param models patterns over model names; empty allows all
public record Caller(String name, List<Glob> models) {
  /// The caller of a router without tokens, and of the pages that need none.
  public static final Caller ANYONE = new Caller("-", List.of());

  /// Copies the list.
  public Caller {
    models = List.copyOf(models);
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
