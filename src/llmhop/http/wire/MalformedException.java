package llmhop.http.wire;

import java.io.IOException;

/// What came isn't HTTP/1.1 as RFC 9112 has it. The message says what is wrong, never what came.
public final class MalformedException extends IOException {
  /// With a sentence without its dot.
  public MalformedException(String message) {
    super(message);
  }
}
