package llmhop.http.front;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
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

  /// The CPU time of a request that was there before the answer to the one before it, in bytes that
  /// are received in that time: thousands of them come in one read.
  private static final int PIPELINED_COST = 4 * 1024;

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
  private final CallerFlow flow;

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
    this.flow = new CallerFlow(deadlines, listener.isSecure());
    this.slot = new ConnectionSlot(remote, server.rules(), deadlines, this::evict);
    int largest = Math.max(server.limits().headBytes(), Limits.READ_AHEAD) + 1024;
    this.inlet = new Inlet(largest, server.inlets());
    this.headMemory = new HeadMemory(server.inlets());
  }

  @Override
  public void run() {
    try {
      transport = listener.secured(plain, slot);
      hangUp = new HangUp(plain, transport, inlet, server::awake, this::isInputEnded);
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
    if (inlet.hasBuffered()) {
      plain.spent(PIPELINED_COST);
    } else if (!inlet.fill(transport)) {
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
    } catch (IOException e) {
      // Over TLS the end of the input is another exception than without.
      if (slot.isReserved()) {
        refuseTooMany();
      } else if (deadlines.ended() == InputEnd.HEAD_LATE) {
        refuse(Fault.TIMEOUT, EarlyRefusal.HEAD_LATE);
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
    if (head.upgrade() && isInputEnded()) {
      // The request came as the connection was ended. A tunnel without input is none.
      refuseEnded();
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
      exchange.over();
      hangUp.disarm();
    }
    if (exchange.isUpgraded() || !exchange.isWhole()) {
      return false;
    }
    isHeardOut = !exchange.keeps();
    return !isHeardOut;
  }

  private void refuse(Fault fault, String message) throws IOException {
    EarlyRefusal.send(server.refusals(), out, fault, message, heads.target());
    isHeardOut = true;
  }

  private void refuseTooMany() throws IOException {
    refuse(Fault.TOO_MANY_CONNECTIONS, EarlyRefusal.TOO_MANY);
  }

  /// Refuses a request that came as the router ended the connection.
  private void refuseEnded() throws IOException {
    if (deadlines.ended() == InputEnd.IDLE) {
      refuse(Fault.TIMEOUT, EarlyRefusal.IDLE);
    } else {
      refuseTooMany();
    }
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

  /// Makes every end of the connection a reset, or a plain close again. Set for as long as a plain
  /// close would be taken for the end of an answer: whatever closes the connection then, be it a
  /// deadline, a rule, another thread or the end of the process, its caller sees the cut.
  void resetsAtEnd(boolean resets) {
    try {
      plain.channel().setOption(StandardSocketOptions.SO_LINGER, resets ? 0 : -1);
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

  /// The stream that flows to the caller, and what the caller leaves unread.
  CallerFlow flow() {
    return flow;
  }

  boolean loopbackPort() {
    return listener.isLoopbackPort();
  }

  boolean isSecure() {
    return transport != plain;
  }

  /// Where a flow goes.
  Flow.Sink sink() {
    return new CallerSink(plain, inlet, this::isInputEnded);
  }

  /// It flows on the pump from now on.
  void flows(Flow now) throws IOException {
    hangUp.disarm();
    inlet.release();
    flow.begin(now);
  }

  /// The connection's slot among those that may be open.
  ConnectionSlot slot() {
    return slot;
  }

  /// Whether another request may follow this one.
  boolean mayContinue() {
    return !slot.isReserved() && !isInputEnded() && !server.isStopping();
  }

  /// Whether the router itself ended the input, or is about to: the end of the input is no hang-up
  /// then.
  boolean isInputEnded() {
    return slot.isEvicted() || deadlines.ended() != null;
  }

  // ---- from outside

  /// Looks at the clock; on the pump's thread.
  ///
  /// @return whether it needs the next look soon; thousands that wait for an answer don't
  boolean sweep(long now) {
    deadlines.look(now).ifPresent(this::tookTooLong);
    flow.sweep(now, server.limits().writeStall().toNanos());
    if (hangUp != null && hangUp.isArmed()) {
      hangUp.tick(server.pump());
    }
    if (deadlines.seen() == Doing.FRESH && server.hasStoppedFor(now) > FRESH_AT_STOP_NANOS) {
      shutInput(InputEnd.STOPPING);
    }
    if (slot.isReserved() && isLateForReserve(now)) {
      endFresh(InputEnd.HEAD_LATE);
    }
    return deadlines.isRunning() || (hangUp != null && hangUp.isUnsettled());
  }

  private void tookTooLong(Doing what) {
    switch (what) {
      case FRESH -> endFresh(InputEnd.HEAD_LATE);
      case HEAD -> shutInput(InputEnd.HEAD_LATE);
      case BODY -> shutInput(InputEnd.BODY_LATE);
      case IDLE -> shutInput(InputEnd.IDLE);
      case WRITING, LINGERING -> kill(InputEnd.UNREAD);
      case HANDLING -> {}
    }
  }

  private boolean isLateForReserve(long now) {
    return deadlines.seen() == Doing.FRESH && slot.age(now) >= Limits.RESERVED_HEAD.toNanos();
  }

  /// Who shakes hands may be within a write, which the end of the input doesn't end.
  private void endFresh(InputEnd why) {
    if (hangUp == null) {
      kill(why);
    } else {
      shutInput(why);
    }
  }

  /// Ends it in favour of another connection: a request that is in hand gets its answer.
  private void evict(EvictionRule rule) {
    switch (deadlines.seen()) {
      case FRESH -> endFresh(InputEnd.EVICTED);
      case LINGERING -> kill(InputEnd.EVICTED);
      default -> {
        if (rule == EvictionRule.ANSWER) {
          kill(InputEnd.UNREAD);
        } else {
          shutInput(InputEnd.EVICTED);
        }
      }
    }
  }

  /// The reader sees the end; what is to be written still can be.
  void shutInput(InputEnd why) {
    deadlines.end(why);
    try {
      plain.channel().shutdownInput();
    } catch (IOException e) {
      // It is closed.
    }
  }

  /// Ends it when it waits for another request. One that is new has a moment for its first.
  void endIfIdle() {
    if (deadlines.seen() == Doing.IDLE) {
      shutInput(InputEnd.STOPPING);
    }
  }

  /// Ends it at once, from any thread. A thread that reads a body learns why.
  void kill(InputEnd why) {
    deadlines.end(why);
    kill();
  }

  /// Ends it at once, from any thread.
  void kill() {
    Runnable stop = flow.kill();
    plain.close();
    stop.run();
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
