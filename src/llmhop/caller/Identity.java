package llmhop.caller;

/// What the gate found out about a request's credential.
public sealed interface Identity {
  /// A known caller.
  ///
  /// @param caller who it is
  record Known(Caller caller) implements Identity {}

  /// Nobody we know.
  ///
  /// @param why a sentence for the caller that tells what to do; it never repeats a credential
  record Unknown(String why) implements Identity {}
}
