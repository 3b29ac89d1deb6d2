package llmhop.http.upstream;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A backend of raw sockets: for each connection it runs a script that reads and writes as it
/// likes. It keeps each request that was read whole, which is what a test means by *executions*.
final class Peer implements AutoCloseable {
  static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  private static final Pattern LENGTH =
      Pattern.compile("\r\ncontent-length: (\\d+)\r\n", Pattern.CASE_INSENSITIVE);

  final List<String> requests = new CopyOnWriteArrayList<>();
  private final ServerSocketChannel server;
  private final AtomicInteger connections = new AtomicInteger();
  private final List<Line> lines = new CopyOnWriteArrayList<>();
  private final List<Throwable> failures = new CopyOnWriteArrayList<>();
  private final LinkedBlockingQueue<String> events = new LinkedBlockingQueue<>();

  /// What happens on one connection.
  interface Script {
    void run(Line line) throws Exception;
  }

  private Peer(ServerSocketChannel server, Script script) {
    this.server = server;
    Thread.ofVirtual().start(() -> accept(script));
  }

  static Peer of(Script script) throws IOException {
    return at(InetAddress.ofLiteral("127.0.0.1"), 0, script);
  }

  static Peer at(InetAddress address, int port, Script script) throws IOException {
    var server = ServerSocketChannel.open();
    return new Peer(server.bind(new InetSocketAddress(address, port), 1000), script);
  }

  static Peer onUnix(Path path, Script script) throws IOException {
    var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    return new Peer(server.bind(UnixDomainSocketAddress.of(path)), script);
  }

  /// Answers `ok` to whatever it reads, as long as the connection lives.
  static Peer answering() throws IOException {
    return of(Peer::answerAll);
  }

  static void answerAll(Line line) throws IOException {
    while (!line.request().isEmpty()) {
      line.send(OK);
    }
  }

  private void accept(Script script) {
    while (true) {
      try {
        var line = new Line(server.accept(), connections.incrementAndGet());
        lines.add(line);
        Thread.ofVirtual().start(() -> run(script, line));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void run(Script script, Line line) {
    try (line) {
      script.run(line);
    } catch (IOException e) {
      // The other side has gone.
    } catch (Exception | AssertionError e) {
      failures.add(e);
    }
  }

  int port() throws IOException {
    return ((InetSocketAddress) server.getLocalAddress()).getPort();
  }

  int connections() {
    return connections.get();
  }

  /// Something that a script wants the test to know.
  void tell(String event) {
    events.add(event);
  }

  String told() throws InterruptedException {
    String event = events.poll(10, TimeUnit.SECONDS);
    return event == null ? "nothing" : event;
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Line line : lines) {
      line.close();
    }
    for (Throwable failure : failures) {
      throw new AssertionError(failure);
    }
  }

  /// One connection.
  final class Line implements AutoCloseable {
    final SocketChannel channel;
    final int number;
    private final InputStream in;

    private Line(SocketChannel channel, int number) {
      this.channel = channel;
      this.number = number;
      this.in = Channels.newInputStream(channel);
    }

    int read() throws IOException {
      return in.read();
    }

    /// What one read gets.
    String readOnce() throws IOException {
      ByteBuffer buffer = ByteBuffer.allocate(1 << 20);
      channel.read(buffer);
      return StandardCharsets.ISO_8859_1.decode(buffer.flip()).toString();
    }

    /// Reads a head, with its empty line; empty at the end of the connection.
    String head() throws IOException {
      var head = new StringBuilder();
      while (head.length() < 4 || head.indexOf("\r\n\r\n", head.length() - 4) < 0) {
        int octet = in.read();
        if (octet < 0) {
          return "";
        }
        head.append((char) octet);
      }
      return head.toString();
    }

    /// Reads a whole request; empty at the end of the connection.
    String request() throws IOException {
      String head = head();
      Matcher length = LENGTH.matcher(head);
      int size = length.find() ? Integer.parseInt(length.group(1)) : 0;
      byte[] body = in.readNBytes(size);
      if (head.isEmpty() || body.length < size) {
        return "";
      }
      String request = head + new String(body, StandardCharsets.ISO_8859_1);
      requests.add(request);
      return request;
    }

    void send(String latin1) throws IOException {
      var bytes = ByteBuffer.wrap(latin1.getBytes(StandardCharsets.ISO_8859_1));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }

    /// Passes bytes both ways between here and another port until one side ends.
    void pipe(int port) throws IOException {
      var there = SocketChannel.open(new InetSocketAddress("127.0.0.1", port));
      try (there) {
        Thread.ofVirtual().start(() -> copy(channel, there));
        copy(there, channel);
      }
    }

    private static void copy(SocketChannel from, SocketChannel to) {
      ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
      try {
        while (from.read(buffer.clear()) >= 0) {
          buffer.flip();
          while (buffer.hasRemaining()) {
            to.write(buffer);
          }
        }
      } catch (IOException e) {
        // One side has gone.
      }
    }

    /// Closes so that the other side sees a reset, not an end.
    void reset() throws IOException {
      channel.setOption(java.net.StandardSocketOptions.SO_LINGER, 0);
      channel.close();
    }

    /// Waits until the other side is gone, whatever else it sends.
    void awaitEnd() {
      try {
        in.transferTo(java.io.OutputStream.nullOutputStream());
      } catch (IOException e) {
        // Gone too.
      }
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
