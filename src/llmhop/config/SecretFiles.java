package llmhop.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/// The files that references point to.
@FunctionalInterface
interface SecretFiles {

  /// The first bytes of a file, at most `limitBytes` of them.
  byte[] read(Path path, int limitBytes) throws IOException;

  static SecretFiles onDisk() {
    return onDisk(new PipeReader());
  }

  /// @param pipes reads those that are no files
  static SecretFiles onDisk(PipeReader pipes) {
    return (path, limitBytes) ->
        PipeReader.isPipe(path) ? pipes.read(path, limitBytes) : file(path, limitBytes);
  }

  /// The same while the router runs: a pipe has what it had at the start. Where a pipe takes the
  /// place of a file in the moment between the look and the reading, the reading waits for it.
  static SecretFiles onDiskAgain(PipeReader pipes) {
    return (path, limitBytes) ->
        PipeReader.isPipe(path) ? pipes.readAgain(path) : file(path, limitBytes);
  }

  private static byte[] file(Path path, int limitBytes) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      return in.readNBytes(limitBytes);
    }
  }

  /// The same, with somebody who is told of each file before it is read.
  default SecretFiles telling(Consumer<Path> files) {
    return (path, limitBytes) -> {
      files.accept(path);
      return read(path, limitBytes);
    };
  }
}
