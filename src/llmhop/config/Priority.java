package llmhop.config;

import java.util.Locale;
import java.util.Optional;

/// How urgent a request is: who waits in a queue goes before all of the classes below.
public enum Priority {
  /// Somebody sits in front of it.
  HIGH,
  /// What a request has unless somebody says otherwise.
  NORMAL,
  /// It may wait: batches, evaluations.
  LOW;

  /// The word as configs, the `X-Priority` field and the status page have it.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// The class of this word, in any case of letters.
  public static Optional<Priority> of(String word) {
    for (Priority each : values()) {
      if (each.name().equalsIgnoreCase(word)) return Optional.of(each);
    }
    return Optional.empty();
  }

  /// Whether it goes before the other.
  public boolean isOver(Priority other) {
    return ordinal() < other.ordinal();
  }
}
