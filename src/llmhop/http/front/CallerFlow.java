package llmhop.http.front;

import java.io.EOFException;
import llmhop.http.wire.Flow;

/// The stream that flows to one caller on the pump, if there is one, and how long that caller has
/// taken nothing of its answer. The connection's thread, the sweep and threads that end the
/// connection use it at the same time.
final class CallerFlow {
  private final Deadlines deadlines;
  private final boolean secure;
  private volatile Flow flow;
  private volatile boolean killed;

  CallerFlow(Deadlines deadlines, boolean secure) {
    this.deadlines = deadlines;
    this.secure = secure;
  }

  /// A stream flows from now on.
  ///
  /// @throws EOFException when the connection is closed
  void begin(Flow now) throws EOFException {
    flow = now;
    if (killed) {
      flow = null;
      throw new EOFException("the connection is closed");
    }
  }

  /// No stream flows any more.
  void end() {
    flow = null;
  }

  /// The connection is being closed: no stream begins from here on.
  ///
  /// @return ends the stream that flows, to be run once the connection is closed
  Runnable kill() {
    killed = true;
    Flow flowing = flow;
    return flowing == null ? () -> {} : () -> flowing.stop(Flow.End.STOPPED);
  }

  /// Ends a stream that the caller leaves unread for too long; on the pump's thread.
  void sweep(long now, long stallNanos) {
    Flow flowing = flow;
    if (flowing != null && flowing.isStalled(now, stallNanos)) {
      flowing.stop(Flow.End.SINK_STALLED);
    }
    boolean writes = flowing != null || deadlines.seen() == Doing.WRITING;
    deadlines.unreadFor(writes ? unreadFor(now) : 0);
  }

  /// The heap that is held for a caller that has taken nothing of its answer for so long, in bytes;
  /// on the pump's thread.
  long unreadBytes(long now, long nanos) {
    Flow flowing = flow;
    if (flowing != null) {
      return flowing.unreadBytes(now, nanos);
    }
    if (deadlines.seen() != Doing.WRITING || deadlines.age(now) < nanos) {
      return 0;
    }
    int usual = secure ? SlowReaders.TLS_WRITER_BYTES : SlowReaders.WRITER_BYTES;
    return (long) deadlines.writing() + usual;
  }

  /// How long the caller has taken nothing of its answer, in nanoseconds; on the pump's thread.
  long unreadFor(long now) {
    Flow flowing = flow;
    return flowing != null ? flowing.stalledFor(now) : deadlines.age(now);
  }
}
