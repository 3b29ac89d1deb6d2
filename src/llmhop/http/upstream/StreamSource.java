package llmhop.http.upstream;

import java.nio.channels.SocketChannel;
import llmhop.http.wire.ChunkDecoder;
import llmhop.http.wire.Flow;
import llmhop.http.wire.PlainTransport;

/// The backend's side of a stream that a pump relays.
///
/// @param chunks where in its chunks it stands
record StreamSource(Turn turn, ChunkDecoder chunks) implements Flow.Source {
  @Override
  public SocketChannel channel() {
    return ((PlainTransport) turn.connection().transport()).channel();
  }

  @Override
  public void progress() {
    Watchdog watchdog = turn.call().watchdog();
    watchdog.begun();
    watchdog.waiting();
  }

  @Override
  public void paused() {
    turn.call().watchdog().resting();
  }

  @Override
  public void surplus() {
    turn.connection().surplus();
  }
}
