package llmhop.http.front;

import java.io.IOException;
import java.nio.ByteBuffer;
import llmhop.http.wire.Transport;

/// The bytes of a connection that speaks another protocol, with its writes told to the connection's
/// [Deadlines]: a caller that takes nothing is seen by the sweep, as one of an HTTP answer is. One
/// thread writes at a time.
final class TimedTransport implements Transport {
  private final Transport transport;
  private final Deadlines deadlines;

  TimedTransport(Transport transport, Deadlines deadlines) {
    this.transport = transport;
    this.deadlines = deadlines;
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    return transport.read(into);
  }

  @Override
  public int readNow(ByteBuffer into) throws IOException {
    return transport.readNow(into);
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
    return transport.isQuiet();
  }

  @Override
  public void finish() throws IOException {
    transport.finish();
  }

  @Override
  public void close() {
    transport.close();
  }
}
