package llmhop.http.upstream;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import llmhop.http.upstream.UpstreamException.Cancelled;
import llmhop.http.upstream.UpstreamException.TimedOut;

/// One request on its way, with all its attempts, from [#send] to the end of the answer. One thread
/// sends and reads; any thread may cancel.
///
/// It holds what has to be closed to end it at once, first a connection in the making, then the
/// connection. Whoever takes that out owns it, so that a connection which has gone back to the pool
/// is out of reach for a cancel or a limit that comes late.
public final class Call {
  private final Upstream upstream;
  private final Request request;
  private final Watchdog watchdog;
  private final long sendLimitNanos;
  private final AtomicReference<AutoCloseable> held = new AtomicReference<>();
  private final AtomicReference<UpstreamException> verdict = new AtomicReference<>();
  private final AtomicInteger attempts = new AtomicInteger();

  // Used by the thread that sends.
  private boolean untouched;

  Call(Upstream upstream, Request request, Timing timing) {
    this.upstream = upstream;
    this.request = request;
    this.sendLimitNanos = timing.send().toNanos();
    this.watchdog = new Watchdog(timing, limit -> end(new TimedOut(limit)));
  }

  /// Sends the request and waits for the head of the answer. Whoever calls closes the reply. Once
  /// only.
  public Reply send() throws UpstreamException {
    try {
      return upstream.send(this);
    } catch (UpstreamException | RuntimeException | Error e) {
      over();
      throw e;
    }
  }

  /// Ends it at once; [#send] or [Reply#read] throws [Cancelled]. Nothing happens when it is over.
  public void cancel() {
    end(new Cancelled());
  }

  /// How many times the request has been written to a connection, or begun to be.
  public int attempts() {
    return attempts.get();
  }

  Request request() {
    return request;
  }

  Watchdog watchdog() {
    return watchdog;
  }

  /// How long the backend may take no byte of a large body.
  long sendLimitNanos() {
    return sendLimitNanos;
  }

  void attempt() {
    attempts.incrementAndGet();
  }

  /// Takes note whether the last attempt ended before a byte of the request was written.
  void untouched(boolean none) {
    untouched = none;
  }

  /// Whether the last attempt ended before a byte of the request was written.
  boolean isUntouched() {
    return untouched;
  }

  /// Ends it for this reason, unless there is one already.
  void end(UpstreamException reason) {
    if (verdict.compareAndSet(null, reason)) {
      closeHeld();
    }
  }

  /// Throws the reason why it was ended, if it was.
  void check() throws UpstreamException {
    UpstreamException reason = verdict.get();
    if (reason != null) {
      throw reason;
    }
  }

  /// Whether it was ended by us.
  boolean isEnded() {
    return verdict.get() != null;
  }

  /// Makes this the thing to close in order to end it.
  void hold(AutoCloseable next) throws UpstreamException {
    held.set(next);
    if (verdict.get() != null) {
      closeHeld();
      check();
    }
  }

  /// Takes it out of reach; false when somebody else has taken it, and closed it.
  boolean release(AutoCloseable held) {
    return this.held.compareAndSet(held, null);
  }

  /// It is over: no limit comes any more.
  void over() {
    watchdog.stop();
  }

  private void closeHeld() {
    AutoCloseable last = held.getAndSet(null);
    if (last != null) {
      try {
        last.close();
      } catch (Exception e) {
        // It is gone either way.
      }
    }
  }
}
