package llmhop.http.upstream;

/// What to send. The head is made anew for each attempt, so that ids can differ.
public interface Request {
  /// The head for the next attempt.
  Head head();

  /// The body.
  Body body();
}
