package llmhop.backend;

/// What became of a request that wanted a place at a model.
public sealed interface Entry {
  /// It has one.
  ///
  /// @param place which it gives back in the end
  /// @param waitedNanos how long it stood in the queue
  record Granted(Place place, long waitedNanos) implements Entry {}

  /// There is none.
  ///
  /// @param why as far as it matters
  /// @param waitedNanos how long it stood in the queue
  /// @param nextNanos about how long it takes until somebody who waits gets one
  record Denied(Why why, long waitedNanos, long nextNanos) implements Entry {}

  /// Its caller has hung up while it waited.
  ///
  /// @param waitedNanos how long it stood in the queue
  record Left(long waitedNanos) implements Entry {}

  /// Why there is no place.
  enum Why {
    /// All are taken, and nobody may wait.
    TAKEN,
    /// As many wait as may.
    FULL,
    /// It has waited as long as it may.
    WAITED,
    /// It waited, and had to make room for one that has waited less, or is more urgent.
    PUSHED_OUT
  }
}
