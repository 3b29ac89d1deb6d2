package llmhop.route;

/// A body's share of a budget without a request: of a caller with a name, or of one that has no
/// other body.
final class AnyShare extends BodyShare {
  private final Object caller;
  private volatile int cuts;

  AnyShare(BufferBudget budget) {
    super(budget);
    this.caller = new Object();
  }

  AnyShare(BufferBudget budget, String caller) {
    super(budget);
    this.caller = caller;
  }

  @Override
  Object key() {
    return caller;
  }

  @Override
  void cut() {
    int next = cuts + 1;
    cuts = next;
  }

  /// How many times the body was ended from outside.
  int cuts() {
    return cuts;
  }
}
