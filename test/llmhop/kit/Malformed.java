package llmhop.kit;

import java.io.IOException;

/// What came is not HTTP/1.1 as RFC 9112 writes it.
final class Malformed extends IOException {
  private static final long serialVersionUID = 1;

  Malformed(String message) {
    super(message);
  }
}
