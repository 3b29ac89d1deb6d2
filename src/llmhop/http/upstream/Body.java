package llmhop.http.upstream;

import java.io.IOException;

/// The body of a request.
public interface Body {
  /// How many bytes it is.
  long length();

  /// Whether it can be written a second time, as it was the first.
  boolean repeatable();

  /// Writes itself, all of it. What it throws by itself, rather than the sink, ends the request.
  void writeTo(Sink sink) throws IOException;
}
