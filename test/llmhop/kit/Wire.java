package llmhop.kit;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/// One end of a connection over TCP, TLS or a Unix socket, with the ways to end it.
///
/// @param tls the secured socket, for its session
/// @param halfClose says that no more will be sent, and goes on reading
/// @param reset ends it with a TCP reset; over a Unix socket a plain close
/// @param drop closes the socket without TLS's farewell; without TLS a plain close
/// @param close ends it as a well-behaved peer does
record Wire(
    InputStream in,
    OutputStream out,
    Optional<SSLSocket> tls,
    Closeable halfClose,
    Closeable reset,
    Closeable drop,
    Closeable close) {

  static Wire to(SocketAddress address) throws IOException {
    if (address instanceof UnixDomainSocketAddress unix) {
      SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      channel.connect(unix);
      return of(channel);
    }
    return of(connected(address));
  }

  static Wire from(InetAddress own, InetSocketAddress address) throws IOException {
    SocketChannel channel = SocketChannel.open();
    channel.bind(new InetSocketAddress(own, 0));
    channel.connect(address);
    return of(channel);
  }

  static Wire tlsTo(InetSocketAddress address, SSLContext context, String serverName)
      throws IOException {
    Socket socket = connected(address);
    SSLSocket secured =
        (SSLSocket)
            context.getSocketFactory().createSocket(socket, serverName, socket.getPort(), true);
    return of(socket, secured);
  }

  static Wire tlsAtServer(Socket socket, SSLContext context, boolean mutual) throws IOException {
    SSLSocket secured = (SSLSocket) context.getSocketFactory().createSocket(socket, null, true);
    secured.setUseClientMode(false);
    secured.setNeedClientAuth(mutual);
    return of(socket, secured);
  }

  static Wire of(Socket socket) throws IOException {
    socket.setTcpNoDelay(true);
    return new Wire(
        socket.getInputStream(),
        socket.getOutputStream(),
        Optional.empty(),
        socket::shutdownOutput,
        () -> reset(socket),
        socket,
        socket);
  }

  static Wire of(SocketChannel channel) {
    return new Wire(
        new ChannelInput(channel),
        new ChannelOutput(channel),
        Optional.empty(),
        channel::shutdownOutput,
        channel,
        channel,
        channel);
  }

  private static Wire of(Socket socket, SSLSocket secured) throws IOException {
    socket.setTcpNoDelay(true);
    return new Wire(
        secured.getInputStream(),
        secured.getOutputStream(),
        Optional.of(secured),
        secured::shutdownOutput,
        () -> reset(socket),
        socket,
        secured);
  }

  private static Socket connected(SocketAddress address) throws IOException {
    Socket socket = new Socket();
    socket.connect(address, (int) Waiting.PATIENCE.toMillis());
    return socket;
  }

  private static void reset(Socket socket) throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  private static final class ChannelInput extends InputStream {
    private final SocketChannel channel;

    ChannelInput(SocketChannel channel) {
      this.channel = channel;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      return channel.read(ByteBuffer.wrap(to, offset, length));
    }
  }

  private static final class ChannelOutput extends OutputStream {
    private final SocketChannel channel;

    ChannelOutput(SocketChannel channel) {
      this.channel = channel;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      ByteBuffer left = ByteBuffer.wrap(bytes, offset, length);
      while (left.hasRemaining()) {
        channel.write(left);
      }
    }
  }
}
