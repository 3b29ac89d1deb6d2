package llmhop.kit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The signals that a process of the kit begins with.
///
/// What a shell runs in the background ignores SIGINT, and what runs under `nohup` ignores SIGHUP;
/// a process inherits that, and Java leaves it so. Tests that send signals must not depend on how
/// they were started themselves.
final class SignalsAtStart {
  private static final long HANGUP = 1L;
  private static final long INTERRUPT = 1L << 1;
  private static final long TERMINATE = 1L << 14;
  private static final String IGNORED = "SigIgn:";

  private SignalsAtStart() {}

  /// Returns the words before a command that give it the usual signals; none where it has them.
  static List<String> asUsual() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return List.of();
    }
    for (String line : Files.readAllLines(status)) {
      if (line.startsWith(IGNORED)) {
        long ignored = Long.parseUnsignedLong(line.substring(IGNORED.length()).strip(), 16);
        return (ignored & (HANGUP | INTERRUPT | TERMINATE)) == 0
            ? List.of()
            : List.of("env", "--default-signal=HUP,INT,TERM");
      }
    }
    return List.of();
  }
}
