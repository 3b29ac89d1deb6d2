package llmhop.http.wire;

import java.io.IOException;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;

/// The encrypted bytes that came in, and what was decrypted of them and not taken yet. A connection
/// that waits for its next message holds a small buffer: there may be thousands that do.
final class TlsInput {
  /// Most requests without a long prompt fit, and every handshake without a chain.
  private static final int SMALL = 1024;

  /// RFC 8446 section 5.1: type, version, length.
  private static final int RECORD_HEAD = 5;

  /// RFC 8446 section 5.2: no record is longer.
  private static final int LONGEST_RECORD = 16 * 1024 + 2048;

  /// RFC 8446 section 5.1: no record without encryption is longer, with its head.
  private static final int LONGEST_FIRST = RECORD_HEAD + 16 * 1024;

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final PlainTransport plain;
  private SSLEngine engine;
  private ByteBuffer received;
  private ByteBuffer decrypted = NOTHING;
  private volatile boolean turned;

  /// Input without an engine yet.
  ///
  /// @param first bytes that were received before, ready to be read
  TlsInput(PlainTransport plain, ByteBuffer first) {
    this.plain = plain;
    this.received = first;
  }

  /// Sets what decrypts.
  void engine(SSLEngine next) {
    engine = next;
  }

  /// Returns an empty buffer for the first bytes of a connection.
  static ByteBuffer first() {
    return ByteBuffer.allocate(SMALL).flip();
  }

  /// Whether the engine has something to do: a whole record is there, or bytes that are no record.
  boolean hasRecord() {
    int at = received.position();
    int there = received.remaining();
    if (there < RECORD_HEAD) {
      return false;
    }
    int length = (received.get(at + 3) & 0xff) << 8 | (received.get(at + 4) & 0xff);
    return !isTls(received.get(at)) || length > LONGEST_RECORD || there >= RECORD_HEAD + length;
  }

  /// RFC 8446 section 5.1: change_cipher_spec, alert, handshake, application_data.
  private static boolean isTls(byte type) {
    return type >= 20 && type <= 23;
  }

  /// Something was written, so what comes next is likely to be long in coming.
  void turned() {
    if (!turned) {
      turned = true;
    }
  }

  /// Whether there are bytes to [#take].
  boolean hasDecrypted() {
    return decrypted.hasRemaining();
  }

  /// Takes what has been decrypted, as far as it fits.
  int take(ByteBuffer into) {
    int length = Math.min(into.remaining(), decrypted.remaining());
    into.put(into.position(), decrypted, decrypted.position(), length);
    into.position(into.position() + length);
    decrypted.position(decrypted.position() + length);
    if (!decrypted.hasRemaining()) {
      decrypted = NOTHING;
    }
    return length;
  }

  /// Decrypts the next record into this buffer, or into one of its own when it doesn't fit there.
  SSLEngineResult decrypt(ByteBuffer into) throws SSLException {
    SSLEngineResult result = engine.unwrap(received, into);
    if (result.getStatus() != SSLEngineResult.Status.BUFFER_OVERFLOW) {
      return result;
    }
    decrypted = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize());
    try {
      result = engine.unwrap(received, decrypted);
    } finally {
      decrypted = decrypted.position() > 0 ? decrypted.flip() : NOTHING;
    }
    if (result.getStatus() == SSLEngineResult.Status.BUFFER_OVERFLOW) {
      throw new SSLException("a TLS record is larger than any may be");
    }
    return result;
  }

  /// Receives more, waiting for it.
  ///
  /// @return how many bytes, -1 at the end
  int receive() throws IOException {
    makeRoom();
    try {
      return plain.read(received);
    } finally {
      received.flip();
    }
  }

  /// Receives what has come, without waiting.
  ///
  /// @return how many bytes, perhaps 0, -1 at the end
  int receiveNow() throws IOException {
    makeRoom();
    try {
      return plain.readNow(received);
    } finally {
      received.flip();
    }
  }

  private void makeRoom() throws SSLException {
    if (!received.hasRemaining() && turned) {
      turned = false;
      if (received.capacity() > SMALL) {
        received = ByteBuffer.allocate(SMALL).flip();
      }
    }
    if (received.remaining() == received.capacity()) {
      int largest = engine == null ? LONGEST_FIRST : engine.getSession().getPacketBufferSize();
      if (received.capacity() >= largest) {
        throw new SSLException("a TLS record is larger than any may be");
      }
      received = ByteBuffer.allocate(largest).put(received);
    } else {
      received.compact();
    }
  }
}
