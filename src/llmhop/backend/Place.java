package llmhop.backend;

/// One request's place at a model, until it is closed. Used by one thread; given back once, however
/// often it is closed.
public interface Place extends AutoCloseable {
  /// At a model that has room for everybody.
  Place NONE = () -> {};

  @Override
  void close();
}
