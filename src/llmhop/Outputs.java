package llmhop;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.function.LongSupplier;
import llmhop.observe.MessageLog;
import llmhop.observe.StackTraces;

/// The streams that the process writes to.
///
/// @param accessLog where the access log goes, which has a queue of its own
/// @param out where the commands answer
/// @param err where operators are told
/// @param lostMessages how many messages could not be told
/// @param serving says that the router serves: from then on no thread waits for a message
/// @param flush waits for the messages that are on their way, for a bounded time
record Outputs(
    OutputStream accessLog,
    PrintStream out,
    PrintStream err,
    LongSupplier lostMessages,
    Runnable serving,
    Runnable flush) {

  /// Returns the process's own streams. A reader that stands still holds up no thread of the
  /// process, those of the JDK neither: `System.err` and uncaught exceptions go the same way.
  static Outputs ofProcess() {
    // Without a PrintStream, which swallows errors.
    var stdout = new FileOutputStream(FileDescriptor.out);
    var out = new MessageLog("stdout", stdout);
    var err = new MessageLog("stderr", new FileOutputStream(FileDescriptor.err));
    System.setErr(err.stream());
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, cause) ->
            err.stream()
                .println(
                    StackTraces.text(
                        "llmhop: internal error, thread " + thread.getName() + ":", cause)));
    return new Outputs(
        stdout,
        out.stream(),
        err.stream(),
        err::lost,
        err::serving,
        () -> {
          out.close();
          err.close();
        });
  }

  /// Returns streams that each thread writes to directly.
  static Outputs direct(PrintStream out, PrintStream err) {
    return new Outputs(out, out, err, () -> 0, () -> {}, () -> {});
  }
}
