package llmhop.route;

import java.util.List;
import java.util.Optional;
import llmhop.caller.Caller;
import llmhop.config.Priority;

/// Tells the class of a request, see `priority` and `maxPriority` of a token.
final class RequestPriority {
  private static final String FIELD = "X-Priority";

  private RequestPriority() {}

  /// Returns the class that the token has, or the one that the request asks for with `X-Priority`
  /// where the token may choose, but not more than the token's `maxPriority`.
  ///
  /// @throws Refusal 400 when the token may choose, and the request names no class or several times
  static Priority of(Exchange x, Caller caller) {
    Optional<Priority> highest = caller.limits().maxPriority();
    if (highest.isEmpty()) {
      return caller.limits().priority();
    }
    List<String> words = x.fields().all(FIELD);
    if (words.isEmpty()) {
      return caller.limits().priority();
    }
    if (words.size() > 1) {
      throw Refusal.invalidPriority();
    }
    Priority asked = Priority.of(words.getFirst().strip()).orElseThrow(Refusal::invalidPriority);
    return asked.isOver(highest.get()) ? highest.get() : asked;
  }
}
