package llmhop;

import java.util.function.IntConsumer;
import sun.misc.Signal;

/// Operating system signals. The JDK has them in `sun.misc.Signal` only, of its module
/// `jdk.unsupported`; where that is missing, signals do what the JVM does.
final class Signals {
  private Signals() {}

  /// Calls `action` with the signal's number, on a thread of the JVM's, each time it comes.
  ///
  /// @param name without SIG: `TERM`, `INT`
  /// @return whether the signal can be caught here
  static boolean on(String name, IntConsumer action) {
    try {
      Signal.handle(new Signal(name), signal -> action.accept(signal.getNumber()));
      return true;
    } catch (IllegalArgumentException | LinkageError e) {
      return false;
    }
  }
}
