package llmhop.http.upstream;

import java.io.IOException;

/// A request whose body is at hand, the same at each attempt.
///
/// @param head its head
/// @param bytes its body, which nobody changes; may be empty
public record Whole(Head head, byte[] bytes) implements Request, Body {
  /// One without a body.
  public Whole(Head head) {
    this(head, new byte[0]);
  }

  @Override
  public Body body() {
    return this;
  }

  @Override
  public long length() {
    return bytes.length;
  }

  @Override
  public boolean repeatable() {
    return true;
  }

  @Override
  public void writeTo(Sink sink) throws IOException {
    if (bytes.length > 0) sink.write(bytes, 0, bytes.length);
  }
}
