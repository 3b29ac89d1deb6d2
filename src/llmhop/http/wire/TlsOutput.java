package llmhop.http.wire;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;

/// The encrypted bytes that go out. The engine wants room for a whole record however short the text
/// is, so that room is borrowed for as long as bytes are in it.
///
/// The reader of a connection says what TLS itself has to say while another thread writes. The lock
/// `writing` is held from borrowing the room to giving it back; where a write is left half done,
/// `left` owns the room until the next one, or until it is collected with a connection that broke
/// off.
final class TlsOutput {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
  private static final int KEPT = 64;

  /// Records of 16 KiB with their overhead: what the JDK asks for without extensions.
  private static final SegmentPool POOL =
      new SegmentPool(16 * 1024 + 512, KEPT, BufferCheck.of("tls"));

  private final PlainTransport plain;
  private final SSLEngine engine;
  private final ReentrantLock writing = new ReentrantLock();

  /// Encrypted but not sent, for want of room; goes before everything else.
  private ByteBuffer left = NOTHING;

  TlsOutput(PlainTransport plain, SSLEngine engine) {
    this.plain = plain;
    this.engine = engine;
  }

  /// Writes a record of this text, or what TLS has to say before it; waits for room.
  SSLEngineResult write(ByteBuffer... clear) throws IOException {
    writing.lock();
    try {
      flush();
      SSLEngineResult result = encrypt(clear);
      flush();
      return result;
    } finally {
      writing.unlock();
    }
  }

  private void flush() throws IOException {
    if (left.hasRemaining()) {
      plain.write(left);
    }
    giveBack();
  }

  private SSLEngineResult encrypt(ByteBuffer... clear) throws IOException {
    int packet = engine.getSession().getPacketBufferSize();
    boolean fits = packet <= POOL.segment();
    left = fits ? ByteBuffer.wrap(POOL.take()) : ByteBuffer.allocate(packet);
    try {
      SSLEngineResult result = engine.wrap(clear, left);
      while (result.getStatus() == Status.BUFFER_OVERFLOW) {
        giveBack();
        left = ByteBuffer.allocate(2 * Math.max(packet, left.capacity()));
        result = engine.wrap(clear, left);
      }
      return result;
    } finally {
      left.flip();
    }
  }

  private void giveBack() {
    if (left.capacity() == POOL.segment()) {
      POOL.give(left.array());
    }
    left = NOTHING;
  }

  /// Writes what TLS itself has to say (new keys, alerts), as far as it can without waiting. The
  /// rest goes before the next text; a writer that is at it takes it along. Waiting here could last
  /// for ever: the peer may read on only when we do.
  void sayNow() throws IOException {
    if (!writing.tryLock()) {
      return;
    }
    try {
      boolean said = flushNow();
      while (said && engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
        SSLEngineResult result = encrypt(NOTHING);
        said = flushNow() && result.bytesProduced() > 0;
      }
    } finally {
      writing.unlock();
    }
  }

  /// Says that no text follows; waits for room.
  void end() throws IOException {
    writing.lock();
    try {
      flush();
      engine.closeOutbound();
      boolean more = true;
      while (more && !engine.isOutboundDone()) {
        more = encrypt(NOTHING).bytesProduced() > 0;
        flush();
      }
    } finally {
      writing.unlock();
    }
  }

  private boolean flushNow() throws IOException {
    if (left.hasRemaining()) {
      plain.writeNow(left);
    }
    if (left.hasRemaining()) {
      return false;
    }
    giveBack();
    return true;
  }
}
