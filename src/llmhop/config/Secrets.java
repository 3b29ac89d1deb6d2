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
    return new StoredSecrets(
        name -> Optional.ofNullable(System.getenv(name)), SecretFiles.onDisk());
  }

  /// Looks nowhere: the spelling of references is checked, their values are left open.
  ///
  /// @return what `--check` uses
  static Secrets unresolved() {
    return (kind, name) -> Optional.empty();
  }
}
