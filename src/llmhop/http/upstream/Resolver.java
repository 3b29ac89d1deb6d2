package llmhop.http.upstream;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/// How names become addresses.
@FunctionalInterface
public interface Resolver {
  /// The system's.
  Resolver SYSTEM = host -> List.of(InetAddress.getAllByName(host));

  /// All addresses of a name, at least one, in the order to try them.
  List<InetAddress> resolve(String host) throws UnknownHostException;
}
