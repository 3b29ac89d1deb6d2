package llmhop;

import java.util.function.IntConsumer;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/// Operating system signals. The JDK has them in `sun.misc.Signal` only, of its module
/// `jdk.unsupported`; where that is missing, signals do what the JVM does.
final class Signals {
  /// The ways in which a signal may be handled.
  enum Fate {
    /// The action is called.
    CAUGHT,
    /// The process ignores it. A process inherits this from the one that started it, as under
    /// `nohup`, and the JVM leaves it so for SIGHUP, SIGINT and SIGTERM.
    IGNORED,
    /// The signal does what the system does, which is to end the process: Java runs with `-Xrs`.
    UNCATCHABLE
  }

  private Signals() {}

  /// Calls `action` with the signal's number, on a thread of the JVM's, each time it comes.
  ///
  /// @param name without SIG: `TERM`, `INT`
  static Fate on(String name, IntConsumer action) {
    try {
      SignalHandler before =
          Signal.handle(new Signal(name), signal -> action.accept(signal.getNumber()));
      // The JVM returns SIG_IGN for a signal that was ignored, and leaves it ignored.
      return SignalHandler.SIG_IGN.equals(before) ? Fate.IGNORED : Fate.CAUGHT;
    } catch (IllegalArgumentException | LinkageError e) {
      return Fate.UNCATCHABLE;
    }
  }
}
