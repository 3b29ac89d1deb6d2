package llmhop.config;

import java.util.Optional;

/// How references to secrets, like `${env:NAME}`, become values.
@FunctionalInterface
public interface Secrets {

  /// Where a reference points to.
  enum Kind {
    /// `${env:NAME}` or `$NAME`: an environment variable.
    ENV,
    /// `${file:PATH}`: what a file holds.
    FILE,
    /// `${cred:NAME}`: a file in systemd's `$CREDENTIALS_DIRECTORY`.
    CRED
  }

  /// The value behind a reference.
  ///
  /// @param kind where to look
  /// @param name what to look for
  /// @return the value; empty when references are left as they are
  /// @throws UnresolvedException when there is no such value
  Optional<String> resolve(Kind kind, String name) throws UnresolvedException;

  /// Looks into this process's environment and into files.
  ///
  /// @return what a start uses
  static Secrets fromProcess() {
    return fromProcess(_ -> {});
  }

  /// The same, telling which files it looks into.
  ///
  /// @param files is told of each file before it is read, also of one that can't be
  /// @return what a reload uses
  static Secrets fromProcess(BeforeReading files) {
    return new StoredSecrets(
        name -> Optional.ofNullable(System.getenv(name)), SecretFiles.onDisk().telling(files));
  }

  /// Looks nowhere: the spelling of references is checked, their values are left open.
  ///
  /// @return what `--check` uses
  static Secrets unresolved() {
    return (kind, name) -> Optional.empty();
  }
}
