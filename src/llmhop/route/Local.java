package llmhop.route;

import java.io.IOException;
import java.util.Optional;
import llmhop.caller.Caller;

/// What the router answers by itself, never a backend: health, the list of models.
public interface Local {
  /// Answers nothing.
  Local NONE = (exchange, target) -> Optional.empty();

  /// The page for this request, or nothing when it is to be routed.
  Optional<Page> find(Exchange exchange, Target target);

  /// The page for this request under `/route/{model}`, or nothing when it is to be routed.
  default Optional<Page> findOfModel(Exchange exchange, Target target, Routes routes) {
    return Optional.empty();
  }

  /// An answer of ours.
  @FunctionalInterface
  interface Page {
    /// Answers the request. May throw a [Refusal].
    void answer(Exchange exchange, Caller caller, Routes routes) throws IOException;

    /// Whether it needs no token.
    default boolean isOpen() {
      return false;
    }
  }
}
