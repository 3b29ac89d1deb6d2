package llmhop.http.upstream;

import java.io.IOException;

/// What came isn't HTTP/1.1 as RFC 9112 has it.
final class MalformedException extends IOException {
  MalformedException(String message) {
    super(message);
  }
}
