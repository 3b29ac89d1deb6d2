package llmhop.kit;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Optional;

/// Bytes from a peer, taken off the wire by a thread of its own: so every wait for them is bounded,
/// over a Unix socket too, and the peer's hang-up is noticed while a script stalls.
///
/// Nothing is taken that nobody asked for, since some tests must leave bytes unread: the thread
/// reads while [#read] waits, or while [#watch] is on (then at most 64 KiB ahead). Shared by the
/// thread that reads and the one that fills; its monitor guards all of it.
final class Intake extends InputStream {
  private static final int AHEAD_BYTES = 64 * 1024;

  private final InputStream from;
  private final Optional<Duration> patience;
  private final Runnable onEnd;
  private final Deque<byte[]> pieces = new ArrayDeque<>();
  private int usedOfFirst;
  private int held;
  private boolean wanted;
  private boolean watching;
  private boolean stopped;
  private boolean ended;
  private Optional<IOException> failure = Optional.empty();

  /// @param patience how long [#read] waits before it fails the test; for ever when empty
  /// @param onEnd told once when the peer closed or reset
  Intake(InputStream from, Optional<Duration> patience, Runnable onEnd) {
    this.from = from;
    this.patience = patience;
    this.onEnd = onEnd;
  }

  void start(String name) {
    Thread.ofVirtual().name(name).start(this::fill);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public synchronized int read(byte[] to, int offset, int length) throws IOException {
    awaitBytesOrEnd();
    if (held == 0) {
      if (failure.isPresent()) {
        throw new IOException(failure.get().getMessage(), failure.get());
      }
      return -1;
    }
    byte[] first = pieces.getFirst();
    int n = Math.min(length, first.length - usedOfFirst);
    System.arraycopy(first, usedOfFirst, to, offset, n);
    held -= n;
    usedOfFirst += n;
    if (usedOfFirst == first.length) {
      pieces.removeFirst();
      usedOfFirst = 0;
    }
    notifyAll();
    return n;
  }

  @Override
  public synchronized int available() {
    return held;
  }

  /// Reads ahead while on, so that the peer's end is seen although nobody reads.
  synchronized void watch(boolean on) {
    watching = on;
    notifyAll();
  }

  /// Its connection was closed here: the thread finds that out and ends.
  synchronized void stop() {
    stopped = true;
    notifyAll();
  }

  /// The peer closed its side or the connection broke; bytes that came before may still be held.
  synchronized boolean ended() {
    return ended;
  }

  /// Why it broke; empty after a plain close.
  synchronized Optional<IOException> failure() {
    return failure;
  }

  /// Waits until there is a byte to read, or none will ever come.
  synchronized void awaitBytesOrEnd() throws InterruptedIOException {
    long begin = System.nanoTime();
    wanted = true;
    notifyAll();
    try {
      while (held == 0 && !ended) {
        if (patience.isEmpty()) {
          wait();
          continue;
        }
        long leftMillis = patience.get().minusNanos(System.nanoTime() - begin).toMillis();
        if (leftMillis <= 0) {
          throw Waiting.failure("bytes from the peer", "it sent nothing and is still there");
        }
        wait(leftMillis);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for bytes");
    } finally {
      wanted = false;
    }
  }

  private void fill() {
    byte[] room = new byte[AHEAD_BYTES];
    try {
      while (true) {
        awaitDemand();
        int n = from.read(room);
        if (n < 0) {
          end(Optional.empty());
          return;
        }
        add(Arrays.copyOf(room, n));
      }
    } catch (IOException e) {
      end(Optional.of(e));
    } catch (InterruptedException e) {
      end(Optional.of(new InterruptedIOException("the intake was interrupted")));
    }
  }

  private synchronized void awaitDemand() throws InterruptedException {
    while (!stopped && !((wanted && held == 0) || (watching && held < AHEAD_BYTES))) {
      wait();
    }
  }

  private synchronized void add(byte[] piece) {
    pieces.addLast(piece);
    held += piece.length;
    notifyAll();
  }

  private void end(Optional<IOException> why) {
    synchronized (this) {
      failure = why;
      ended = true;
      notifyAll();
    }
    onEnd.run();
  }
}
