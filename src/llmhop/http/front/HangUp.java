package llmhop.http.front;

import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import llmhop.http.wire.Inlet;
import llmhop.http.wire.PlainTransport;
import llmhop.http.wire.Pump;
import llmhop.http.wire.Transport;

/// Sees a caller leave while its request is worked on. Its thread arms it; the sweep watches the
/// channel on the pump's selector when it is still armed one tick later, so that quick requests
/// don't pay; the thread disarms it before it reads again.
///
/// ```
///   OFF --arm--> ARMED --settle (a tick)--> SETTLED --watch (the next)--> WATCHING
///   ARMED, SETTLED, WATCHING --disarm--> OFF
///   WATCHING --end, reset--> GONE
/// ```
///
/// What a caller sends meanwhile is kept for later, up to [Limits#READ_AHEAD] bytes; beyond that
/// nobody looks any more.
final class HangUp implements Pump.Ready {
  private enum State {
    OFF,
    ARMED,
    SETTLED,
    WATCHING,
    GONE
  }

  private final PlainTransport plain;
  private final Transport transport;
  private final Inlet inlet;
  private final Runnable awake;
  private final BooleanSupplier inputEnded;
  private final AtomicReference<State> state = new AtomicReference<>(State.OFF);
  private final AtomicReference<Runnable> action = new AtomicReference<>();
  private SelectionKey key;

  /// @param plain what the selector sees
  /// @param transport what bytes are read from: the same, or TLS over it
  /// @param awake makes the pump tick soon
  /// @param inputEnded whether the router itself ended the input: then its end is no hang-up
  HangUp(
      PlainTransport plain,
      Transport transport,
      Inlet inlet,
      Runnable awake,
      BooleanSupplier inputEnded) {
    this.plain = plain;
    this.transport = transport;
    this.inlet = inlet;
    this.awake = awake;
    this.inputEnded = inputEnded;
  }

  /// Watches from now on; on the connection's thread, which won't read until it has disarmed.
  ///
  /// @param gone runs at most once, on a thread of its own; at once when the caller has left
  void arm(Runnable gone) {
    action.set(gone);
    if (state.compareAndSet(State.OFF, State.ARMED)) {
      awake.run();
    } else if (isGone()) {
      tell();
    }
  }

  private void tell() {
    Runnable gone = action.getAndSet(null);
    if (gone != null) {
      Thread.ofVirtual().name("hang-up").start(gone);
    }
  }

  /// Whether it needs the next tick soon: it is to watch and doesn't yet.
  boolean isUnsettled() {
    State now = state.get();
    return now == State.ARMED || now == State.SETTLED;
  }

  boolean isArmed() {
    return state.get() != State.OFF;
  }

  /// Watches no more; the channel is in blocking mode again.
  void disarm() {
    State before = state.get();
    while (before != State.OFF && before != State.GONE) {
      if (before == State.WATCHING) {
        stopWatching();
      } else if (state.compareAndSet(before, State.OFF)) {
        before = State.OFF;
        break;
      }
      before = state.get();
    }
    if (before == State.GONE) {
      awaitLeft();
    }
    // What it holds must not live as long as an idle connection does.
    action.lazySet(null);
  }

  /// The pump may be about to give the channel back, which waits for whoever blocks on it.
  private synchronized void awaitLeft() {}

  /// The channel is to be written and is full: it must block for that.
  void makeBlocking() {
    if (state.get() != State.OFF) {
      stopWatching();
      if (state.compareAndSet(State.OFF, State.ARMED)) {
        awake.run();
      }
    }
  }

  private synchronized void stopWatching() {
    if (state.compareAndSet(State.WATCHING, State.OFF)) {
      leave();
    }
  }

  private void leave() {
    key.cancel();
    try {
      plain.channel().configureBlocking(true);
    } catch (IOException e) {
      // It is closed, which whoever uses it next will see.
    }
  }

  /// Whether the caller has left.
  boolean isGone() {
    return state.get() == State.GONE;
  }

  /// A tick; on the pump's thread.
  void tick(Pump pump) {
    if (state.compareAndSet(State.ARMED, State.SETTLED)) {
      return;
    }
    if (state.get() == State.SETTLED) {
      watch(pump);
    }
  }

  private synchronized void watch(Pump pump) {
    // First this, which makes whoever disarms wait: the inlet may be touched only then.
    if (!state.compareAndSet(State.SETTLED, State.WATCHING)) {
      return;
    }
    try {
      if (!mayReadAhead() || !plain.stopBlocking()) {
        state.set(State.SETTLED);
        return;
      }
      key = pump.watch(plain.channel(), this);
    } catch (CancelledKeyException e) {
      makeChannelBlocking();
      state.set(State.SETTLED);
    } catch (IOException e) {
      gone();
    }
  }

  private boolean mayReadAhead() {
    return inlet.buffered() < Limits.READ_AHEAD && inlet.hasRoom();
  }

  private void makeChannelBlocking() {
    try {
      plain.channel().configureBlocking(true);
    } catch (IOException e) {
      // The next tick sees that it is closed.
    }
  }

  @Override
  public synchronized void ready(SelectionKey ready) {
    if (state.get() != State.WATCHING) {
      return;
    }
    try {
      if (inputEnded.getAsBoolean()) {
        ready.interestOps(0);
      } else if (inlet.fillNow(transport) < 0) {
        ended(ready);
      } else if (!mayReadAhead()) {
        ready.interestOps(0);
      }
    } catch (IOException e) {
      ended(ready);
    }
  }

  private void ended(SelectionKey ready) {
    if (inputEnded.getAsBoolean()) {
      ready.interestOps(0);
    } else {
      gone();
    }
  }

  private void gone() {
    state.set(State.GONE);
    if (key != null) {
      leave();
    }
    tell();
  }

  @Override
  public void ended() {
    disarm();
  }
}
