package llmhop.http.front;

import java.io.EOFException;
import java.io.IOException;
import llmhop.http.wire.ChunkDecoder;
import llmhop.http.wire.CrowdedException;
import llmhop.http.wire.Inlet;
import llmhop.http.wire.MalformedException;
import llmhop.http.wire.Transport;

/// A request's body, out of its framing (RFC 9112 section 6). Used by one thread at a time.
final class RequestBody {
  private final Transport transport;
  private final Inlet inlet;
  private final Deadlines deadlines;
  private final ChunkDecoder chunks;
  private long left;
  private volatile boolean done;
  private IOException failure;

  /// @param length -1 for chunks
  RequestBody(Transport transport, Inlet inlet, Deadlines deadlines, long length) {
    this.transport = transport;
    this.inlet = inlet;
    this.deadlines = deadlines;
    this.left = length;
    this.chunks = length < 0 ? new ChunkDecoder() : null;
    this.done = length == 0;
    if (!done) {
      deadlines.body();
    }
  }

  /// Whether all of it has been read.
  boolean isDone() {
    return done;
  }

  /// Whether nothing of it has come yet, as far as is known.
  boolean isToCome() {
    return !done && !inlet.hasBuffered();
  }

  /// Reads what is there, waiting for the first byte; -1 at the end.
  int read(byte[] into, int offset, int length) throws IOException {
    if (done || length == 0) {
      return done ? -1 : 0;
    }
    checkUnbroken();
    try {
      return chunks == null ? readCounted(into, offset, length) : readChunks(into, offset, length);
    } catch (IOException e) {
      throw broken(e);
    }
  }

  private void checkUnbroken() throws IOException {
    if (failure != null) {
      throw failure;
    }
  }

  /// Returns the reason why the body can't be read: the router's own, where the router ended the
  /// input. The end is seen in many ways, depending on TLS and on the moment.
  private IOException broken(IOException e) {
    InputEnd ended = deadlines.ended();
    boolean malformed = e instanceof MalformedException || e instanceof CrowdedException;
    failure = ended == null || malformed ? e : new InputEndedException(ended);
    return failure;
  }

  /// Waits until bytes are there, in the inlet's own array.
  ///
  /// @return how many, with their framing; 0 at the end of the body
  int await() throws IOException {
    if (done) {
      return 0;
    }
    checkUnbroken();
    try {
      if (!inlet.hasBuffered()) {
        fill();
      }
      return inlet.buffered();
    } catch (IOException e) {
      throw broken(e);
    }
  }

  /// Drops the body when all of it is in the inlet and its length was declared.
  void dropBuffered() {
    if (!done && chunks == null && left <= inlet.buffered()) {
      inlet.position(inlet.position() + (int) left);
      left = 0;
      done = true;
    }
  }

  private int readCounted(byte[] into, int offset, int length) throws IOException {
    int read = receive(into, offset, (int) Math.min(length, left));
    left -= read;
    done = left == 0;
    return read;
  }

  /// Decodes in the caller's array, so that large bodies are copied once. What follows the end
  /// stays in the inlet: only what is buffered can hold it, since nothing else is read before.
  private int readChunks(byte[] into, int offset, int length) throws IOException {
    while (!done) {
      if (chunks.hasFailed()) {
        chunks.decode(into, offset, offset);
      }
      if (!inlet.hasBuffered()) {
        fill();
      }
      int size = Math.min(length, inlet.buffered());
      System.arraycopy(inlet.bytes(), inlet.position(), into, offset, size);
      int decoded = chunks.decode(into, offset, offset + size);
      inlet.position(inlet.position() + chunks.taken());
      done = chunks.isDone();
      if (decoded > 0) {
        return decoded;
      }
    }
    return -1;
  }

  private int receive(byte[] into, int offset, int length) throws IOException {
    if (inlet.hasBuffered()) {
      return inlet.take(into, offset, length);
    }
    deadlines.waiting();
    int read = inlet.read(transport, into, offset, length);
    // A small array takes a part of what came, and the inlet keeps the rest.
    return came(read, read + inlet.buffered());
  }

  private void fill() throws IOException {
    deadlines.waiting();
    int before = inlet.buffered();
    boolean more = inlet.fill(transport);
    came(more ? 0 : -1, inlet.buffered() - before);
  }

  /// Tells the deadlines that so many bytes came.
  ///
  /// @param read what the read returned
  private int came(int read, int bytes) throws IOException {
    deadlines.came(Math.max(bytes, 0));
    if (read < 0) {
      throw new EOFException("the body ended before its end");
    }
    return read;
  }
}
