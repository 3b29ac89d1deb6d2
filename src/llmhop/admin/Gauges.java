package llmhop.admin;

import java.util.SequencedMap;

/// Numbers that tell what the process holds right now.
@FunctionalInterface
public interface Gauges {
  /// The numbers by name, in the order to show them.
  SequencedMap<String, Long> read();
}
