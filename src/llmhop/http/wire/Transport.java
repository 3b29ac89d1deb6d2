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

  /// The most bytes that this machine's kernel holds of what was written and not yet taken by the
  /// other side; 0 where the number is not known. A system call.
  default int sendBuffer() {
    return 0;
  }

  /// Says that nothing more will be written; the other side sees the end and may still write. Over
  /// TLS that is close_notify, without which what ends with the connection looks cut. Waits no
  /// longer than a write does.
  void finish() throws IOException;

  @Override
  void close();
}
