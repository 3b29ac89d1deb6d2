package llmhop;

import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import llmhop.config.Config;

/// Waits for a signal and then leaves honestly: says no at `/ready`, stops accepting, finishes what
/// runs, ends with 0. A second signal ends at once.
///
/// ```
///   serving --TERM--> leaving (drainDelay) --> draining (drain) --> 0
///           --INT---> draining (5 s) --> 0
///   any signal while leaving or draining --> 128 + its number
/// ```
final class Shutdown {
  private static final int INTERRUPT = 2;

  /// Whoever presses Ctrl-C is waiting.
  private static final Duration INTERRUPT_DRAIN = Duration.ofSeconds(5);

  private final BlockingQueue<Integer> signals = new LinkedBlockingQueue<>();
  private final AtomicBoolean asked = new AtomicBoolean();
  private final Assembly router;
  private final Reload reload;
  private final Notifier systemd;
  private final PrintStream err;

  private Shutdown(Assembly router, Reload reload, Notifier systemd, PrintStream err) {
    this.router = router;
    this.reload = reload;
    this.systemd = systemd;
    this.err = err;
  }

  /// Listens for signals from now on.
  static Shutdown listen(Assembly router, Reload reload, Notifier systemd, PrintStream err) {
    var shutdown = new Shutdown(router, reload, systemd, err);
    Signals.Fate term = Signals.on("TERM", shutdown::came);
    Signals.Fate interrupt = Signals.on("INT", shutdown::came);
    // An ignored SIGINT is usual: shells ignore it for the programs that they run in the
    // background.
    if (term == Signals.Fate.IGNORED) {
      String other = interrupt == Signals.Fate.CAUGHT ? "SIGINT" : "SIGKILL";
      err.println(
          "llmhop: warning: SIGTERM is ignored, whoever started the router has set it so; to stop"
              + " it send "
              + other);
    } else if (term == Signals.Fate.UNCATCHABLE) {
      err.println(
          "llmhop: warning: SIGTERM ends the router at once, cutting its requests off, since Java"
              + " can't catch it (-Xrs)");
    }
    return shutdown;
  }

  /// Blocks until the router has left.
  ///
  /// @return the exit code
  int await() {
    try {
      boolean interrupt = signals.take() == INTERRUPT;
      reload.stop();
      Config config = router.config();
      Duration delay = interrupt ? Duration.ZERO : config.drainDelay();
      Duration drain = interrupt ? INTERRUPT_DRAIN : config.drain();
      String inHand = "requests in hand: " + router.inFlight();
      String patience = "waiting up to " + drain.toSeconds() + " s; signal again to end now";
      err.println("llmhop: stopping, " + inHand + ", " + patience);
      systemd.stopping("draining, " + inHand);
      int cut = router.stop(delay, drain);
      err.println("llmhop: stopped" + (cut == 0 ? "" : ", cut off while running: " + cut));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return Main.FINE;
  }

  private void came(int signal) {
    if (!asked.compareAndSet(false, true)) {
      router.flushLog();
      Runtime.getRuntime().halt(128 + signal);
    }
    signals.add(signal);
  }
}
