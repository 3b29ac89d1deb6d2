package llmhop.backend;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.util.concurrent.CompletableFuture;
import llmhop.config.Priority;
import llmhop.kit.Waiting;

/// One that asks, on a thread of its own.
class Asker implements Seeker {
  final String owner;
  final Priority priority;
  final CompletableFuture<Entry> entry = new CompletableFuture<>();
  volatile Runnable wake = () -> {};
  volatile boolean waits;
  volatile boolean gone;
  volatile boolean mayGo = true;
  Object wants = "the same as all others";

  Asker(String owner, Priority priority) {
    this.owner = owner;
    this.priority = priority;
  }

  Asker(String owner) {
    this(owner, Priority.NORMAL);
  }

  /// Goes to the end of the line, before this returns.
  Asker waitAt(Places places) {
    int before = places.waiting();
    Thread.ofVirtual().start(() -> entry.complete(places.enter(this)));
    Waiting.await(owner + " waits", () -> waits && places.waiting() == before + 1);
    return this;
  }

  Entry enter(Places places) {
    return places.enter(this);
  }

  Entry.Granted granted() {
    return assertInstanceOf(Entry.Granted.class, entry.join());
  }

  Entry.Denied denied() {
    return assertInstanceOf(Entry.Denied.class, entry.join());
  }

  void hangUp() {
    gone = true;
    wake.run();
  }

  @Override
  public Priority priority() {
    return priority;
  }

  @Override
  public String owner() {
    return owner;
  }

  @Override
  public boolean reserve(boolean backendsLimited) {
    return mayGo;
  }

  @Override
  public Object wants() {
    return wants;
  }

  @Override
  public void waits(Runnable toWake) {
    wake = toWake;
    waits = true;
  }

  @Override
  public boolean gone() {
    return gone;
  }
}
