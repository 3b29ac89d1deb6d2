package llmhop.backend;

import java.util.List;
import llmhop.config.Balance;

/// A rule by which one of several backends is chosen. Used under the lock of its fleet.
interface Balancer {
  /// The best one for a request.
  ///
  /// @param open those that may be chosen, two or more, each once
  /// @param clues what the request says
  /// @param now the time of the fleet's clock, in nanoseconds
  Backend choose(List<Backend> open, Clues clues, long now);

  /// The rule that the config asks for.
  ///
  /// @param chance where luck comes from
  static Balancer of(Balance balance, Chance chance) {
    var leastBusy = new LeastBusy();
    return switch (balance) {
      case Balance.LeastBusy _ -> leastBusy;
      case Balance.RoundRobin _ -> new RoundRobin();
      case Balance.PowerOfTwo _ -> new PowerOfTwo(chance);
      case Balance.Prefix prefix -> new PrefixHash(prefix.bytes(), leastBusy);
      case Balance.Session session -> new SessionHash(session.keys(), leastBusy);
    };
  }
}
