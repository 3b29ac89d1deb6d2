package llmhop.http.wire;

import java.io.IOException;
import java.nio.ByteBuffer;

/// A stream of bytes both ways, blocking, for virtual threads: TCP, TLS or a Unix socket.
///
/// One thread reads and one writes at a time; any thread may close, which ends both.
public interface Transport extends AutoCloseable {
  /// Reads what is there, waiting for the first byte.
  ///
  /// @return how many bytes, -1 at the end
  int read(ByteBuffer into) throws IOException;

  /// Reads what is there without waiting.
  ///
  /// @return how many bytes, perhaps 0, -1 at the end
  int readNow(ByteBuffer into) throws IOException;

  /// Writes all of these, in order, with as few system calls as can be.
  void write(ByteBuffer... buffers) throws IOException;

  /// Whether it is open and nothing has come: only then it may be used for another exchange. Never
  /// waits.
  boolean isQuiet();

  /// Tells the other side that nothing more will be written, where the bytes have a word for that:
  /// TLS close_notify, without which a body that ends with the connection looks cut. Reading goes
  /// on, and [#close] must follow. For the thread that reads; never waits, and says nothing where
  /// there is no room to say it.
  default void closeGracefully() {}

  @Override
  void close();
}
