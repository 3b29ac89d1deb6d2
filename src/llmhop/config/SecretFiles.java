package llmhop.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/// The files that references point to.
@FunctionalInterface
interface SecretFiles {

  /// The first bytes of a file, at most `limitBytes` of them.
  byte[] read(Path path, int limitBytes) throws IOException;

  static SecretFiles onDisk() {
    return (path, limitBytes) -> {
      try (InputStream in = Files.newInputStream(path)) {
        return in.readNBytes(limitBytes);
      }
    };
  }
}
