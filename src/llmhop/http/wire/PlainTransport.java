package llmhop.http.wire;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import jdk.net.ExtendedSocketOptions;

/// Bytes as they are, over TCP or a Unix socket.
public final class PlainTransport implements Transport {
  private static final int KEEP_ALIVE_IDLE_SECONDS = 30;
  private static final int KEEP_ALIVE_INTERVAL_SECONDS = 10;
  private static final int KEEP_ALIVE_PROBES = 3;

  private final SocketChannel channel;

  /// Takes a connected channel in blocking mode.
  public PlainTransport(SocketChannel channel) {
    this.channel = channel;
  }

  /// Prepares a TCP channel: no waiting for acknowledgements, and probes that find out within a
  /// minute that a host has vanished without a word.
  public static void prepareTcp(SocketChannel channel) throws IOException {
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
    if (channel.supportedOptions().contains(ExtendedSocketOptions.TCP_KEEPIDLE)) {
      channel.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, KEEP_ALIVE_IDLE_SECONDS);
      channel.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, KEEP_ALIVE_INTERVAL_SECONDS);
      channel.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, KEEP_ALIVE_PROBES);
    }
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    return channel.read(into);
  }

  /// Reads what is there without waiting.
  ///
  /// @return how many bytes, perhaps 0, -1 at the end
  int readNow(ByteBuffer into) throws IOException {
    channel.configureBlocking(false);
    try {
      return channel.read(into);
    } finally {
      channel.configureBlocking(true);
    }
  }

  @Override
  public void write(ByteBuffer... buffers) throws IOException {
    if (buffers.length == 1) {
      while (buffers[0].hasRemaining()) {
        channel.write(buffers[0]);
      }
      return;
    }
    while (hasRemaining(buffers)) {
      channel.write(buffers);
    }
  }

  private static boolean hasRemaining(ByteBuffer[] buffers) {
    for (ByteBuffer buffer : buffers) {
      if (buffer.hasRemaining()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public boolean isQuiet() {
    try {
      return readNow(ByteBuffer.allocate(1)) == 0;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // It is gone either way.
    }
  }
}
