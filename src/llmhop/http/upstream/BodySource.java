package llmhop.http.upstream;

import java.io.EOFException;
import java.io.IOException;
import llmhop.http.wire.ChunkDecoder;
import llmhop.http.wire.MalformedException;
import llmhop.http.wire.PlainTransport;

/// Takes a reply's body out of its framing.
sealed interface BodySource {
  /// The body that follows the head just read.
  static BodySource of(Framing framing, Connection connection) throws MalformedException {
    return switch (framing) {
      case Framing.Length length -> new Counted(connection, length.bytes());
      case Framing.Chunked chunked -> new Chunks(connection);
      case Framing.UntilClose untilClose -> new Rest(connection);
    };
  }

  /// Reads what is there, waiting for the first byte only; -1 at the true end.
  int read(byte[] into, int offset, int length) throws IOException;

  /// Whether the next read comes back at once.
  boolean isReady();

  /// Whether the whole body has been read, and its end is certain.
  boolean isDone();

  /// So many bytes (RFC 9112 section 6.2).
  final class Counted implements BodySource {
    private final Connection connection;
    private long left;

    private Counted(Connection connection, long length) {
      this.connection = connection;
      this.left = length;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      if (left == 0) {
        return -1;
      }
      int read = connection.read(into, offset, (int) Math.min(length, left));
      if (read < 0) {
        throw new EOFException("the body ended " + left + " bytes before its Content-Length");
      }
      left -= read;
      return read;
    }

    @Override
    public boolean isReady() {
      return left == 0 || connection.hasBuffered();
    }

    @Override
    public boolean isDone() {
      return left == 0;
    }
  }

  /// Chunks (RFC 9112 section 7.1). What is buffered is always decoded already, so that *ready*
  /// means bytes of the body, or its end, and not half the head of a chunk.
  final class Chunks implements BodySource {
    private final Connection connection;
    private final ChunkDecoder decoder = new ChunkDecoder();

    private Chunks(Connection connection) throws MalformedException {
      this.connection = connection;
      connection.decodeBuffered(decoder);
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      return connection.read(into, offset, length, decoder);
    }

    /// Whether the rest can be read by somebody else, chunk by chunk.
    boolean mayFlow() {
      return connection.transport() instanceof PlainTransport
          && !connection.hasBuffered()
          && !decoder.isDone()
          && !decoder.hasFailed()
          && decoder.isBetweenLines();
    }

    ChunkDecoder decoder() {
      return decoder;
    }

    @Override
    public boolean isReady() {
      return connection.hasBuffered() || decoder.isDone() || decoder.hasFailed();
    }

    @Override
    public boolean isDone() {
      return decoder.isDone() && !connection.hasBuffered();
    }
  }

  /// All that comes (RFC 9112 section 6.3, rule 8).
  final class Rest implements BodySource {
    private final Connection connection;
    private boolean ended;

    private Rest(Connection connection) {
      this.connection = connection;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      int read = ended ? -1 : connection.read(into, offset, length);
      ended |= read < 0;
      return read;
    }

    @Override
    public boolean isReady() {
      return ended || connection.hasBuffered();
    }

    @Override
    public boolean isDone() {
      return ended;
    }
  }
}
