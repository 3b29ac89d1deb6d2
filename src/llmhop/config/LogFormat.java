package llmhop.config;

/// How the access log is written.
public enum LogFormat {
  /// Not at all.
  OFF,
  /// One aligned line per request, for people.
  TEXT,
  /// One JSON object per line, for programs.
  JSON
}
