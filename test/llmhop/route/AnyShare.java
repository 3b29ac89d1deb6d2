package llmhop.route;

import java.util.Optional;

/// A body's share of a budget without a request: of a caller with a name, or of nobody in
/// particular.
final class AnyShare extends BodyShare {
  private final Optional<Object> caller;
  private volatile int cuts;

  AnyShare(BufferBudget budget) {
    super(budget);
    this.caller = Optional.empty();
  }

  AnyShare(BufferBudget budget, String caller) {
    super(budget);
    this.caller = Optional.of(caller);
  }

  @Override
  Optional<Object> key() {
    return caller;
  }

  @Override
  void cut() {
    cuts++;
  }

  /// How many times the body was ended from outside.
  int cuts() {
    return cuts;
  }
}
