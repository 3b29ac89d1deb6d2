package llmhop.http.upstream;

/// What to send. The head is asked for anew for each attempt, so that ids can differ; there are two
/// attempts at most, on one thread.
public interface Request {
  /// The head for the next attempt.
  Head head();

  /// The body.
  Body body();
}
