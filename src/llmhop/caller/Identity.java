package llmhop.caller;

import java.time.Instant;
import java.util.Optional;

/// What the gate found out about a request's credential.
public sealed interface Identity {
  /// A known caller.
  ///
  /// @param caller who it is
  /// @param expires when its credential ends; empty for never
  record Known(Caller caller, Optional<Instant> expires) implements Identity {}

  /// Nobody we know.
  ///
  /// @param why a sentence for the caller that tells what to do; it never repeats a credential
  record Unknown(String why) implements Identity {}
}
