package llmhop.kit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayDeque;
import java.util.Deque;

/// Ports that belong to tests: each is bound by a socket that does not listen.
///
/// A connection to a held port is refused, and the system gives the port to no other socket:
/// neither to a server that asks for port 0 nor to an outgoing connection. A server of the kit, or
/// a router under test, that names a held port can still listen there, since both sockets have
/// `SO_REUSEADDR` and the holder does not listen (ip(7), tcp(7) on Linux).
///
/// A port stays held after its test, because a test does not tell when it ends. The oldest is
/// released when [#MAX] are held.
final class HeldPorts {
  /// Far more than three classes of tests use at a time, and few enough descriptors.
  static final int MAX = 1000;

  private static final Deque<Socket> HOLDERS = new ArrayDeque<>();

  private HeldPorts() {}

  /// Holds a free port of an address.
  ///
  /// @return the port, on which connections are refused until a server listens there
  /// @throws IOException when there is no free port
  static int hold(InetAddress address) throws IOException {
    Socket holder = new Socket();
    try {
      holder.setReuseAddress(true);
      holder.bind(new InetSocketAddress(address, 0));
    } catch (IOException e) {
      holder.close();
      throw e;
    }
    synchronized (HOLDERS) {
      HOLDERS.add(holder);
      if (HOLDERS.size() > MAX) {
        HOLDERS.removeFirst().close();
      }
    }
    return holder.getLocalPort();
  }
}
