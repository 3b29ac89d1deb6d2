package llmhop.http.upstream;

import java.io.IOException;

/// Where a body writes itself to.
@FunctionalInterface
public interface Sink {
  /// Takes these bytes. Of a repeatable body they must not change until it has been sent.
  void write(byte[] bytes, int offset, int length) throws IOException;
}
