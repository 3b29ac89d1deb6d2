package llmhop.route;

import java.util.Optional;
import llmhop.backend.Seeker;
import llmhop.caller.Caller;
import llmhop.config.Priority;

/// A request at the door of a model with limits.
final class RequestSeeker implements Seeker {
  private static final String PRIORITY = "X-Priority";

  private final Exchange x;
  private final Caller caller;
  private final Choice choice;
  private final Priority priority;

  /// @throws Refusal when it asks for a class that there isn't, and may ask
  RequestSeeker(Exchange x, Caller caller, Choice choice) {
    this.x = x;
    this.caller = caller;
    this.choice = choice;
    this.priority = priority(x, caller);
  }

  /// What its token says; what the request says where its token may, but not more than that.
  private static Priority priority(Exchange x, Caller caller) {
    Optional<Priority> highest = caller.limits().maxPriority();
    Optional<String> word = x.fields().first(PRIORITY);
    if (highest.isEmpty() || word.isEmpty()) {
      return caller.limits().priority();
    }
    Priority asked = Priority.of(word.get().strip()).orElseThrow(Refusal::invalidPriority);
    return asked.isOver(highest.get()) ? highest.get() : asked;
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
  public boolean reserve() {
    return choice.reserve();
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
