package llmhop.http.upstream;

import java.io.EOFException;
import java.io.IOException;
import java.util.Optional;
import llmhop.http.wire.Grammar;

/// A body in chunks (RFC 9112 section 7.1).
///
/// ```
///   SIZE --n > 0--> DATA --n bytes--> DATA_END --CR LF--> SIZE
///   SIZE --0--> trailers, dropped --> DONE
/// ```
final class Chunks extends BodySource {
  /// The longest line that says a size, with its extensions, in bytes.
  private static final int LONGEST_SIZE_LINE = 4 * 1024;

  /// The most trailers, in bytes.
  private static final int LONGEST_TRAILERS = 16 * 1024;

  private enum State {
    SIZE,
    DATA,
    DATA_END,
    DONE
  }

  private State state = State.SIZE;
  private long left;
  private Optional<IOException> failure = Optional.empty();

  Chunks(Connection connection) {
    super(connection);
  }

  @Override
  int read(byte[] into, int offset, int length) throws IOException {
    int taken = 0;
    // The first bytes are worth waiting for; more are taken only where they are at hand.
    while (taken < length && (taken == 0 || isReady())) {
      try {
        int read = step(into, offset + taken, length - taken);
        if (read < 0) {
          return taken == 0 ? -1 : taken;
        }
        taken += read;
      } catch (IOException e) {
        // What came before the failure came, and is passed on first.
        failure = Optional.of(e);
        if (taken == 0) {
          throw e;
        }
        return taken;
      }
    }
    return taken;
  }

  private int step(byte[] into, int offset, int length) throws IOException {
    if (failure.isPresent()) {
      throw failure.get();
    }
    switch (state) {
      case SIZE -> readSize();
      case DATA_END -> readDataEnd();
      case DATA -> {
        int read = connection.read(into, offset, (int) Math.min(length, left));
        if (read < 0) {
          throw new EOFException("the connection ended within a chunk");
        }
        left -= read;
        state = left == 0 ? State.DATA_END : State.DATA;
        return read;
      }
      case DONE -> {
        return -1;
      }
    }
    return 0;
  }

  private void readSize() throws IOException {
    String line = connection.readLine();
    int end = 0;
    long size = 0;
    while (end < line.length() && Character.digit(line.charAt(end), 16) >= 0) {
      if (size > Long.MAX_VALUE >> 4) {
        throw new MalformedException("a chunk's size is too large");
      }
      size = size << 4 | Character.digit(line.charAt(end), 16);
      end++;
    }
    boolean plain = end == line.length() || line.charAt(end) == ';';
    if (end == 0 || !plain || line.length() > LONGEST_SIZE_LINE || !Grammar.isFieldValue(line)) {
      throw new MalformedException("a chunk's size is not a number in hexadecimal");
    }
    left = size;
    state = State.DATA;
    if (size == 0) {
      readTrailers();
    }
  }

  private void readTrailers() throws IOException {
    int size = 0;
    for (String line = connection.readLine(); !line.isEmpty(); line = connection.readLine()) {
      size += line.length();
      if (size > LONGEST_TRAILERS || line.indexOf(':') <= 0 || !Grammar.isFieldValue(line)) {
        throw new MalformedException("the trailers are not fields, or over 16 KiB");
      }
    }
    state = State.DONE;
  }

  private void readDataEnd() throws IOException {
    if (!connection.readLine().isEmpty()) {
      throw new MalformedException("a chunk is longer than its size");
    }
    state = State.SIZE;
  }

  @Override
  boolean isReady() {
    if (failure.isPresent()) {
      return true;
    }
    return switch (state) {
      case DATA -> connection.hasBuffered();
      case SIZE -> connection.hasChunkAtHand(false);
      case DATA_END -> connection.hasChunkAtHand(true);
      case DONE -> true;
    };
  }

  @Override
  boolean isDone() {
    return state == State.DONE;
  }
}
