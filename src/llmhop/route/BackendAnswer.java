package llmhop.route;

import java.util.Arrays;
import llmhop.backend.Lease;
import llmhop.http.upstream.Reply;
import llmhop.http.upstream.UpstreamException;
import llmhop.route.Route.Found;

/// An answer that has begun, with what has been read of its body. Used by one thread.
final class BackendAnswer implements AutoCloseable {
  /// The first bytes of a body that are read, in bytes. They take the place of the buffer that the
  /// connection's head was read into, so that a request that waits takes no more than before.
  static final int FIRST = 4 * 1024;

  private static final byte[] NOTHING = {};

  private final Found found;
  private final Lease lease;
  private final Reply reply;
  private byte[] buffer = NOTHING;
  private int ready;
  private boolean whole;

  BackendAnswer(Found found, Lease lease, Reply reply) {
    this.found = found;
    this.lease = lease;
    this.reply = reply;
  }

  /// The model that answers.
  Found found() {
    return found;
  }

  /// The backend that does.
  Lease lease() {
    return lease;
  }

  Reply reply() {
    return reply;
  }

  /// How much of the body is in the buffer already; -1 when it is over without a byte.
  int ready() {
    return ready;
  }

  /// Whether that is all of it.
  boolean isWhole() {
    return whole;
  }

  /// The buffer, which is the taker's from here on: a stream that flows needs none.
  byte[] takeBuffer() {
    byte[] taken = buffer.length == 0 ? newBuffer() : buffer;
    buffer = NOTHING;
    return taken;
  }

  /// Most answers are small and say so; a large buffer for each would be most of the garbage.
  private byte[] newBuffer() {
    return new byte[Math.clamp(reply.length().orElse(FIRST), 1, FIRST)];
  }

  /// Waits for the first byte of the body, or its end.
  void awaitFirstByte() throws UpstreamException {
    buffer = newBuffer();
    ready = reply.read(buffer, 0, buffer.length);
  }

  /// It is kept while others are tried: its backend has done its part. What has come of the body is
  /// read without waiting; mostly that is all, and the connection is free.
  void keep() {
    buffer = newBuffer();
    int read = 0;
    try {
      while (read >= 0 && reply.buffered() && makeRoom()) {
        read = reply.read(buffer, ready, buffer.length - ready);
        ready += Math.max(read, 0);
      }
    } catch (UpstreamException e) {
      // Whoever reads on is told.
    }
    whole = read < 0;
    if (whole) {
      reply.close();
    }
    lease.close();
  }

  private boolean makeRoom() {
    if (ready == buffer.length && ready < FIRST) {
      // One byte more may be all that is missing: that there is no more.
      buffer = Arrays.copyOf(buffer, Math.min(FIRST, ready + 1));
    }
    return ready < buffer.length;
  }

  @Override
  public void close() {
    reply.close();
    lease.close();
  }
}
