package llmhop.config;

import java.io.IOException;
import java.nio.file.Path;

/// Is told of each file before it is read.
@FunctionalInterface
public interface BeforeReading {
  /// This one is about to be read; it may be missing.
  ///
  /// @throws IOException when it must not be
  void of(Path file) throws IOException;
}
