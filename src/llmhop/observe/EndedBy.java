package llmhop.observe;

import java.util.Locale;

/// Who ended a request.
public enum EndedBy {
  /// Nobody: the whole answer was relayed, whatever its status.
  DONE,
  /// The caller: it left, or what it sent was refused.
  CALLER,
  /// The backend: unreachable, too slow, or it broke off.
  BACKEND,
  /// This router: a limit of ours or a fault of ours.
  ROUTER;

  /// The word as logs show it.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
