package llmhop.http.upstream;

import java.util.Optional;
import llmhop.http.wire.Fields;

/// What to send. The head is asked for anew for each attempt, so that ids can differ; there are two
/// attempts at most, on one thread.
public interface Request {
  /// The head for the next attempt.
  Head head();

  /// The body; without a byte where another protocol is asked for.
  Body body();

  /// The protocol to speak from then on, as in "websocket" (RFC 9110 section 7.8). The fields that
  /// ask for it are added when the head is sent.
  default Optional<String> upgrade() {
    return Optional.empty();
  }

  /// Told that a new connection was made for it.
  default void connected() {}

  /// Told of 103 (Early Hints, RFC 8297), up to 16 times before the answer, by the thread that
  /// sends. Other interim answers concern nobody but the two sides of one connection.
  default void interim(int status, Fields fields) {}
}
