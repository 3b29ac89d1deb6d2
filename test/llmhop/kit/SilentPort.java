package llmhop.kit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;

/// A port to which connecting neither succeeds nor fails, like that of a host behind a silent
/// firewall: its queue of pending connections is full and nobody takes any out.
///
/// Works where the system drops what a full queue can't hold, as Linux does.
public final class SilentPort implements AutoCloseable {
  private static final int FULL_AFTER_MILLIS = 250;
  private static final int MOST_PENDING = 64;

  private final ServerSocket server;
  private final List<Socket> pending = new ArrayList<>();

  /// Opens a port and fills its queue.
  ///
  /// @throws IOException when there is no port
  /// @throws IllegalStateException when the system goes on taking connections
  public SilentPort() throws IOException {
    server = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"));
    while (connects()) {
      if (pending.size() > MOST_PENDING) {
        close();
        throw new IllegalStateException("this system's queue of connections is never full");
      }
    }
  }

  /// Where nobody answers, on 127.0.0.1.
  ///
  /// @return the port
  public int port() {
    return server.getLocalPort();
  }

  @Override
  public void close() throws IOException {
    for (Socket socket : pending) {
      socket.close();
    }
    server.close();
  }

  private boolean connects() throws IOException {
    Socket socket = new Socket();
    pending.add(socket);
    try {
      socket.connect(
          new InetSocketAddress(server.getInetAddress(), server.getLocalPort()), FULL_AFTER_MILLIS);
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    }
  }
}
