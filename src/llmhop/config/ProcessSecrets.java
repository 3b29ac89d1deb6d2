package llmhop.config;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/// The secrets of one process, which are looked for at its start and again at each reload. Used by
/// one thread at a time.
///
/// A file is read anew each time. A pipe is read at the start, in bounded time, and keeps what it
/// had then: it has nothing more to give, and its reader might wait for ever.
public final class ProcessSecrets {
  private final PipeReader pipes = new PipeReader();

  /// Nothing is read yet.
  public ProcessSecrets() {}

  /// Looks into the environment and into files.
  ///
  /// @param files is told of each file before it is read, also of one that can't be
  /// @return what a start uses
  public Secrets first(Consumer<Path> files) {
    return from(SecretFiles.onDisk(pipes).telling(files));
  }

  /// The same while the router runs.
  ///
  /// @return what a reload uses
  public Secrets again(Consumer<Path> files) {
    return from(SecretFiles.onDiskAgain(pipes).telling(files));
  }

  private static Secrets from(SecretFiles files) {
    return new StoredSecrets(name -> Optional.ofNullable(System.getenv(name)), files);
  }
}
