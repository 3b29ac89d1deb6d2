package chaos;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.charset.StandardCharsets;

/// Asks on a connection that is kept from one request to the next. Used by one thread at a time.
final class Caller implements AutoCloseable {

  private static final int CONNECT_MILLIS = 5_000;
  private static final int PATIENCE_MILLIS = 30_000;

  private final String host;
  private final int port;
  private Socket socket;
  private InputStream in;

  Caller(int port) {
    this("127.0.0.1", port);
  }

  Caller(String host, int port) {
    this.host = host;
    this.port = port;
  }

  /// Asks once, on a connection of its own.
  static Answer once(int port, Ask ask) {
    try (Caller caller = new Caller(port)) {
      return caller.ask(ask);
    }
  }

  /// Gets a page, on a connection of its own.
  ///
  /// @param fields lines of the head, each with its line end
  static Answer get(String host, int port, String path, String fields) {
    try (Caller caller = new Caller(host, port)) {
      String head = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n";
      return caller.exchange(head.getBytes(StandardCharsets.ISO_8859_1), PATIENCE_MILLIS);
    }
  }

  Answer ask(Ask ask) {
    return exchange(ask.bytes(), ask.patienceMillis());
  }

  /// Sends, and waits for nothing.
  void send(Ask ask) throws IOException {
    connect();
    socket.getOutputStream().write(ask.bytes());
  }

  private Answer exchange(byte[] request, int patienceMillis) {
    long begun = System.nanoTime();
    Answer answer;
    try {
      connect();
      socket.setSoTimeout(patienceMillis);
      AnswerReader reader = new AnswerReader(in);
      socket.getOutputStream().write(request);
      answer = reader.read();
    } catch (IOException e) {
      answer = new Answer("", "", false, -1, System.nanoTime() - begun, e.toString());
    }
    if (!answer.whole() || answer.field("Connection").equalsIgnoreCase("close")) close();
    return answer;
  }

  private void connect() throws IOException {
    if (socket != null) return;
    socket = new Socket();
    socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
    socket.connect(new InetSocketAddress(host, port), CONNECT_MILLIS);
    in = new BufferedInputStream(socket.getInputStream());
  }

  /// Hangs up; the next request connects anew.
  @Override
  public void close() {
    if (socket == null) return;
    try {
      socket.close();
    } catch (IOException e) {
      // It is closed in any case.
    }
    socket = null;
  }
}
