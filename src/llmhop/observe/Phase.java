package llmhop.observe;

import java.util.Locale;

/// The words for the way of a request, in their order; the label of logs and metrics.
public enum Phase {
  /// Connection, head, limits.
  ACCEPT,
  /// Who asks.
  AUTHENTICATE,
  /// The body, within its limit and the process's budget.
  READ,
  /// The model's name, then the model.
  FIND,
  /// May this caller, now.
  ADMIT,
  /// Candidates in order of preference.
  CHOOSE,
  /// Send to a candidate.
  FORWARD,
  /// Copy the answer as it comes.
  RELAY;

  /// The word as logs show it.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
