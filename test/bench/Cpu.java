package bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// CPU time of some processes: the exact sum, and how the kernel's ticks divide it.
///
/// @param nanos user and system time
/// @param userTicks ticks in the program
/// @param systemTicks ticks in the kernel
record Cpu(long nanos, long userTicks, long systemTicks) {

  // Fewer say nothing about how they divide.
  private static final int FEWEST_TICKS = 20;

  static Cpu of(List<Long> pids) throws IOException {
    long nanos = 0;
    long user = 0;
    long system = 0;
    for (long pid : pids) {
      nanos += Linux.cpuNanos(pid);
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      user += Long.parseLong(fields[11]);
      system += Long.parseLong(fields[12]);
    }
    return new Cpu(nanos, user, system);
  }

  Cpu since(Cpu before) {
    return new Cpu(
        nanos - before.nanos, userTicks - before.userTicks, systemTicks - before.systemTicks);
  }

  /// Microseconds for each of so many units.
  double micros(double units) {
    return nanos / 1e3 / units;
  }

  double userMicros(double units) {
    long ticks = userTicks + systemTicks;
    return ticks < FEWEST_TICKS ? Double.NaN : micros(units) * userTicks / ticks;
  }

  double systemMicros(double units) {
    return micros(units) - userMicros(units);
  }
}
