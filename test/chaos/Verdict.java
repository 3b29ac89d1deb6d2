package chaos;

/// What became of a request.
enum Verdict {
  /// 200, and whole.
  ANSWERED,
  /// An honest error of the router's that the scenario allows.
  REFUSED,
  /// Any other answer, also a stream that looks whole to its caller and isn't.
  FAILED,
  /// No answer, or one that was cut off.
  LOST
}
