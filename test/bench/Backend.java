package bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.PriorityQueue;

/// A backend of one thread: it streams events on time, or reads a body to its end and answers.
/// Arguments: its ports. Each proxy has its own, or ten thousand streams of one after those of
/// another would leave it no local ports to connect from.
final class Backend {

  private static final int BACKLOG = 4096;

  private final Selector selector = Selector.open();
  private final PriorityQueue<BackendConnection> streams = new PriorityQueue<>();

  private Backend() throws IOException {}

  public static void main(String[] args) throws IOException {
    Backend backend = new Backend();
    for (String port : args) backend.listen(Integer.parseInt(port));
    backend.serve();
  }

  private void listen(int port) throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open();
    server.bind(new InetSocketAddress("127.0.0.1", port), BACKLOG);
    server.configureBlocking(false);
    server.register(selector, SelectionKey.OP_ACCEPT);
  }

  private void serve() throws IOException {
    while (true) {
      await();
      sendDue();
    }
  }

  private void await() throws IOException {
    if (streams.isEmpty()) {
      selector.select(this::ready);
      return;
    }
    long millis = (streams.peek().due() - System.nanoTime() + 999_999) / 1_000_000;
    if (millis > 0) selector.select(this::ready, millis);
    else selector.selectNow(this::ready);
  }

  private void ready(SelectionKey key) {
    try {
      if (key.isAcceptable()) accept((ServerSocketChannel) key.channel());
      else ((BackendConnection) key.attachment()).ready(this::begin);
    } catch (IOException e) {
      close(key);
    }
  }

  private void accept(ServerSocketChannel server) throws IOException {
    for (SocketChannel channel = server.accept(); channel != null; channel = server.accept()) {
      channel.configureBlocking(false);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
      key.attach(new BackendConnection(channel, key));
    }
  }

  private void begin(BackendConnection stream) {
    streams.add(stream);
  }

  private void sendDue() {
    long now = System.nanoTime();
    while (!streams.isEmpty() && streams.peek().due() - now <= 0) {
      BackendConnection stream = streams.poll();
      try {
        if (stream.sendNext()) streams.add(stream);
      } catch (IOException e) {
        close(stream.key());
      }
    }
  }

  private static void close(SelectionKey key) {
    try {
      key.channel().close();
    } catch (IOException e) {
      // It is closed in any case.
    }
  }
}
