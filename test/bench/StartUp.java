package bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// The part about starting: from `java -jar` to the first answer, and the memory of an idle router.
///
/// @param lab where it runs
record StartUp(Lab lab) {

  private static final int STARTS = 7;
  private static final int STARTS_OF_A_ROW = 5;
  private static final int MOST_MILLIS = 20_000;
  private static final int IDLE_MILLIS = 2_000;
  private static final int TRAIN_SECONDS = 60;
  private static final double MB = 1e6;

  /// What was measured: medians.
  private record Start(double millis, double residentBytes) {}

  private static final List<String> FLAGS =
      List.of(
          "",
          "-XX:+UseSerialGC",
          "-XX:+UseG1GC -XX:+UseCompactObjectHeaders -Xmx512m",
          "-XX:+UseParallelGC -XX:+UseCompactObjectHeaders -Xmx512m",
          "-XX:+UseZGC -XX:+UseCompactObjectHeaders -Xmx512m",
          "-XX:+UseSerialGC -XX:-UseCompactObjectHeaders -Xmx512m",
          "-XX:+UseSerialGC -XX:+UseCompactObjectHeaders -Xmx512m",
          "-XX:+UseSerialGC -XX:+UseCompactObjectHeaders -Xms8m -Xmx512m",
          "-XX:+UseSerialGC -XX:+UseCompactObjectHeaders -XX:TieredStopAtLevel=1");

  void run() throws IOException, InterruptedException {
    Report report = lab.report();
    if (!Files.exists(lab.settings().jar())) {
      report.fail("no llmhop to start");
      return;
    }
    int starts = lab.settings().brief() ? 1 : STARTS;
    title("Start and idle memory of llmhop, medians of %d starts:".formatted(starts));
    List<String> options = lab.settings().javaOptions();
    Start plain = row(options, starts, "no AOT cache");
    report.bar("first answer", plain.millis, 300, " ms");
    report.bar("idle resident", plain.residentBytes / MB, 60, " MB");
    if (!lab.settings().brief()) cached(options, starts);
    if (lab.settings().flagTable()) flagTable();
  }

  private void cached(List<String> options, int starts) throws IOException, InterruptedException {
    Path cache = lab.folder().resolve("start.aot");
    if (train(String.join(" ", options), cache)) {
      Start start = row(with(options, "-XX:AOTCache=" + cache), starts, "AOT cache");
      lab.report().bar("first answer with an AOT cache", start.millis, 150, " ms");
      lab.report().bar("idle resident with an AOT cache", start.residentBytes / MB, 60, " MB");
    }
  }

  // A cache fits only the collector and headers that it was made with: each row makes its own.
  private void flagTable() throws IOException, InterruptedException {
    title("The same over flags, medians of %d starts:".formatted(STARTS_OF_A_ROW));
    for (String flags : FLAGS) {
      List<String> options = flags.isEmpty() ? List.of() : List.of(flags.split(" "));
      row(options, STARTS_OF_A_ROW, "no AOT cache");
      Path cache = lab.folder().resolve("flags.aot");
      Files.deleteIfExists(cache);
      if (train(flags, cache)) {
        row(with(options, "-XX:AOTCache=" + cache), STARTS_OF_A_ROW, "AOT cache");
      }
    }
  }

  private boolean train(String flags, Path cache) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder("./build.sh", "aot").redirectErrorStream(true);
    builder.redirectOutput(lab.folder().resolve("train.out").toFile());
    builder.environment().put("AOT_JAVA_OPTS", flags);
    builder.environment().put("AOT_CACHE", cache.toString());
    Process training = builder.start();
    if (!training.waitFor(TRAIN_SECONDS, TimeUnit.SECONDS)) training.destroy();
    if (Files.exists(cache)) return true;
    lab.report().say("no AOT cache with " + flags);
    return false;
  }

  private void title(String title) {
    lab.report().title(title, "flags", "", "first answer ms", "idle resident MB");
  }

  private Start row(List<String> options, int starts, String cache)
      throws IOException, InterruptedException {
    double[] millis = new double[starts];
    double[] resident = new double[starts];
    for (int i = 0; i < starts; i++) {
      try {
        Start start = start(options);
        millis[i] = start.millis;
        resident[i] = start.residentBytes;
      } catch (IOException e) {
        lab.report().fail("llmhop does not start with " + options + ": " + e.getMessage());
        return new Start(Double.NaN, Double.NaN);
      }
    }
    Start median = new Start(Rounds.median(millis), Rounds.median(resident));
    List<String> shown = options.stream().filter(each -> !each.contains("AOTCache")).toList();
    lab.report()
        .row(
            shown.isEmpty() ? "none" : String.join(" ", shown),
            cache,
            Report.number(median.millis, 0),
            Report.number(median.residentBytes / MB, 1));
    return median;
  }

  private Start start(List<String> options) throws IOException, InterruptedException {
    int port = lab.freePort();
    List<String> command = lab.llmhop(port, options);
    byte[] request = Wire.chat(1024);
    long begun = System.nanoTime();
    try (Program program = Program.start("start", lab.folder(), command)) {
      double millis = 0;
      while (millis == 0) {
        try {
          if (!Answer.to(request, port, 5_000).isRight()) throw new IllegalStateException("wrong");
          millis = (System.nanoTime() - begun) / 1e6;
        } catch (IOException e) {
          boolean late = System.nanoTime() - begun > MOST_MILLIS * 1_000_000L;
          if (late || !program.lives()) throw new IOException(program.lastWords(), e);
          Thread.sleep(5);
        }
      }
      Thread.sleep(lab.settings().brief() ? 0 : IDLE_MILLIS);
      return new Start(millis, Memory.resident(program.pids()));
    }
  }

  private static List<String> with(List<String> options, String another) {
    List<String> all = new ArrayList<>(options);
    all.add(another);
    return all;
  }
}
