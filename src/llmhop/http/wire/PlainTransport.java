package llmhop.http.wire;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.SocketChannel;
import java.util.concurrent.locks.ReentrantLock;
import jdk.net.ExtendedSocketOptions;
import llmhop.schedule.Turns;

/// Bytes as they are, over TCP or a Unix socket.
///
/// The channel may be switched to non-blocking mode while a selector watches it, but only by
/// [#stopBlocking]: the JDK lets a switch wait for the write that goes on, perhaps for ever.
/// Whoever then reads or writes what can't be done at once has it switched back by the hook of
/// [#onBusy].
public final class PlainTransport implements Transport {
  private static final int KEEP_ALIVE_IDLE_SECONDS = 30;
  private static final int KEEP_ALIVE_INTERVAL_SECONDS = 10;
  private static final int KEEP_ALIVE_PROBES = 3;

  /// The most that one write hands over. The JDK copies an array to memory of its own first and
  /// keeps that memory for each carrier thread.
  private static final int ONE_WRITE = 256 * 1024;

  private final SocketChannel channel;
  private final ReentrantLock writing = new ReentrantLock();
  private volatile Runnable makeBlocking = () -> {};
  private volatile Runnable closing = () -> {};
  private final Turns turns = new Turns();

  /// Guarded by [#writing].
  private final Turns writingTurns = new Turns();

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

  /// The channel under it.
  public SocketChannel channel() {
    return channel;
  }

  /// Sets what is called when a read found nothing or a write no room in non-blocking mode, on the
  /// thread that reads or writes. It takes the channel from its selector and back to blocking mode,
  /// and sees to it that nobody is in [#readNow] meanwhile.
  public void onBusy(Runnable hook) {
    makeBlocking = hook;
  }

  /// Counts work that was done for the peer without waiting, as bytes that are received in the same
  /// time; lets other threads run when it was enough.
  public void spent(int bytes) {
    turns.spent(bytes);
  }

  /// Sets what runs when the connection is closed here; at once where it is closed already.
  public void onClose(Runnable hook) {
    closing = hook;
    if (!channel.isOpen()) {
      hook.run();
    }
  }

  /// Switches to non-blocking mode, for a selector. Never waits.
  ///
  /// @return false while a write goes on, which a switch would have to wait for
  public boolean stopBlocking() throws IOException {
    if (!writing.tryLock()) {
      return false;
    }
    try {
      channel.configureBlocking(false);
      return true;
    } finally {
      writing.unlock();
    }
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    while (true) {
      int read = channel.read(into);
      if (read != 0 || !into.hasRemaining()) {
        turns.spent(Math.max(read, 0));
        return read;
      }
      busy();
    }
  }

  /// After it the channel blocks. The mode is asked again and again, for it may have changed since.
  private void busy() throws IOException {
    if (channel.isBlocking()) {
      return;
    }
    makeBlocking.run();
    if (!channel.isBlocking()) {
      try {
        channel.configureBlocking(true);
      } catch (IllegalBlockingModeException e) {
        throw new IOException("a selector has the channel, which should block now", e);
      }
    }
  }

  @Override
  public int readNow(ByteBuffer into) throws IOException {
    if (!channel.isBlocking()) {
      return channel.read(into);
    }
    // A writer that found no room would have it switched back, and the read would wait.
    return writing.tryLock() ? atOnce(() -> channel.read(into)) : 0;
  }

  /// Writes what there is room for, without waiting: nothing while another write goes on.
  void writeNow(ByteBuffer from) throws IOException {
    if (!writing.tryLock()) {
      return;
    }
    if (channel.isBlocking()) {
      atOnce(() -> channel.write(from));
      return;
    }
    try {
      channel.write(from);
    } finally {
      writing.unlock();
    }
  }

  private interface Transfer {
    int run() throws IOException;
  }

  /// Runs it in non-blocking mode, with the lock that has just been taken for it.
  private int atOnce(Transfer transfer) throws IOException {
    try {
      channel.configureBlocking(false);
      try {
        return transfer.run();
      } finally {
        channel.configureBlocking(true);
      }
    } finally {
      writing.unlock();
    }
  }

  @Override
  public void write(ByteBuffer... buffers) throws IOException {
    writing.lock();
    try {
      if (buffers.length > 1 && total(buffers) <= ONE_WRITE) {
        writeTogether(buffers);
      } else {
        for (ByteBuffer buffer : buffers) {
          writeParts(buffer);
        }
      }
    } finally {
      writing.unlock();
    }
  }

  private static long total(ByteBuffer[] buffers) {
    long total = 0;
    for (ByteBuffer buffer : buffers) {
      total += buffer.remaining();
    }
    return total;
  }

  private void writeTogether(ByteBuffer[] buffers) throws IOException {
    int first = 0;
    while (first < buffers.length) {
      long written = channel.write(buffers, first, buffers.length - first);
      while (first < buffers.length && !buffers[first].hasRemaining()) {
        first++;
      }
      if (written == 0 && first < buffers.length) {
        busy();
      }
    }
  }

  private void writeParts(ByteBuffer buffer) throws IOException {
    int end = buffer.limit();
    while (buffer.position() < end) {
      buffer.limit(Math.min(end, buffer.position() + ONE_WRITE));
      int written = channel.write(buffer);
      if (written == 0) {
        busy();
      } else if (buffer.position() < end) {
        // A peer that takes all at once would never let the thread wait.
        writingTurns.spent(written);
      }
    }
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
  public int sendBuffer() {
    try {
      return channel.getOption(StandardSocketOptions.SO_SNDBUF);
    } catch (IOException e) {
      return 0;
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
    closing.run();
  }
}
