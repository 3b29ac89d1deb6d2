package llmhop.kit;

import java.io.IOException;

/// One thing that a scripted backend does with a request. [Steps] has the usual ones; a test may
/// write its own as a lambda over [Visit].
@FunctionalInterface
public interface Step {
  /// Does it, on the connection's own thread.
  ///
  /// @param visit the connection, and the request that is being answered
  /// @throws IOException when the peer is gone, which ends the visit and is no failure of the test
  /// @throws InterruptedException when the backend is closed meanwhile
  void perform(Visit visit) throws IOException, InterruptedException;
}
