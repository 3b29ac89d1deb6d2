package llmhop.http.upstream;

import java.io.EOFException;
import java.io.IOException;

/// Takes a reply's body out of its framing.
abstract class BodySource {
  final Connection connection;

  BodySource(Connection connection) {
    this.connection = connection;
  }

  static BodySource of(Framing framing, Connection connection) {
    return switch (framing) {
      case Framing.Length length -> new Counted(connection, length.bytes());
      case Framing.Chunked chunked -> new Chunks(connection);
      case Framing.UntilClose untilClose -> new Rest(connection);
    };
  }

  /// Reads what is there, waiting for the first byte only; -1 at the true end.
  abstract int read(byte[] into, int offset, int length) throws IOException;

  /// Whether the next read comes back at once.
  abstract boolean isReady();

  /// Whether the whole body has been read, and its end is certain.
  abstract boolean isDone();

  private static final class Counted extends BodySource {
    private long left;

    Counted(Connection connection, long length) {
      super(connection);
      this.left = length;
    }

    @Override
    int read(byte[] into, int offset, int length) throws IOException {
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
    boolean isReady() {
      return left == 0 || connection.hasBuffered();
    }

    @Override
    boolean isDone() {
      return left == 0;
    }
  }

  private static final class Rest extends BodySource {
    private boolean ended;

    Rest(Connection connection) {
      super(connection);
    }

    @Override
    int read(byte[] into, int offset, int length) throws IOException {
      int read = ended ? -1 : connection.read(into, offset, length);
      ended |= read < 0;
      return read;
    }

    @Override
    boolean isReady() {
      return ended || connection.hasBuffered();
    }

    @Override
    boolean isDone() {
      return ended;
    }
  }
}
