package llmhop.backend;

import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/// Whether a backend may be chosen, from what requests meet there and what probes say. Shared by
/// all requests.
///
/// ```
///   UP --refused, or broke three times in a row--> DOWN
///   DOWN --take, when it has cooled down--> TRIAL
///   TRIAL --answered, or connected where it had refused--> UP
///   TRIAL --refused, broke--> DOWN, for twice as long
///   TRIAL --take, when it takes as long as a cool-down--> TRIAL, one more
///   TRIAL --released, nobody knows--> TRIAL, to be tried again at once
///   any --answered, to a request that was sent in spite of all--> UP
/// ```
///
/// Beside that a probe may find it unwell, whatever requests meet; it is well again when the probe
/// says so, and up then, too.
final class Health {
  /// How long the first cool-down lasts: a server that restarts needs longer, one that dropped a
  /// connection while it was busy does not.
  static final long COOL_DOWN_NANOS = TimeUnit.SECONDS.toNanos(1);

  /// How long a cool-down lasts at most: one request in half a minute finds out that nothing has
  /// changed.
  static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(30);

  /// So many broken answers in a row are the backend's fault, one may be that of its request.
  static final int BREAKS = 3;

  private enum State {
    UP,
    DOWN,
    TRIAL
  }

  private final Supplier<Backend> owner;

  /// Up and well: what all requests ask for.
  private volatile boolean open = true;

  // All below is guarded by this.
  private State state = State.UP;
  private boolean unwell;
  private boolean refused;
  private volatile int breaks;
  private long coolDown;
  private long trialAt;

  /// One that is up.
  ///
  /// @param owner whose it is now: that one has the clock, the rules, and hears of each change
  Health(Supplier<Backend> owner) {
    this.owner = owner;
  }

  private long now() {
    return owner.get().watch().nanos().getAsLong();
  }

  private long longestNanos() {
    return owner.get().watch().longestCoolDownNanos();
  }

  private void tell(String what) {
    Backend backend = owner.get();
    backend.watch().news().accept(backend.label() + " " + what);
  }

  /// Another backend is its owner now, whose rules may differ: nobody may probe any more, or it may
  /// be left alone for less long.
  void takenOver() {
    boolean back;
    synchronized (this) {
      boolean was = open;
      if (!owner.get().watch().probed()) {
        unwell = false;
        open = state == State.UP;
      }
      coolDown = Math.min(coolDown, longestNanos());
      if (state != State.UP && trialAt - now() > longestNanos()) {
        trialAt = now() + longestNanos();
      }
      back = open && !was;
    }
    if (back) {
      owner.get().watch().changed().run();
    }
  }

  /// Whether it is up and well, without a doubt.
  boolean isUp() {
    return open;
  }

  /// Whether it may be chosen now.
  boolean isOpen() {
    return open || maybeTrial();
  }

  private synchronized boolean maybeTrial() {
    return !unwell && state != State.UP && now() - trialAt >= 0;
  }

  /// It is chosen.
  ///
  /// @return whether this request is the trial
  boolean take() {
    if (open) {
      return false;
    }
    synchronized (this) {
      if (state != State.UP && now() - trialAt >= 0) {
        state = State.TRIAL;
        trialAt = now() + coolDown;
      }
      return state != State.UP;
    }
  }

  /// When it may be tried next, as of the clock; far away while that is for others to say.
  synchronized long trialAt() {
    return unwell || state == State.UP ? now() + longestNanos() : trialAt;
  }

  /// It answered a request that was sent in spite of all.
  void answered() {
    up(true);
  }

  /// A request that was sent in spite of all has a connection: where that was what was missing, it
  /// is back, and nobody has to wait until a long answer begins.
  void connected() {
    up(false);
  }

  private void up(boolean answered) {
    boolean back;
    synchronized (this) {
      boolean was = open;
      if (state != State.UP && (answered || refused)) {
        up();
      }
      back = open && !was;
    }
    if (back) {
      told("is up again");
    }
  }

  /// An answer came to its end, or as far as its caller wanted it.
  void unbroken() {
    if (breaks > 0) {
      synchronized (this) {
        breaks = 0;
      }
    }
  }

  /// No connection could be made.
  ///
  /// @param trial what [#take] said
  void refused(boolean trial, String why) {
    failed(true, trial, why);
  }

  /// It broke off, or took too long.
  ///
  /// @param trial what [#take] said
  void broke(boolean trial, String why) {
    failed(false, trial, why);
  }

  private void failed(boolean certain, boolean trial, String why) {
    boolean fell = false;
    synchronized (this) {
      switch (state) {
        case UP -> {
          breaks++;
          if (certain || breaks >= BREAKS) {
            fell = true;
            coolDown = Math.min(COOL_DOWN_NANOS, longestNanos());
            down(certain);
          }
        }
        case TRIAL -> {
          // What was sent before it fell says nothing new.
          if (trial) {
            coolDown = Math.min(2 * coolDown, longestNanos());
            down(certain);
          }
        }
        case DOWN -> {}
      }
    }
    if (fell) {
      tell("is down: " + why);
    }
  }

  /// The trial came to no end that says anything.
  void released() {
    synchronized (this) {
      if (state != State.TRIAL) {
        return;
      }
      trialAt = now();
    }
    owner.get().watch().changed().run();
  }

  /// A probe says that it is well, as often in a row as it takes.
  void well() {
    boolean back;
    synchronized (this) {
      back = unwell || state != State.UP;
      if (back) {
        unwell = false;
        up();
      }
    }
    if (back) {
      told("is up again, says its health check");
    }
  }

  /// A probe says that it isn't well, as often in a row as it takes.
  void unwell(String why) {
    boolean fell;
    synchronized (this) {
      // Whoever probed by an older config may be late to say so.
      if (!owner.get().watch().probed()) {
        return;
      }
      fell = !unwell;
      unwell = true;
      open = false;
    }
    if (fell) {
      tell("is down, says its health check: " + why);
    }
  }

  private void told(String what) {
    owner.get().watch().changed().run();
    tell(what);
  }

  private void up() {
    state = State.UP;
    breaks = 0;
    if (!unwell) {
      // Before anybody chooses it.
      owner.get().warmUp();
      open = true;
    }
  }

  private void down(boolean certain) {
    state = State.DOWN;
    refused = certain;
    open = false;
    trialAt = now() + coolDown;
  }

  /// How it is, as a word for operators.
  synchronized String word() {
    if (unwell) {
      return "unwell";
    }
    return switch (state) {
      case UP -> "up";
      case DOWN -> "down";
      case TRIAL -> "trial";
    };
  }
}
