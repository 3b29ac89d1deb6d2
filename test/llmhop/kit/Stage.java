package llmhop.kit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// A script whose steps the test performs one at a time, for streams: each call returns when its
/// bytes are written.
///
/// ```java
/// Stage stage = new Stage();
/// backend.next(sseHead(), stage);
/// stage.event("{\"n\":1}");   // waits until the request is there, writes one event
/// stage.end();                // the last chunk, and on with the script
/// ```
///
/// One stage serves one request. Shared by the test's thread and the connection's.
public final class Stage implements Step {
  private final LinkedBlockingQueue<Act> acts = new LinkedBlockingQueue<>();

  private record Act(Step step, boolean last, CompletableFuture<Void> done) {}

  /// A stage that nobody stands on yet.
  public Stage() {}

  /// Performs steps in the midst of the answer.
  ///
  /// @param steps what to do, in order
  /// @throws UncheckedIOException when the peer is gone
  /// @throws AssertionError when the request did not come, or the write did not end, within
  ///   [Waiting#PATIENCE]
  public void perform(Step... steps) {
    act(Steps.all(steps), false);
  }

  /// Writes one event as one chunk of its own: `data: `, the text, an empty line.
  ///
  /// @param data what the event carries; one line
  public void event(String data) {
    perform(Steps.event(data));
  }

  /// Writes the last chunk and goes on with the script; the connection stays open.
  public void end() {
    act(Steps.lastChunk(), true);
  }

  /// Resets the connection in the middle of the answer.
  public void reset() {
    act(Steps.reset(), true);
  }

  /// Closes the connection in the middle of the answer.
  public void close() {
    act(Steps.close(), true);
  }

  /// Goes on with the script without doing anything.
  public void leave() {
    act(visit -> {}, true);
  }

  @Override
  public void perform(Visit visit) throws IOException, InterruptedException {
    boolean on = true;
    while (on) {
      Act act = acts.take();
      try {
        act.step.perform(visit);
        act.done.complete(null);
      } catch (IOException | InterruptedException | RuntimeException | Error e) {
        act.done.completeExceptionally(e);
        throw e;
      }
      on = !act.last;
    }
  }

  private void act(Step step, boolean last) {
    Act act = new Act(step, last, new CompletableFuture<>());
    acts.add(act);
    try {
      act.done.get(Waiting.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw Waiting.failure(
          "a step on the stage to be done",
          acts.contains(act) ? "no request has come this far" : "its write still blocks");
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted on a stage", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException gone) {
        throw new UncheckedIOException(gone);
      }
      throw new AssertionError("a step on the stage failed", e.getCause());
    }
  }
}
