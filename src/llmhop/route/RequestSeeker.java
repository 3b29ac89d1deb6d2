package llmhop.route;

import llmhop.backend.Seeker;
import llmhop.caller.Caller;
import llmhop.config.Priority;

/// A request at the door of a model with limits.
final class RequestSeeker implements Seeker {
  private final Exchange x;
  private final Caller caller;
  private final Choice choice;
  private final Priority priority;

  RequestSeeker(Exchange x, Caller caller, Choice choice) {
    this.x = x;
    this.caller = caller;
    this.choice = choice;
    this.priority = RequestPriority.of(x, caller);
  }

  @Override
  public Priority priority() {
    return priority;
  }

  @Override
  public String owner() {
    return caller.name();
  }

  @Override
  public Object wants() {
    return choice.wants();
  }

  @Override
  public boolean reserve(boolean backendsLimited) {
    return choice.reserve(backendsLimited);
  }

  @Override
  public void waits(Runnable wake) {
    x.watch(wake);
  }

  @Override
  public boolean gone() {
    return x.gone();
  }
}
