package llmhop.http.upstream;

/// A request without a body, the same at each attempt.
///
/// @param head its head
public record Get(Head head) implements Request, Body {
  @Override
  public Body body() {
    return this;
  }

  @Override
  public long length() {
    return 0;
  }

  @Override
  public boolean repeatable() {
    return true;
  }

  @Override
  public void writeTo(Sink sink) {}
}
