package llmhop.http.wire;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

/// A stream of chunks that the [Pump] relays: from where it comes to where it goes, as it comes,
/// with its framing checked and left on. Whoever starts it waits meanwhile.
///
/// ```
///   relay --> FLOWING --the caller takes no more--> BLOCKED (nothing is read)
///             FLOWING <------ it took all --------- BLOCKED
///   FLOWING --last chunk, end or failure of the source--> (what is kept goes out) --> ended
///   any --caller leaves, stop(), stalled--> ended
/// ```
public final class Flow {
  static final int HEADROOM = ChunkDecoder.HEADROOM;

  /// How it ended.
  public enum End {
    /// All chunks went through; the last one, which says so, is to be sent yet.
    WHOLE,
    /// The source broke off or sent what are no chunks; see [Flow#failure].
    SOURCE_FAILED,
    /// The other side has gone.
    SINK_LEFT,
    /// The other side took no byte for too long.
    SINK_STALLED,
    /// We ended it: [Flow#stop].
    STOPPED
  }

  /// Where a stream comes from.
  public interface Source {
    /// A plain channel on which nobody waits.
    SocketChannel channel();

    /// Where in its chunks it stands; between lines.
    ChunkDecoder chunks();

    /// More has come, or is waited for again.
    void progress();

    /// Nobody waits for more now, since the other side is full.
    void paused();

    /// More came than the stream.
    void surplus();
  }

  /// Where a stream goes.
  public interface Sink {
    /// A plain channel on which nobody waits.
    SocketChannel channel();

    /// Bytes came from there: reads them without waiting.
    ///
    /// @return whether it wants to be told of more
    /// @throws IOException when that side has gone
    boolean readAhead() throws IOException;
  }

  private final Pump pump;
  private final Source source;
  private final Sink sink;
  private final ChunkDecoder.Runs runs;
  private final CountDownLatch over = new CountDownLatch(1);
  // What follows belongs to the pump's thread until it is over.
  private SelectionKey from;
  private SelectionKey to;
  private boolean begun;
  private ByteBuffer kept;
  private long stalledSince;
  private End ending;
  private End end;
  private IOException failure;
  private Throwable fault;
  private boolean cut;

  /// A stream that doesn't flow yet.
  ///
  /// @param runs is shown what passes, on the pump's thread
  public Flow(Pump pump, Source source, Sink sink, ChunkDecoder.Runs runs) {
    this.pump = pump;
    this.source = source;
    this.sink = sink;
    this.runs = runs;
  }

  /// Lets it flow, and waits for its end. Both channels are in blocking mode before and after.
  public End relay() throws InterruptedException {
    pump.submit(this::begin);
    try {
      over.await();
    } catch (InterruptedException e) {
      stop(End.STOPPED);
      over.await();
      throw e;
    }
    switch (fault) {
      case null -> {}
      case Error e -> throw e;
      case RuntimeException e -> throw e;
      default -> throw new IllegalStateException(fault);
    }
    return end;
  }

  /// Why the source failed.
  public Optional<IOException> failure() {
    return Optional.ofNullable(failure);
  }

  /// Whether bytes that had passed did not go out: nothing may follow them.
  public boolean isCut() {
    return cut;
  }

  /// Where in its chunks the source stands.
  public ChunkDecoder chunks() {
    return source.chunks();
  }

  /// Ends it, from any thread.
  public void stop(End why) {
    pump.submit(() -> end(why));
  }

  /// Whether the other side has taken no byte for so long; on the pump's thread.
  public boolean isStalled(long now, long limitNanos) {
    return kept != null && now - stalledSince > limitNanos;
  }

  /// The memory that it holds for a side that does not take it, in bytes, once no byte has been
  /// taken for so long; on the pump's thread.
  public long unreadBytes(long now, long nanos) {
    return isStalled(now, nanos) ? kept.capacity() : 0;
  }

  /// How long no byte has been taken, in nanoseconds; on the pump's thread.
  public long stalledFor(long now) {
    return kept == null ? 0 : now - stalledSince;
  }

