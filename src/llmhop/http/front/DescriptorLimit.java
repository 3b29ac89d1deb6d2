package llmhop.http.front;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/// The limit on open file descriptors of this process, and how many connections fit into it. Each
/// connection of a caller may need one to a backend, so callers may take half of what is left after
/// the process's own descriptors: accepting stops before backends can't be reached any more.
///
/// @param max the limit; empty where the system does not tell, or sets none
public record DescriptorLimit(OptionalLong max) {
  /// Descriptors that are not for callers and their backends: the JVM's own (about 50), the
  /// reserved connections ([Limits#RESERVED]), listeners, health checks, files that are read anew.
  static final int OVERHEAD = 192;

  /// Connections that are taken however low the limit is.
  static final int LEAST = 8;

  private static final Path FILE = Path.of("/proc/self/limits");
  private static final String ROW = "Max open files";

  /// Reads the limit of this process, on Linux. The JVM has raised the soft limit to the hard one
  /// before.
  ///
  /// @see <a href="https://man7.org/linux/man-pages/man5/proc_pid_limits.5.html">proc_pid_limits(5)
  ///   </a>
  public static DescriptorLimit ofProcess() {
    try {
      return of(Files.readString(FILE));
    } catch (IOException e) {
      return new DescriptorLimit(OptionalLong.empty());
    }
  }

  /// Reads the limit from the text of `/proc/self/limits`.
  static DescriptorLimit of(String limits) {
    for (String line : limits.split("\n")) {
      if (line.startsWith(ROW)) {
        String soft = line.substring(ROW.length()).trim().split(" ")[0];
        try {
          return new DescriptorLimit(OptionalLong.of(Long.parseLong(soft)));
        } catch (NumberFormatException e) {
          // The line says "unlimited".
        }
      }
    }
    return new DescriptorLimit(OptionalLong.empty());
  }

  /// Returns how many connections of callers fit, `wanted` at most.
  public int connections(int wanted) {
    if (max.isEmpty()) {
      return wanted;
    }
    long fit = Math.max((max.getAsLong() - OVERHEAD) / 2, LEAST);
    return (int) Math.min(wanted, fit);
  }

  /// Returns the limit that so many connections need.
  public static long needed(int connections) {
    return 2L * connections + OVERHEAD;
  }
}
