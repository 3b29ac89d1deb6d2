package llmhop.http.front;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.util.OptionalLong;
import llmhop.http.wire.CrowdedException;
import llmhop.http.wire.Flow;
import llmhop.http.wire.Inlet;
import llmhop.http.wire.PlainTransport;
import llmhop.http.wire.Transport;

/// One caller's connection and its requests, one after the other. It has a virtual thread of its
/// own, which blocks; the sweep looks at it from outside, and ends what takes too long.
///
/// ```
///   accepted --(TLS)--> FRESH --first byte--> HEAD --whole--> HANDLING <--> BODY, WRITING
///                       IDLE  --first byte--> HEAD              |
///                         ^------- whole answer, both go on ----+
///   FRESH, IDLE --too long, stop, end--> closed
///   HEAD --too long, malformed--> refused --> LINGERING --> closed
///   HANDLING --answer before the body's end--> LINGERING --end, too long--> closed
///   HANDLING --abort, no whole answer, the caller left--> closed
///   WRITING --too long--> closed
/// ```
final class Connection implements Runnable {
  /// At a stop: how long a new connection's first request may take to come.
  private static final long FRESH_AT_STOP_NANOS = 1_000_000_000L;

  private final Server server;
  private final PlainTransport plain;
  private final Listener listener;
  private final SocketAddress remote;
  private final SocketAddress local;
  private final Deadlines deadlines;
  private final Inlet inlet;
  private Transport transport;
  private HangUp hangUp;
  private final HeadMemory headMemory;
  private HeadReader heads;
  private Outlet out;
  private volatile Flow flow;
  private volatile boolean killed;

  /// Whether the caller is heard out at the end, so that it sees its answer.
  private boolean isHeardOut;

  private final ConnectionSlot slot;

  Connection(Server server, SocketChannel channel, Listener listener) throws IOException {
    this.server = server;
    this.listener = listener;
    this.plain = new PlainTransport(channel);
    this.remote = channel.getRemoteAddress();
    this.local = channel.getLocalAddress();
    this.deadlines = new Deadlines(server.limits());
    this.slot = new ConnectionSlot(remote, server.rules(), deadlines, this::shutInput, this::kill);
    int largest = Math.max(server.limits().headBytes(), Limits.READ_AHEAD) + 1024;
    this.inlet = new Inlet(largest, server.inlets());
    this.headMemory = new HeadMemory(server.inlets());
  }

  @Override
  public void run() {
    try {
      transport = listener.secured(plain, slot);
      hangUp = new HangUp(plain, transport, inlet, server::awake);
      heads = new HeadReader(inlet, server.limits(), this::readHead);
      out = new Outlet(transport, deadlines, server.outlets());
      plain.onBusy(hangUp::makeBlocking);
      while (serveNext()) {
        inlet.shrink();
        forgetHead();
        deadlines.doing(Doing.IDLE);
        // A stop or an eviction just before has ended the idle ones, and this wasn't one yet.
        if (!mayContinue() && !inlet.hasBuffered()) break;
      }
      if (isHeardOut) {
        linger();
      }
    } catch (IOException e) {
      // The caller is gone, or was cut off: whoever served it knows.
    } catch (RuntimeException | Error e) {
      server.failed(e);
    } finally {
      close();
    }
  }

  /// One request, from its head to the end of its answer.
  ///
  /// @return whether another may follow
  private boolean serveNext() throws IOException {
    if (!inlet.hasBuffered() && !inlet.fill(transport)) {
      if (slot.isReserved()) {
        refuseTooMany();
      }
      return false;
    }
    if (deadlines.doing() == Doing.IDLE) {
      deadlines.doing(Doing.HEAD);
    } else {
      slot.begin();
    }
    RequestHead head;
    try {
      head = heads.read();
      headMemory.whole(head, heads.length());
    } catch (FaultException e) {
      refuse(e.fault(), e.getMessage());
      return false;
    } catch (CrowdedException e) {
      refuse(Fault.TOO_MANY_CONNECTIONS, HeadMemory.CROWDED);
      return false;
    } catch (EOFException e) {
      if (slot.isReserved()) {
        refuseTooMany();
      } else if (deadlines.hasExpired()) {
        refuse(Fault.TIMEOUT, "The request's head took too long.");
      }
      return false;
    }
    deadlines.doing(Doing.HANDLING);
    // Not before: a sweep that still sees an idle connection goes back to sleep.
    server.awake();
    if (slot.isReserved() && !isAlwaysServed(head)) {
      refuseTooMany();
      return false;
    }
    return serve(new FrontExchange(this, head));
  }

  private boolean isAlwaysServed(RequestHead head) {
    return head.length() == 0 && server.rules().isAlwaysServed(head.method(), head.target());
  }

  private boolean readHead(int length, int lines) throws IOException {
    // Not before: most heads come whole, and no deadline has to be kept for them.
    server.awake();
    headMemory.part(length, lines);
    return inlet.fill(transport);
  }

  private boolean serve(FrontExchange exchange) throws IOException {
    try {
      server.handle(exchange);
      exchange.endUnanswered();
    } finally {
      boolean cut = exchange.over();
      hangUp.disarm();
      if (cut) {
        resetAtEnd();
      }
    }
    if (exchange.isUpgraded() || !exchange.isWhole()) {
      return false;
    }
    isHeardOut = !exchange.keeps();
    return !isHeardOut;
  }

