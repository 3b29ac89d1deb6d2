package llmhop.observe;

/// Is told of each request once it is over. Must not block and must not throw.
public interface Observer extends AutoCloseable {
  /// Sees nothing.
  Observer NONE = outcome -> {};

  /// A request is over.
  void record(Outcome outcome);

  /// How many outcomes could not be told to their reader, since the start.
  default long lost() {
    return 0;
  }

  /// Writes what is still held back. Does nothing unless an observer says otherwise.
  @Override
  default void close() {}
}
