package llmhop.backend;

/// What an engine said of its load, and when.
///
/// @param requests how many it had, running and waiting
/// @param inFlightThen how many of them were ours
/// @param staleAt when it is too old to go by, in nanoseconds of the fleet's clock
/// @param known whether it said anything
record EngineLoad(int requests, int inFlightThen, long staleAt, boolean known) {
  static final EngineLoad UNKNOWN = new EngineLoad(0, 0, 0, false);

  /// How many it has now: what it had, and what we have sent and got back since. Never less than
  /// what we have there ourselves.
  long busy(int inFlight, long now) {
    return known && now - staleAt < 0
        ? Math.max(inFlight, (long) requests + inFlight - inFlightThen)
        : inFlight;
  }
}
