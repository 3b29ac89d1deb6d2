package llmhop;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Set;

/// An inherited listening socket that can be closed while others still write to the standard
/// streams.
///
/// When the JDK closes an inherited channel it turns the standard streams to /dev/null, and the
/// rest of the log with them. Here they are turned back. What other threads write in the
/// microseconds between is lost.
///
/// It is for blocking use: no selector takes it.
final class InheritedListener extends ServerSocketChannel {
  private static final int STANDARD_OUTPUT = 1;
  private static final int STANDARD_ERROR = 2;

  private final ServerSocketChannel channel;
  private final int output;
  private final int error;

  private InheritedListener(ServerSocketChannel channel, int output, int error) {
    super(channel.provider());
    this.channel = channel;
    this.output = output;
    this.error = error;
  }

  /// @throws IOException when the standard streams can't be kept
  static InheritedListener of(ServerSocketChannel channel) throws IOException {
    // Now, because there may be no free descriptor later.
    int output = Native.dup(STANDARD_OUTPUT);
    return new InheritedListener(channel, output, Native.dup(STANDARD_ERROR));
  }

  @Override
  public SocketChannel accept() throws IOException {
    return channel.accept();
  }

  @Override
  protected void implCloseSelectableChannel() throws IOException {
    try {
      channel.close();
    } finally {
      restore(output, STANDARD_OUTPUT);
      restore(error, STANDARD_ERROR);
    }
  }

  private static void restore(int kept, int stream) throws IOException {
    Native.dup2(kept, stream);
    Native.close(kept);
  }

  @Override
  public SocketAddress getLocalAddress() throws IOException {
    return channel.getLocalAddress();
  }

  @Override
  public ServerSocketChannel bind(SocketAddress local, int backlog) {
    throw new AlreadyBoundException();
  }

  @Override
  public <T> ServerSocketChannel setOption(SocketOption<T> name, T value) throws IOException {
    channel.setOption(name, value);
    return this;
  }

  @Override
  public <T> T getOption(SocketOption<T> name) throws IOException {
    return channel.getOption(name);
  }

  @Override
  public Set<SocketOption<?>> supportedOptions() {
    return channel.supportedOptions();
  }

  @Override
  public ServerSocket socket() {
    return channel.socket();
  }

  @Override
  protected void implConfigureBlocking(boolean block) throws IOException {
    channel.configureBlocking(block);
  }
}
