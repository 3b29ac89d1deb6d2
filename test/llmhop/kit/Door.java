package llmhop.kit;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.net.ssl.SSLContext;

/// Where a scripted backend takes connections.
///
/// @param url how a config names it
/// @param port its TCP port; 0 for a Unix socket
/// @param next waits for the next connection
/// @param close takes no more
record Door(String url, int port, Next next, Closeable close) {
  /// Waits for a connection.
  interface Next {
    Wire accept() throws IOException;
  }

  static Door tcp(InetAddress address, int port) throws IOException {
    ServerSocket server = listening(address, port);
    return new Door(
        "http://" + spelled(server), server.getLocalPort(), () -> Wire.of(server.accept()), server);
  }

  static Door tls(SSLContext context, boolean mutual) throws IOException {
    ServerSocket server = listening(InetAddress.ofLiteral("127.0.0.1"), 0);
    return new Door(
        "https://localhost:" + server.getLocalPort(),
        server.getLocalPort(),
        () -> Wire.tlsAtServer(server.accept(), context, mutual),
        server);
  }

  static Door unix(Path path) throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(path));
    return new Door(
        "unix://" + path,
        0,
        () -> Wire.of(server.accept()),
        () -> {
          server.close();
          Files.deleteIfExists(path);
        });
  }

  /// Listens on a port that stays held when the server is closed, so that it refuses connections
  /// then, and a test can listen there again.
  private static ServerSocket listening(InetAddress address, int port) throws IOException {
    int held = port == 0 ? HeldPorts.hold(address) : port;
    ServerSocket server = new ServerSocket();
    server.setReuseAddress(true);
    server.bind(new InetSocketAddress(address, held), 1024);
    return server;
  }

  private static String spelled(ServerSocket server) {
    String host = server.getInetAddress().getHostAddress();
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + server.getLocalPort();
  }
}
