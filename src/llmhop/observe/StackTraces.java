package llmhop.observe;

import java.io.PrintWriter;
import java.io.StringWriter;

/// Stack traces as text, so that each is one message of a [MessageLog].
public final class StackTraces {
  private StackTraces() {}

  /// Returns a line that says what failed, and the stack trace of the cause in the lines below.
  public static String text(String what, Throwable cause) {
    try {
      var text = new StringWriter();
      text.append(what).append('\n');
      cause.printStackTrace(new PrintWriter(text));
      return text.toString().stripTrailing();
    } catch (OutOfMemoryError e) {
      return what;
    }
  }
}
