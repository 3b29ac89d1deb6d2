package llmhop.caller;

/// What is left of a token's requests per minute, after one more was asked for.
///
/// @param granted whether this one may go
/// @param limit requests per minute, which is also how many may come at once after a quiet minute
/// @param left how many more may come now
/// @param fullNanos how long until all of them may come at once again
/// @param waitNanos how long until the next one may; 0 where it may now, and where none ever may
public record Quota(boolean granted, int limit, int left, long fullNanos, long waitNanos) {
  /// Of a token that may ask for nothing.
  static final Quota BLOCKED = new Quota(false, 0, 0, 0, 0);
}
