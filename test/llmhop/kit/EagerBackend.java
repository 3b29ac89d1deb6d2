package llmhop.kit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// A backend that writes the same bytes to each connection as soon as it is accepted, before any
/// request, and a last answer when so many bytes have come; it drops what it reads.
/// [ScriptedBackend] waits for a request's head, which a hostile backend does not.
///
/// Shared by the test's thread and one virtual thread for each connection.
public final class EagerBackend implements AutoCloseable {
  private static final int BACKLOG = 256;

  private final ServerSocket server;
  private final byte[] greeting;
  private final long bytes;
  private final byte[] answer;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger greeted = new AtomicInteger();
  private volatile boolean closed;

  private EagerBackend(byte[] greeting, long bytes, byte[] answer) throws IOException {
    this.greeting = greeting.clone();
    this.bytes = bytes;
    this.answer = answer.clone();
    this.server = new ServerSocket(0, BACKLOG, InetAddress.ofLiteral("127.0.0.1"));
    Thread.ofVirtual().name("door of an eager backend").start(this::accept);
  }

  /// Listens on a free port of 127.0.0.1.
  ///
  /// @param greeting the bytes that each connection gets at once
  /// @param bytes how many have to come before the answer goes out
  /// @param answer the bytes that each connection gets then
  /// @return the backend, ready
  /// @throws IOException when it can't listen
  public static EagerBackend greeting(byte[] greeting, long bytes, byte[] answer)
      throws IOException {
    return new EagerBackend(greeting, bytes, answer);
  }

  /// How a config names it.
  ///
  /// @return `http://127.0.0.1:port`
  public String url() {
    return "http://127.0.0.1:" + server.getLocalPort();
  }

  /// How many connections got the whole greeting.
  ///
  /// @return the number of connections
  public int greeted() {
    return greeted.get();
  }

  private void accept() {
    while (!closed) {
      try {
        Socket socket = server.accept();
        open.add(socket);
        Thread.ofVirtual().name("visit of an eager backend").start(() -> serve(socket));
      } catch (IOException e) {
        // The test has closed the backend, or the peer has left already.
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      socket.setTcpNoDelay(true);
      socket.getOutputStream().write(greeting);
      greeted.incrementAndGet();
      byte[] room = new byte[16 * 1024];
      long left = bytes;
      for (int n = socket.getInputStream().read(room); n >= 0; ) {
        if (left > 0 && left <= n) {
          socket.getOutputStream().write(answer);
        }
        left -= n;
        n = socket.getInputStream().read(room);
      }
    } catch (IOException e) {
      // The peer has left.
    } finally {
      open.remove(socket);
    }
  }

  /// Takes no more connections and ends those that are open.
  ///
  /// @throws IOException when a socket says so
  @Override
  public void close() throws IOException {
    closed = true;
    server.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}
