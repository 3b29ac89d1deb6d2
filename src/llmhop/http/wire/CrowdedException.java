package llmhop.http.wire;

import java.io.IOException;

/// No memory is left for what a caller sends, see [InletMemory].
public final class CrowdedException extends IOException {
  private static final long serialVersionUID = 1;

  CrowdedException() {
    super("no memory is left for what comes");
  }
}
