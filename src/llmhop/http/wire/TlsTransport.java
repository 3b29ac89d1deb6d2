package llmhop.http.wire;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/// TLS over a plain transport, by an SSLEngine: unlike SSLSocket it can look whether a kept
/// connection is still good without waiting.
///
/// ```
///   handshake --> open --(close_notify or end)--> closed
/// ```
public final class TlsTransport implements Transport {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final PlainTransport plain;
  private final SSLEngine engine;
  private final ReentrantLock writing = new ReentrantLock();
  private final ByteBuffer received;
  private final ByteBuffer decrypted;
  private ByteBuffer encrypted;

  private TlsTransport(PlainTransport plain, SSLEngine engine) {
    this.plain = plain;
    this.engine = engine;
    int packet = engine.getSession().getPacketBufferSize();
    this.received = ByteBuffer.allocate(packet).flip();
    this.encrypted = ByteBuffer.allocate(packet);
    this.decrypted = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize()).flip();
  }

  /// Shakes hands. Whoever calls sees to a deadline by closing `plain`.
  public static TlsTransport handshake(PlainTransport plain, SSLEngine engine) throws IOException {
    var tls = new TlsTransport(plain, engine);
    engine.beginHandshake();
    tls.completeHandshake();
    return tls;
  }

  private void completeHandshake() throws IOException {
    HandshakeStatus status = engine.getHandshakeStatus();
    while (status != HandshakeStatus.NOT_HANDSHAKING && status != HandshakeStatus.FINISHED) {
      status =
          switch (status) {
            case NEED_WRAP -> wrap(NOTHING).getHandshakeStatus();
            case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> unwrapHandshake();
            case NEED_TASK -> runTasks();
            case NOT_HANDSHAKING, FINISHED -> status;
          };
    }
  }

  private HandshakeStatus unwrapHandshake() throws IOException {
    SSLEngineResult result = unwrap();
    if (result.getStatus() == SSLEngineResult.Status.BUFFER_UNDERFLOW && fill() < 0) {
      throw new SSLException("the peer closed during the TLS handshake");
    }
    if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
      throw new SSLException("the peer ended the TLS handshake");
    }
    return result.getHandshakeStatus();
  }

  private HandshakeStatus runTasks() {
    for (Runnable task = engine.getDelegatedTask(); task != null; ) {
      task.run();
      task = engine.getDelegatedTask();
    }
    return engine.getHandshakeStatus();
  }

  private int fill() throws IOException {
    if (received.remaining() == received.capacity()) {
      throw new SSLException("a TLS record is larger than any may be");
    }
    received.compact();
    try {
      return plain.read(received);
    } finally {
      received.flip();
    }
  }

  private SSLEngineResult unwrap() throws IOException {
    decrypted.compact();
    try {
      return engine.unwrap(received, decrypted);
    } finally {
      decrypted.flip();
    }
  }

  private SSLEngineResult wrap(ByteBuffer... clear) throws IOException {
    writing.lock();
    try {
      SSLEngineResult result = engine.wrap(clear, encrypted.clear());
      while (result.getStatus() == SSLEngineResult.Status.BUFFER_OVERFLOW) {
        encrypted = ByteBuffer.allocate(encrypted.capacity() * 2);
        result = engine.wrap(clear, encrypted);
      }
      plain.write(encrypted.flip());
      return result;
    } finally {
      writing.unlock();
    }
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    while (!decrypted.hasRemaining()) {
      SSLEngineResult result = unwrap();
      afterwards(result);
      if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
        return -1;
      }
      if (result.getStatus() == SSLEngineResult.Status.BUFFER_UNDERFLOW && fill() < 0) {
        throw new SSLException("the connection ended without TLS close_notify: it may be cut");
      }
      if (result.getStatus() == SSLEngineResult.Status.BUFFER_OVERFLOW) {
        throw new SSLException("a TLS record is larger than any may be");
      }
    }
    int length = Math.min(into.remaining(), decrypted.remaining());
    into.put(into.position(), decrypted, decrypted.position(), length);
    into.position(into.position() + length);
    decrypted.position(decrypted.position() + length);
    return length;
  }

  /// TLS has messages of its own at any time: new keys, session tickets.
  private void afterwards(SSLEngineResult result) throws IOException {
    HandshakeStatus status = result.getHandshakeStatus();
    if (status == HandshakeStatus.NEED_TASK) {
      status = runTasks();
    }
    // A writer that is at it sends what TLS itself has to say along with its next record. Waiting
    // for it here could last for ever: the peer may read on only when we do.
    if (status == HandshakeStatus.NEED_WRAP && writing.tryLock()) {
      try {
        wrap(NOTHING);
      } finally {
        writing.unlock();
      }
    }
  }

  @Override
  public void write(ByteBuffer... buffers) throws IOException {
    ByteBuffer last = buffers[buffers.length - 1];
    while (last.hasRemaining() || hasRemaining(buffers)) {
      SSLEngineResult result = wrap(buffers);
      if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
        throw new SSLException("the TLS connection is closed");
      }
      if (result.bytesConsumed() == 0 && result.bytesProduced() == 0) {
        throw new SSLException("the peer wants to negotiate TLS anew, which is not supported");
      }
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
  public int readNow(ByteBuffer into) throws IOException {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean isQuiet() {
    try {
      received.compact();
      int read;
      try {
        read = plain.readNow(received);
      } finally {
        received.flip();
      }
      while (read >= 0 && !decrypted.hasRemaining()) {
        SSLEngineResult result = unwrap();
        afterwards(result);
        switch (result.getStatus()) {
          case BUFFER_UNDERFLOW -> {
            return true;
          }
          case CLOSED, BUFFER_OVERFLOW -> {
            return false;
          }
          case OK -> {}
        }
      }
      return false;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void finish() throws IOException {
    writing.lock();
    try {
      engine.closeOutbound();
      boolean more = true;
      while (more && !engine.isOutboundDone()) {
        more = wrap(NOTHING).bytesProduced() > 0;
      }
    } finally {
      writing.unlock();
    }
    plain.finish();
  }

  /// Closes at once, without close_notify: it could only be written where there is room for it, and
  /// whoever cancels must never wait. Messages that matter say their length.
  @Override
  public void close() {
    plain.close();
  }
}
