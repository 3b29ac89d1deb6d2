package llmhop.tool;

import java.time.Duration;
import java.util.List;

/// How the simulator is to behave.
///
/// @param host the address to listen on
/// @param port the port; 0 for any that is free
/// @param models the names it answers for
/// @param pace how fast tokens come
/// @param tokens how many tokens an answer has when the caller sets no lower limit
/// @param maxRunning how many requests run at once; the others wait
/// @param prefixCacheTokens how many tokens of prompts are kept for each model; 0 for none
/// @param fails which share of the requests fails how
/// @param dropMidStream the share of streams that are cut off
/// @param hang the share of requests that never get an answer
/// @param drain how long requests may run on when the simulator is told to stop
/// @param seed where chance begins
record SimSettings(
    String host,
    int port,
    List<String> models,
    Pace pace,
    int tokens,
    int maxRunning,
    int prefixCacheTokens,
    List<Chance.Fail> fails,
    double dropMidStream,
    double hang,
    Duration drain,
    long seed) {
  SimSettings {
    models = List.copyOf(models);
    fails = List.copyOf(fails);
  }

  Chance chance() {
    return new Chance(seed, fails, dropMidStream, hang);
  }

  /// Whether anything is left to chance.
  boolean uncertain() {
    return !fails.isEmpty() || dropMidStream > 0 || hang > 0;
  }
}
