package chaos;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.util.List;
import java.util.Objects;

/// What a process of Java holds.
///
/// @param threads of the operating system
/// @param files open file descriptors
record Vitals(int threads, int files) {

  /// What lives on the heap after a collection.
  ///
  /// @param own objects of the router's own classes
  /// @param bytes all objects
  record Heap(long own, long bytes) {}

  static Vitals of(long pid) {
    return new Vitals(entries(pid, "task"), entries(pid, "fd"));
  }

  private static int entries(long pid, String folder) {
    return Objects.requireNonNullElse(new File("/proc/" + pid, folder).list(), new String[0])
        .length;
  }

  /// Looks at the heap, which takes the process a moment.
  static Heap heap(long pid) throws IOException {
    String jcmd = System.getProperty("java.home") + "/bin/jcmd";
    List<String> command = List.of(jcmd, "" + pid, "GC.class_histogram");
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    long own = 0;
    long bytes = 0;
    try (BufferedReader lines = process.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        // "   1:   instances   bytes  class", and "Total   instances   bytes" at the end
        String[] words = line.strip().split("\\s+");
        if (words.length > 3 && words[3].startsWith("llmhop.")) own += Long.parseLong(words[1]);
        if (words[0].equals("Total")) bytes = Long.parseLong(words[2]);
      }
    }
    if (bytes == 0) throw new IOException("jcmd says nothing of the heap");
    return new Heap(own, bytes);
  }
}