  private void begin() {
    if (end != null) {
      return;
    }
    try {
      if (!begun) {
        begun = true;
        pump.began();
      }
      // The sink first: what the source brings needs it, and one may be there a round earlier.
      to = pump.watch(sink.channel(), new Side(this, this::sinkReady));
      from = pump.watch(source.channel(), new Side(this, this::readable));
    } catch (CancelledKeyException e) {
      // The selector hasn't let go of the last registration yet: it will in its next round.
      pump.submit(this::begin);
    } catch (IOException e) {
      // One of them was closed meanwhile.
      failure = e;
      end(source.channel().isOpen() ? End.SINK_LEFT : End.SOURCE_FAILED);
    } catch (ClosedSelectorException e) {
      // The pump has ended.
      end(End.STOPPED);
    } catch (RuntimeException | Error e) {
      fault = e;
      end(End.STOPPED);
    }
  }

  private record Side(Flow flow, Consumer<SelectionKey> ready) implements Pump.Ready {
    /// What a fault has taken from the stream is lost, so that it must not go on.
    @Override
    public void ready(SelectionKey key) {
      try {
        ready.accept(key);
      } catch (CancelledKeyException e) {
        // It was cancelled in the same round.
      } catch (RuntimeException | Error e) {
        flow.fault = e;
        flow.cut = true;
        flow.end(End.STOPPED);
      }
    }

    @Override
    public void ended() {
      flow.end(End.STOPPED);
    }
  }

  private void readable(SelectionKey key) {
    if (ending != null || end != null) {
      return;
    }
    ByteBuffer buffer = pump.scratch();
    // What passes may be longer by the headroom, and must fit where it is kept.
    buffer.position(HEADROOM).limit(pump.pending().room());
    try {
      int read = source.channel().read(buffer);
      if (read < 0) {
        throw new EOFException("the connection ended before the last chunk");
      }
      source.progress();
      ChunkDecoder chunks = source.chunks();
      chunks.pass(buffer, HEADROOM, HEADROOM + read, runs);
      if (chunks.isDone()) {
        ending = End.WHOLE;
        if (chunks.taken() < read) {
          source.surplus();
        }
      }
      write(buffer.limit(chunks.passedTo()).position(chunks.passedFrom()));
      if (chunks.hasFailed()) {
        chunks.pass(buffer, HEADROOM, HEADROOM, runs);
      }
    } catch (IOException e) {
      if (ending == null) {
        failure = e;
        ending = End.SOURCE_FAILED;
      }
    }
    if (ending != null && end == null) {
      key.interestOps(0);
      endWhenTaken();
    }
  }

  private void write(ByteBuffer buffer) {
    try {
      while (buffer.hasRemaining() && sink.channel().write(buffer) > 0) {}
    } catch (IOException e) {
      end(End.SINK_LEFT);
      return;
    }
    if (buffer.hasRemaining()) {
      kept = pump.pending().keep(buffer);
      source.paused();
      stalledSince = pump.now();
      from.interestOps(0);
      to.interestOpsOr(SelectionKey.OP_WRITE);
    }
  }

  private void sinkReady(SelectionKey key) {
    try {
      if (key.isReadable() && !sink.readAhead()) {
        key.interestOpsAnd(~SelectionKey.OP_READ);
      }
      if (key.isWritable() && kept != null) {
        int written = sink.channel().write(kept);
        pump.pending().gone(written);
        stalledSince = pump.now();
        if (!kept.hasRemaining()) {
          pump.pending().give(kept);
          kept = null;
          key.interestOpsAnd(~SelectionKey.OP_WRITE);
          if (ending == null) {
            source.progress();
            from.interestOps(SelectionKey.OP_READ);
          }
          endWhenTaken();
        }
      }
    } catch (IOException e) {
      end(End.SINK_LEFT);
    }
  }

  private void endWhenTaken() {
    if (ending != null && kept == null) {
      end(ending);
    }
  }

  private void end(End why) {
    if (end != null) {
      return;
    }
    end = why;
    if (kept != null) {
      cut = true;
      pump.pending().give(kept);
      kept = null;
    }
    if (begun) {
      pump.over();
    }
    leave(from, source.channel());
    leave(to, sink.channel());
    over.countDown();
  }

  private static void leave(SelectionKey key, SocketChannel channel) {
    if (key != null) {
      key.cancel();
    }
    try {
      channel.configureBlocking(true);
    } catch (IOException e) {
      // It is closed.
    }
  }
}
