package llmhop.http.front;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import llmhop.http.wire.PlainTransport;
import llmhop.http.wire.TlsTransport;
import llmhop.kit.Waiting;

/// A server side of [TlsFiles] and callers on the JDK's SSLSocket.
final class TlsCalls implements AutoCloseable {
  private final ServerSocketChannel listener = ServerSocketChannel.open();
  private final TlsFiles files;

  TlsCalls(TlsFiles files) throws IOException {
    this.files = files;
    listener.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
  }

  InetSocketAddress address() throws IOException {
    return (InetSocketAddress) listener.getLocalAddress();
  }

  /// Takes the next caller and echoes what it says, until it says no more.
  FutureTask<String> serve() {
    return inBackground(
        () -> {
          try (var plain = new PlainTransport(listener.accept());
              TlsTransport tls = TlsTransport.accept(plain, files::engine, "test", () -> {})) {
            ByteBuffer buffer = ByteBuffer.allocate(1024);
            while (tls.read(buffer.clear()) >= 0) {
              tls.write(buffer.flip());
            }
            tls.finish();
            return "served";
          }
        });
  }

  SSLSocket call(SSLContext context, String... protocols) throws IOException {
    var socket = (SSLSocket) context.getSocketFactory().createSocket();
    socket.connect(address());
    socket.setSoTimeout((int) Waiting.PATIENCE.toMillis());
    if (protocols.length > 0) {
      socket.setEnabledProtocols(protocols);
    }
    return socket;
  }

  /// Says something and hears it again.
  static void echo(SSLSocket socket) throws IOException {
    socket.getOutputStream().write(7);
    int heard = socket.getInputStream().read();
    if (heard != 7) {
      throw new IOException("heard " + heard);
    }
  }

  static <T> FutureTask<T> inBackground(Callable<T> action) {
    var task = new FutureTask<>(action);
    Thread.ofVirtual().start(task);
    return task;
  }

  static <T> T result(FutureTask<T> task) throws Exception {
    return task.get(Waiting.PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
