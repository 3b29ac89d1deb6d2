package llmhop.http.wire;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import llmhop.kit.Authority;
import llmhop.kit.Waiting;

/// Both sides of a TLS connection over loopback, after the handshake.
final class TlsPair implements AutoCloseable {
  private static final Authority AUTHORITY = new Authority("pair");
  private static final SSLContext CLIENT = AUTHORITY.client();
  private static final SSLContext SERVER =
      AUTHORITY.client(AUTHORITY.issue("secp256r1", "localhost"));

  /// One side: the TLS, what it stands on, and the engine to make odd records with.
  record Side(TlsTransport tls, PlainTransport plain, SSLEngine engine) {
    /// Encrypts without sending; of no text, what TLS itself has to say.
    byte[] record(byte[] text) throws IOException {
      ByteBuffer from = ByteBuffer.wrap(text);
      var records = new ByteArrayOutputStream();
      do {
        ByteBuffer out = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        engine.wrap(from, out);
        records.write(out.array(), 0, out.position());
      } while (from.hasRemaining());
      return records.toByteArray();
    }

    void sendRaw(byte[] bytes) throws IOException {
      plain.write(ByteBuffer.wrap(bytes));
    }

    void send(byte[] text) throws IOException {
      tls.write(ByteBuffer.wrap(text));
    }

    /// Reads so many bytes, waiting for them.
    byte[] read(int length) throws IOException {
      ByteBuffer into = ByteBuffer.allocate(length);
      while (into.hasRemaining() && tls.read(into) >= 0) {}
      return Arrays.copyOf(into.array(), into.position());
    }

    /// Reads without waiting until something is there, or the end.
    String readNow() {
      ByteBuffer into = ByteBuffer.allocate(100);
      int[] read = new int[1];
      Waiting.await(
          "something to read",
          () -> {
            try {
              read[0] = tls.readNow(into);
              return read[0] != 0;
            } catch (IOException e) {
              throw new AssertionError(e);
            }
          });
      return read[0] < 0
          ? "end"
          : new String(into.array(), 0, into.position(), StandardCharsets.US_ASCII);
    }
  }

  final Side server;
  final Side client;

  TlsPair(String protocol) throws Exception {
    try (var listener = ServerSocketChannel.open()) {
      listener.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
      var channel = SocketChannel.open(listener.getLocalAddress());
      SSLEngine engine = CLIENT.createSSLEngine("localhost", 443);
      engine.setUseClientMode(true);
      engine.setEnabledProtocols(new String[] {protocol});
      FutureTask<Side> theirs = inBackground(() -> shakeHands(channel, engine));
      SSLEngine ours = SERVER.createSSLEngine();
      ours.setUseClientMode(false);
      server = shakeHands(listener.accept(), ours);
      client = result(theirs);
    }
  }

  private static Side shakeHands(SocketChannel channel, SSLEngine engine) throws IOException {
    PlainTransport plain = new PlainTransport(channel);
    return new Side(TlsTransport.handshake(plain, engine, "test"), plain, engine);
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
  public void close() {
    server.tls.close();
    client.tls.close();
  }
}
