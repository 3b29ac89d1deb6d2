package llmhop.http.front;

import java.io.EOFException;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.function.BooleanSupplier;
import llmhop.http.wire.Flow;
import llmhop.http.wire.Inlet;
import llmhop.http.wire.PlainTransport;

/// A caller's connection as the place where a flow goes. What the caller sends meanwhile is kept.
///
/// @param plain its bytes
/// @param inlet where they are kept
/// @param inputEnded whether the router itself ended the input, which is no sign of the caller
record CallerSink(PlainTransport plain, Inlet inlet, BooleanSupplier inputEnded)
    implements Flow.Sink {
  @Override
  public SocketChannel channel() {
    return plain.channel();
  }

  @Override
  public boolean readAhead() throws IOException {
    if (mayRead() && inlet.fillNow(plain) < 0 && !inputEnded.getAsBoolean()) {
      throw new EOFException("the caller has left");
    }
    return mayRead();
  }

  private boolean mayRead() {
    return !inputEnded.getAsBoolean() && inlet.buffered() < Limits.READ_AHEAD && inlet.hasRoom();
  }
}