  /// Refuses what is no request.
  private void refuse(Fault fault, String message) throws IOException {
    Refusals.Page page = server.refusals().page(fault, message, heads.target());
    try {
      synchronized (out) {
        var answer = new Answer(out, true, false);
        answer.begin(
            fault.status(), "", page.fields(), OptionalLong.of(page.body().length), false, false);
        answer.write(page.body(), 0, page.body().length);
        answer.finish();
      }
    } finally {
      server.refusals().refused(fault, message, heads.target(), page);
    }
    isHeardOut = true;
  }

  private void refuseTooMany() throws IOException {
    refuse(Fault.TOO_MANY_CONNECTIONS, "Too many connections are open. Try again shortly.");
  }

  /// Called where nothing refers to the request any more, so that a long head is let go.
  private void linger() throws IOException {
    deadlines.doing(Doing.LINGERING);
    forgetHead();
    transport.finish();
    inlet.drop();
    Lingering.hearOut(plain, server.segments());
  }

  private void forgetHead() {
    heads.forget();
    headMemory.release();
  }

  /// Its end is no good one, and only a reset says so.
  void resetAtEnd() {
    try {
      plain.channel().setOption(StandardSocketOptions.SO_LINGER, 0);
    } catch (IOException | UnsupportedOperationException e) {
      // It is closed, or a Unix socket, which knows no reset.
    }
  }

  // ---- for the exchange

  Server server() {
    return server;
  }

  Transport transport() {
    return transport;
  }

  Inlet inlet() {
    return inlet;
  }

  Deadlines deadlines() {
    return deadlines;
  }

  HangUp hangUp() {
    return hangUp;
  }

  Outlet out() {
    return out;
  }

  SocketAddress remote() {
    return remote;
  }

  SocketAddress local() {
    return local;
  }

  /// The heap that it takes without a request, in bytes.
  long ownBytes() {
    return ConnectionLimiter.ownBytes(listener.isSecure());
  }

  /// The heap that is held for its caller, which has taken nothing of its answer for so long, in
  /// bytes; on the pump's thread.
  long unreadBytes(long now, long nanos) {
    Flow flowing = flow;
    if (flowing != null) {
      return flowing.unreadBytes(now, nanos);
    }
    if (deadlines.seen() != Doing.WRITING || deadlines.age(now) < nanos) {
      return 0;
    }
    return listener.isSecure() ? SlowReaders.TLS_WRITER_BYTES : SlowReaders.WRITER_BYTES;
  }

  /// How long its caller has taken nothing of its answer, in nanoseconds; on the pump's thread.
  long unreadFor(long now) {
    Flow flowing = flow;
    return flowing != null ? flowing.stalledFor(now) : deadlines.age(now);
  }

  boolean loopbackPort() {
    return listener.isLoopbackPort();
  }

  boolean isSecure() {
    return transport != plain;
  }

  /// Where a flow goes.
  Flow.Sink sink() {
    return new CallerSink(plain, inlet);
  }

  /// It flows on the pump from now on.
  void flows(Flow now) throws IOException {
    hangUp.disarm();
    inlet.release();
    flow = now;
    if (killed) {
      flow = null;
      throw new EOFException("the connection is closed");
    }
  }

  /// It doesn't flow any more.
  void flowed() {
    flow = null;
  }

  /// The connection's slot among those that may be open.
  ConnectionSlot slot() {
    return slot;
  }

  /// Whether another request may follow this one.
  boolean mayContinue() {
    return !slot.isReserved() && !slot.isEvicted() && !server.isStopping();
  }

  // ---- from outside

  /// Looks at the clock; on the pump's thread.
  ///
  /// @return whether it needs the next look soon; thousands that wait for an answer don't
  boolean sweep(long now) {
    deadlines.look(now).ifPresent(this::tookTooLong);
    Flow flowing = flow;
    if (flowing != null && flowing.isStalled(now, server.limits().writeStall().toNanos())) {
      flowing.stop(Flow.End.SINK_STALLED);
    }
    if (hangUp != null && hangUp.isArmed()) {
      hangUp.tick(server.pump());
    }
    if (deadlines.seen() == Doing.FRESH && server.hasStoppedFor(now) > FRESH_AT_STOP_NANOS) {
      shutInput();
    }
    if (slot.isReserved() && isLateForReserve(now)) {
      endFresh();
    }
    return deadlines.isRunning() || (hangUp != null && hangUp.isUnsettled());
  }

  private void tookTooLong(Doing what) {
    switch (what) {
      case FRESH -> endFresh();
      case HEAD, BODY, IDLE -> shutInput();
      case WRITING, LINGERING -> kill();
      case HANDLING -> {}
    }
  }

  private boolean isLateForReserve(long now) {
    return deadlines.seen() == Doing.FRESH && slot.age(now) >= Limits.RESERVED_HEAD.toNanos();
  }

  /// Who shakes hands may be within a write, which the end of the input doesn't end.
  private void endFresh() {
    if (hangUp == null) {
      kill();
    } else {
      shutInput();
    }
  }

  /// The reader sees the end; what is to be written still can be.
  void shutInput() {
    try {
      plain.channel().shutdownInput();
    } catch (IOException e) {
      // It is closed.
    }
  }

  /// Ends it when it waits for another request. One that is new has a moment for its first.
  void endIfIdle() {
    if (deadlines.seen() == Doing.IDLE) {
      shutInput();
    }
  }

  /// Ends it at once, from any thread.
  void kill() {
    killed = true;
    Flow flowing = flow;
    plain.close();
    if (flowing != null) {
      flowing.stop(Flow.End.STOPPED);
    }
  }

  private void close() {
    if (hangUp != null) {
      hangUp.disarm();
    }
    plain.close();
    inlet.drop();
    headMemory.release();
  }
}
