package bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/// The part that counts system calls with strace, which makes everything slower but changes no
/// number much: busy with 64 callers, and nearly idle on a schedule.
///
/// @param lab where it runs
/// @param closed what loads
/// @param open what loads on a schedule
record SystemCalls(Lab lab, ClosedLoops closed, OpenLoops open) {

  private static final int LARGE_BYTES = 100 * 1024;
  private static final int CALLERS = 64;
  private static final int RATE = 500;
  private static final int PATIENCE_SECONDS = 10;
  private static final int ATTACH_MILLIS = 1_000;
  private static final double FEWEST = 0.05;

  /// Loads a proxy, and says with how many requests.
  private interface Traced {
    double load() throws IOException, InterruptedException;
  }

  void run() throws IOException, InterruptedException {
    Optional<String> missing = Machine.missing("strace");
    if (missing.isPresent()) {
      lab.report().missing("system calls are not counted: " + missing.get());
      return;
    }
    List<Proxy> proxies = lab.startProxies();
    try {
      closed.warmUp(proxies, Wire.chat(1024), 2);
      lab.report()
          .title(
              "System calls (strace -c -f), which slow everything down:",
              "load",
              "proxy",
              "per request",
              "the most frequent");
      int seconds = lab.settings().seconds();
      for (Proxy proxy : proxies) {
        row("64 callers", proxy, () -> busy(proxy, Wire.chat(1024), CALLERS, seconds));
      }
      for (Proxy proxy : proxies) {
        byte[] large = Wire.embeddings(LARGE_BYTES);
        row("16 callers, 100 KiB", proxy, () -> busy(proxy, large, CALLERS / 4, seconds));
      }
      for (Proxy proxy : proxies) {
        row(RATE + " requests/s", proxy, () -> open.open(proxy, RATE, seconds).get("sent"));
      }
    } finally {
      lab.stop(proxies);
    }
  }

  private double busy(Proxy proxy, byte[] request, int callers, int seconds)
      throws IOException, InterruptedException {
    return closed.wrk().run(proxy, request, callers, seconds).get("requests");
  }

  private void row(String load, Proxy proxy, Traced traced) throws InterruptedException {
    Path file = lab.folder().resolve("strace");
    List<String> command = new ArrayList<>(List.of("strace", "-c", "-f", "-q", "-o", "" + file));
    for (long pid : proxy.pids()) command.addAll(List.of("-p", "" + pid));

    try (Program strace = Program.start("strace", lab.folder(), command)) {
      Thread.sleep(ATTACH_MILLIS);
      double requests = traced.load();
      strace.process().destroy();
      strace.process().waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
      Map<String, Long> counts = counts(file);
      double all = counts.values().stream().mapToLong(Long::longValue).sum();
      String often =
          counts.entrySet().stream()
              .filter(each -> each.getValue() / requests >= FEWEST)
              .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
              .map(each -> each.getKey() + " " + Report.number(each.getValue() / requests, 1))
              .collect(Collectors.joining(", "));
      lab.report().row(load, proxy.name(), Report.number(all / requests, 1), often);
    } catch (IOException | IllegalStateException e) {
      lab.report().errors(proxy.name(), "system calls", e.toString());
    }
  }

  // Lines of strace: percent, seconds, us per call, calls, maybe errors, name.
  private static Map<String, Long> counts(Path file) throws IOException {
    return Files.readAllLines(file).stream()
        .map(line -> line.trim().split("\\s+"))
        .filter(words -> words.length >= 5 && words[0].matches("[0-9.]+"))
        .filter(words -> words[3].matches("[0-9]+") && !words[words.length - 1].equals("total"))
        .collect(
            Collectors.toMap(
                words -> words[words.length - 1], words -> Long.valueOf(words[3]), Long::sum));
  }
}
