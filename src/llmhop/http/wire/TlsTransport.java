package llmhop.http.wire;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import llmhop.schedule.FairWorkers;
import llmhop.schedule.Turns;

/// TLS over a plain transport, by an SSLEngine: unlike SSLSocket it can look whether a kept
/// connection is still good without waiting.
///
/// ```
///   handshake --> open --(close_notify or end)--> closed
/// ```
public final class TlsTransport implements Transport {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  /// How often [#readNow] asks for more to complete a record: it may not work for one peer for
  /// long, and comes again when more is there.
  private static final int MOST_RECEIVES = 4;

  /// The CPU time of a record beside its length, in bytes that are decrypted in that time.
  private static final int RECORD_COST = 1024;

  /// The same for a record without text: new keys cost much more.
  private static final int SILENT_RECORD_COST = 16 * 1024;

  private final PlainTransport plain;
  private final SSLEngine engine;
  private final TlsInput input;
  private final TlsOutput output;

  private final Turns turns = new Turns();

  /// @param input what has been received before
  TlsTransport(PlainTransport plain, SSLEngine engine, TlsInput input) {
    this.plain = plain;
    this.engine = engine;
    this.input = input;
    input.engine(engine);
    this.output = new TlsOutput(plain, engine);
  }

  /// Shakes hands as a client. The calling code sees to a deadline by closing `plain`. When it
  /// fails, the other side is told why as far as that needs no waiting.
  ///
  /// @param key whose turn the CPU work of the handshake takes: see [FairWorkers]
  public static TlsTransport handshake(PlainTransport plain, SSLEngine engine, Object key)
      throws IOException {
    return new TlsHandshake(plain, FairWorkers.Lane.BACKENDS, key, () -> engine)
        .run(TlsInput.first());
  }

  /// Shakes hands as a server, once the peer has sent its first record. Nothing but a small buffer
  /// is held until then. Deadline and failure are as with [#handshake].
  ///
  /// @param engines makes the engine
  /// @param key whose turn the CPU work of the handshake takes: see [FairWorkers]
  /// @param begun runs when the first byte has come
  public static TlsTransport accept(
      PlainTransport plain, Supplier<SSLEngine> engines, Object key, Runnable begun)
      throws IOException {
    ByteBuffer first = TlsInput.first().clear();
    if (plain.read(first) < 0) {
      throw new EOFException("the caller left before the TLS handshake");
    }
    begun.run();
    return new TlsHandshake(plain, FairWorkers.Lane.CALLERS, key, engines).run(first.flip());
  }

  TlsInput input() {
    return input;
  }

  TlsOutput output() {
    return output;
  }

  SSLEngine engine() {
    return engine;
  }

  /// Decrypts a record; tells the peer when it is a bad one.
  private SSLEngineResult decrypt(ByteBuffer into) throws IOException {
    try {
      SSLEngineResult result = input.decrypt(into);
      turns.spent(result.bytesProduced() > 0 ? RECORD_COST : SILENT_RECORD_COST);
      return result;
    } catch (SSLException e) {
      tellWhy();
      throw e;
    }
  }

  /// Sends the alert that the engine has made of a failure.
  void tellWhy() {
    try {
      output.sayNow();
    } catch (IOException e) {
      // Nobody is there to be told.
    }
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    while (true) {
      int read = readRecords(into);
      if (read != 0 || !into.hasRemaining()) {
        return read;
      }
      ended(input.receive());
    }
  }

  @Override
  public int readNow(ByteBuffer into) throws IOException {
    int read = readRecords(into);
    for (int i = 0; i < MOST_RECEIVES && read == 0 && !input.hasDecrypted(); i++) {
      int received = input.receiveNow();
      ended(received);
      if (received == 0) {
        return 0;
      }
      read = readRecords(into);
    }
    return read;
  }

  private static void ended(int received) throws SSLException {
    if (received < 0) {
      throw new SSLException("the connection ended without TLS close_notify: it may be cut");
    }
  }

  /// Takes what has been decrypted, or else decrypts what has been received up to the first record
  /// with text.
  ///
  /// @return how many bytes, 0 when more has to be received (or there is no room), -1 at the end
  private int readRecords(ByteBuffer into) throws IOException {
    int from = into.position();
    while (!input.hasDecrypted()) {
      SSLEngineResult result = decrypt(into);
      afterwards(result);
      if (into.position() > from) {
        return into.position() - from;
      }
      switch (result.getStatus()) {
        case CLOSED -> {
          return -1;
        }
        case BUFFER_UNDERFLOW -> {
          return 0;
        }
        default -> {}
      }
    }
    return input.take(into);
  }

  /// TLS has messages of its own at any time: new keys, session tickets.
  private void afterwards(SSLEngineResult result) throws IOException {
    HandshakeStatus status = result.getHandshakeStatus();
    if (status == HandshakeStatus.NEED_TASK) {
      throw new SSLException("the peer wants to negotiate TLS anew, which is not supported");
    }
    if (status == HandshakeStatus.NEED_WRAP) {
      output.sayNow();
    }
  }

  @Override
  public void write(ByteBuffer... buffers) throws IOException {
    input.turned();
    ByteBuffer last = buffers[buffers.length - 1];
    while (last.hasRemaining() || hasRemaining(buffers)) {
      SSLEngineResult result = output.write(buffers);
      if (result.getStatus() == Status.CLOSED) {
        throw new SSLException("the TLS connection is closed");
      }
      if (result.bytesConsumed() == 0
          && result.bytesProduced() == 0
          && result.getHandshakeStatus() != HandshakeStatus.FINISHED) {
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
  public boolean isQuiet() {
    try {
      return readNow(NOTHING) == 0 && !input.hasDecrypted();
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public int sendBuffer() {
    return plain.sendBuffer();
  }

  @Override
  public void finish() throws IOException {
    output.end();
    plain.finish();
  }

  /// Closes at once, without close_notify: it could only be written where there is room for it, and
  /// whoever cancels must never wait. Messages that matter say their length.
  @Override
  public void close() {
    plain.close();
  }
}
