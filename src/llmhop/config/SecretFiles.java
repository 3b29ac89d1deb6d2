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

  /// The same, with somebody who is told of each file before it is read.
  default SecretFiles telling(BeforeReading files) {
    return (path, limitBytes) -> {
      files.of(path);
      return read(path, limitBytes);
    };
  }
}
