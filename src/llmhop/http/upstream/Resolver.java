package llmhop.http.upstream;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// How names become addresses. May block; it is given threads that may.
@FunctionalInterface
public interface Resolver {
  /// The system's, but that `localhost` always has both its addresses: many servers listen on one
  /// of them only, and many hosts files know one of them only.
  Resolver SYSTEM = Resolver::system;

  /// All addresses of a name, at least one, in the order to try them.
  List<InetAddress> resolve(String host) throws UnknownHostException;

  private static List<InetAddress> system(String host) throws UnknownHostException {
    List<InetAddress> found = Arrays.asList(InetAddress.getAllByName(host));
    if (!host.equalsIgnoreCase("localhost")) {
      return found;
    }
    Set<InetAddress> both = new LinkedHashSet<>(found);
    both.add(InetAddress.ofLiteral("127.0.0.1"));
    both.add(InetAddress.ofLiteral("::1"));
    return new ArrayList<>(both);
  }
}
