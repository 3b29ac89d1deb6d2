package llmhop.http.wire;

import java.io.IOException;

/// No memory is left for what a caller sends, see [InletMemory], or too many TLS handshakes wait
/// for a worker.
public final class CrowdedException extends IOException {
  private static final long serialVersionUID = 1;

  CrowdedException() {
    this("no memory is left for what comes");
  }

  CrowdedException(String message) {
    super(message);
  }
}
