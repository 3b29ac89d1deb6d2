package llmhop.route;

import java.io.IOException;

/// What a caller hears of a request while there is nothing of an answer to tell. Its beats come
/// from a thread of their own; the rest is for the request's thread.
interface Pulse extends AutoCloseable {
  /// Says nothing, and costs nothing.
  Pulse NONE = new None();

  /// What must not be disturbed by a beat.
  @FunctionalInterface
  interface Undisturbed {
    void run() throws IOException;
  }

  /// Whether there may be a beat yet.
  boolean beats();

  /// Keeps beats off while this runs: a beat that is being written is waited for.
  void keepingStill(Undisturbed what) throws IOException;

  /// There is no beat from here on; waits for one that is being written.
  void stop();

  /// Runs this too, on a thread of its own, should a beat find that the caller has left.
  ///
  /// @return what to give to others who may find it; it runs once, whoever does
  Runnable watch(Runnable gone);

  /// Whether a beat has found that the caller has left.
  boolean callerLeft();

  @Override
  default void close() {
    stop();
  }

  /// No pulse.
  final class None implements Pulse {
    private None() {}

    @Override
    public boolean beats() {
      return false;
    }

    @Override
    public void keepingStill(Undisturbed what) throws IOException {
      what.run();
    }

    @Override
    public void stop() {}

    @Override
    public Runnable watch(Runnable gone) {
      return gone;
    }

    @Override
    public boolean callerLeft() {
      return false;
    }
  }
}
