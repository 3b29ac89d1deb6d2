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

  /// The most that one write hands over. The JDK copies an array to memory of its own first and
  /// keeps that memory for each carrier thread.
  private static final int ONE_WRITE = 256 * 1024;

  private final SocketChannel channel;
  private Runnable busy = () -> {};
  private final ByteBuffer probe = ByteBuffer.allocate(1);

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

  public void onBusy(Runnable makeBlocking) {
    busy = makeBlocking;
  }

  /// The channel under it.
  public SocketChannel channel() {
    return channel;
  }

  @Override
  public int readNow(ByteBuffer into) throws IOException {
    if (!channel.isBlocking()) {
      return channel.read(into);
    }
    channel.configureBlocking(false);
    try {
      return channel.read(into);
    } finally {
      channel.configureBlocking(true);
    }
  }

  @Override
  public void write(ByteBuffer... buffers) throws IOException {
    if (buffers.length > 1 && total(buffers) <= ONE_WRITE) {
      int first = 0;
      while (first < buffers.length) {
        if (channel.write(buffers, first, buffers.length - first) == 0) {
          busy.run();
        }
        while (first < buffers.length && !buffers[first].hasRemaining()) {
          first++;
        }
      }
      return;
    }
    for (ByteBuffer buffer : buffers) {
      writeParts(buffer);
    }
  }

  private static long total(ByteBuffer[] buffers) {
    long total = 0;
    for (ByteBuffer buffer : buffers) {
      total += buffer.remaining();
    }
    return total;
  }

  private void writeParts(ByteBuffer buffer) throws IOException {
    int end = buffer.limit();
    while (buffer.position() < end) {
      buffer.limit(Math.min(end, buffer.position() + ONE_WRITE));
      if (channel.write(buffer) == 0) {
        busy.run();
      }
    }
  }

  @Override
  public boolean isQuiet() {
    try {
      return readNow(probe.clear()) == 0;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void finish() throws IOException {
    channel.shutdownOutput();
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
