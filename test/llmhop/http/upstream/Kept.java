package llmhop.http.upstream;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;
import llmhop.http.wire.Transport;

/// A backend that can't be connected to, with one connection that is there already.
final class Kept {
  private Kept() {}

  static Upstream upstream(Transport transport) {
    Upstream upstream = Ask.upstream(1);
    give(upstream, transport, true);
    return upstream;
  }

  /// @param fresh whether it has carried no exchange: its death is then no reason to try another
  static void give(Upstream upstream, Transport transport, boolean fresh) {
    var connection = upstream.opened(transport, Optional.empty());
    if (!fresh) {
      connection.used();
    }
    upstream.keep(connection, OptionalLong.empty());
  }

  /// Asks something of the connection that would be used next.
  static boolean test(Upstream upstream, Predicate<Connection> question) {
    return question.test(upstream.pool().next().orElseThrow());
  }
}
