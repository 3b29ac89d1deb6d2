package llmhop.kit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/// A server that speaks WebSocket (RFC 6455), and echoes messages unless a test says otherwise. It
/// fails the test for what a client must not send. Shared by the test's thread and one virtual
/// thread for each connection; its monitor guards what it has seen.
public final class WebSocketServer implements AutoCloseable {
  private final ServerSocket door;
  private final Service service;
  private final List<WebSocketPeer> peers = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();
  private boolean closed;

  /// What is done with a connection whose head has come.
  @FunctionalInterface
  public interface Service {
    /// Serves it; when this returns the connection is closed.
    ///
    /// @param peer the connection
    /// @throws IOException when the peer is gone, which is no problem
    void serve(WebSocketPeer peer) throws IOException;
  }

  private WebSocketServer(Service service) {
    this.service = service;
    try {
      door = new ServerSocket(0, 100, InetAddress.ofLiteral("127.0.0.1"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread.ofVirtual().name("door of a WebSocket server").start(this::takeConnections);
  }

  /// One that shakes hands and echoes until the client closes.
  ///
  /// @return the server, ready
  public static WebSocketServer echoing() {
    return of(
        peer -> {
          peer.accept();
          peer.echo();
        });
  }

  /// One that does something else.
  ///
  /// @param service from the head on
  /// @return the server, ready
  public static WebSocketServer of(Service service) {
    return new WebSocketServer(service);
  }

  /// How a config names it.
  ///
  /// @return an `http://` URL without a slash at its end
  public String url() {
    return "http://127.0.0.1:" + door.getLocalPort();
  }

  /// How many connections were made to it.
  ///
  /// @return open or not
  public synchronized int connections() {
    return peers.size();
  }

  /// One connection; waits for it to be made.
  ///
  /// @param n the first being 1
  /// @return the connection
  public WebSocketPeer connection(int n) {
    Waiting.on(this, "connection " + n, () -> peers.size() >= n, () -> peers.size() + " of them");
    synchronized (this) {
      return peers.get(n - 1);
    }
  }

  private void takeConnections() {
    try {
      while (true) {
        Socket socket = door.accept();
        socket.setTcpNoDelay(true);
        var peer = new WebSocketPeer(socket);
        synchronized (this) {
          peers.add(peer);
          notifyAll();
        }
        Thread.ofVirtual().name("WebSocket peer").start(() -> serve(peer));
      }
    } catch (IOException e) {
      synchronized (this) {
        if (!closed) {
          problems.add("no more connections: " + e);
        }
      }
    }
  }

  private void serve(WebSocketPeer peer) {
    try (peer) {
      if (peer.readHead()) {
        service.serve(peer);
      }
    } catch (Malformed e) {
      problem(e.getMessage());
    } catch (IOException e) {
      // The peer has gone: a test asks for that.
    } catch (RuntimeException | Error e) {
      problem("a service failed: " + e);
    }
  }

  private synchronized void problem(String text) {
    problems.add(text);
  }

  /// Ends all connections, and fails when there were problems.
  @Override
  public void close() {
    List<WebSocketPeer> all;
    synchronized (this) {
      closed = true;
      all = List.copyOf(peers);
    }
    try {
      door.close();
      for (WebSocketPeer peer : all) {
        peer.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    for (WebSocketPeer peer : all) {
      Waiting.await("a WebSocket peer to end", peer::isOver);
    }
    synchronized (this) {
      if (!problems.isEmpty()) {
        throw new AssertionError("at the WebSocket server: " + problems);
      }
    }
  }
}
