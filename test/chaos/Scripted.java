package chaos;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;

/// A process of scripted backends. Arguments: a port to be asked at what was seen, then SCRIPT=PORT
/// for each backend.
final class Scripted {

  /// What stands between the counts and the heads that `Scripts` reads.
  static final String BETWEEN = "\u0001";

  private static final int BACKLOG = 1024;

  private final Map<Script, ScriptedLog> logs = new EnumMap<>(Script.class);

  private interface Connection {
    void serve(SocketChannel channel) throws IOException, InterruptedException;
  }

  public static void main(String[] args) throws IOException, InterruptedException {
    Scripted scripted = new Scripted();
    for (String arg : args) {
      int equals = arg.indexOf('=');
      if (equals < 0) continue;
      Script script = Script.valueOf(arg.substring(0, equals));
      ScriptedLog log = new ScriptedLog();
      scripted.logs.put(script, log);
      accept(
          arg.substring(equals + 1),
          script == Script.HOSTILE || script == Script.HINTS
              ? channel -> new HostileConnection(script, log, channel).serve()
              : channel -> new ScriptedConnection(script, log, channel).serve());
    }
    // Last, since whoever starts this waits for it.
    accept(args[0], scripted::tell);
    Thread.currentThread().join();
  }

  private static void accept(String port, Connection connection) throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open();
    server.bind(new InetSocketAddress("127.0.0.1", Integer.parseInt(port)), BACKLOG);
    Thread.ofPlatform()
        .start(
            () -> {
              while (true) acceptOne(server, connection);
            });
  }

  private static void acceptOne(ServerSocketChannel server, Connection connection) {
    try {
      SocketChannel channel = server.accept();
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      Thread.startVirtualThread(() -> serve(channel, connection));
    } catch (IOException e) {
      // It has left already.
    }
  }

  private static void serve(SocketChannel channel, Connection connection) {
    try (channel) {
      connection.serve(channel);
    } catch (IOException e) {
      // The other side has left.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void tell(SocketChannel channel) throws IOException {
    ScriptedRequest request = ScriptedRequest.read(channel);
    String path = request.head().split(" ")[1].substring(1);
    String text = path.isEmpty() ? "here" : logs.get(Script.valueOf(path)).toString();
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    ScriptedConnection.write(
        channel, "HTTP/1.1 200 OK\r\nContent-Length: " + body.length + "\r\n\r\n" + text);
  }
}
