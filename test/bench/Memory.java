package bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Memory of processes in bytes, from /proc.
final class Memory {

  private Memory() {}

  /// What is resident now. Pages that several of the processes share are counted once (Pss), as
  /// those of nginx's workers; a single process is counted with all it has (VmRSS), since it may
  /// share with other programs of the benchmark.
  static double resident(List<Long> pids) throws IOException {
    if (pids.size() == 1) return field(pids.getFirst(), "status", "VmRSS:");
    double sum = 0;
    for (long pid : pids) sum += field(pid, "smaps_rollup", "Pss:");
    return sum;
  }

  /// The most that was resident since the start.
  static double peak(List<Long> pids) throws IOException {
    double sum = 0;
    for (long pid : pids) sum += field(pid, "status", "VmHWM:");
    return sum;
  }

  private static double field(long pid, String file, String name) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/" + file))) {
      if (line.startsWith(name)) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024.0;
      }
    }
    throw new IOException("no " + name + " of process " + pid);
  }
}
