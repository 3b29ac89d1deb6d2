package llmhop.http.front;

import java.io.IOException;
import java.nio.ByteBuffer;
import llmhop.http.wire.Inlet;
import llmhop.http.wire.Transport;

/// The bytes of a connection that speaks another protocol. Those that have come already are read
/// first: the connection's inlet holds and counts them until then. Writes are told to the
/// connection's [Deadlines]: a caller that takes nothing is seen by the sweep, as one of an HTTP
/// answer is. One thread writes at a time.
final class TimedTransport implements Transport {
  private final Connection connection;
  private final Transport transport;
  private final Inlet inlet;
  private final Deadlines deadlines;

  TimedTransport(Connection connection) {
    this.connection = connection;
    this.transport = connection.transport();
    this.inlet = connection.inlet();
    this.deadlines = connection.deadlines();
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    return inlet.hasBuffered() ? taken(into) : transport.read(into);
  }

  @Override
  public int readNow(ByteBuffer into) throws IOException {
    return inlet.hasBuffered() ? taken(into) : transport.readNow(into);
  }

  private int taken(ByteBuffer into) {
    int length = Math.min(into.remaining(), inlet.buffered());
    into.put(inlet.bytes(), inlet.position(), length);
    inlet.position(inlet.position() + length);
    inlet.release();
    return length;
  }

  @Override
  public void write(ByteBuffer... buffers) throws IOException {
    deadlines.doing(Doing.WRITING);
    try {
      transport.write(buffers);
    } finally {
      deadlines.doing(Doing.HANDLING);
    }
  }

  @Override
  public boolean isQuiet() {
    return !inlet.hasBuffered() && transport.isQuiet();
  }

  /// Only this end is one in order: after any other one the caller sees a reset.
  @Override
  public void finish() throws IOException {
    connection.resetsAtEnd(false);
    transport.finish();
  }

  @Override
  public void close() {
    transport.close();
  }
}
