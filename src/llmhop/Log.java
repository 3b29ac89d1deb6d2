package llmhop;

import java.io.PrintStream;
import llmhop.observe.StackTraces;

/// What operators are told beside the access log, in lines on stderr. Shared.
///
/// @param err where the lines go
record Log(PrintStream err) {
  /// Tells something in one line.
  void say(String line) {
    err.println("llmhop: " + line);
  }

  /// Tells a fault of ours, with its cause.
  void fault(Throwable cause) {
    err.println(StackTraces.text("llmhop: internal error:", cause));
  }
}
