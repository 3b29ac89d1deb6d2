package llmhop.route;

import llmhop.json.ScanListener;

/// Finds a body's affinity while it is scanned for its model.
interface AffinityListener extends ScanListener {
  /// Wants nothing and finds nothing. Shared by all requests.
  AffinityListener OFF =
      new AffinityListener() {
        @Override
        public boolean wants() {
          return false;
        }

        @Override
        public Affinity affinity() {
          return Affinity.NONE;
        }
      };

  /// What was found; when the scan is over.
  Affinity affinity();

  /// The listener for one body.
  static AffinityListener of(Affinity.Wanted wanted) {
    return wanted.isNothing() ? OFF : new PromptListener(wanted);
  }
}
