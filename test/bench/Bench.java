package bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/// The benchmark; bench.sh starts it, and says how it is used.
///
/// Arguments: the folder with the configs, and a temporary folder that may be filled.
final class Bench {

  private static final int NOTHING_TO_DO_IT_WITH = 2;

  private Bench() {}

  public static void main(String[] args) throws Exception {
    Settings settings = Settings.fromEnvironment();
    Report report = new Report(!settings.brief());
    Optional<String> missing =
        Stream.of("wrk", "nginx").map(Machine::missing).flatMap(Optional::stream).findFirst();
    if (missing.isPresent()) {
      report.say(missing.get());
      System.exit(NOTHING_TO_DO_IT_WITH);
    }
    report.print(Machine.description(settings));
    report.print(
        "Medians of %d rounds of %d s. CPU is that of the proxy's processes."
            .formatted(settings.rounds(), settings.seconds()));
    Lab lab = new Lab(settings, report, Path.of(args[0]), Path.of(args[1]));
    run(lab, Path.of(args[0]));
    System.exit(report.end() ? 0 : 1);
  }

  private static void run(Lab lab, Path source) throws InterruptedException {
    ClosedLoops closed = new ClosedLoops(lab, new Wrk(lab, source.resolve("load.lua")));
    OpenLoops open = new OpenLoops(lab, closed);
    part(lab, "requests", closed::requests);
    part(lab, "open", open::run);
    part(lab, "streams", new Streams(lab, closed)::run);
    part(lab, "bodies", closed::bodies);
    part(lab, "callers", closed::callers);
    part(lab, "burst", new Burst(lab)::run);
    part(lab, "scan", new ScanRows(lab, source.resolve("Scan.java"))::run);
    part(lab, "syscalls", new SystemCalls(lab, closed, open)::run);
    part(lab, "start", new StartUp(lab)::run);
  }

  // A part that breaks fails the run, but the others are still worth knowing.
  private static void part(Lab lab, String name, Part part) throws InterruptedException {
    if (!lab.settings().runs(name)) return;
    try {
      part.run();
    } catch (IOException | RuntimeException e) {
      lab.report().fail("the part " + name + " broke: " + e);
    }
  }

  private interface Part {
    void run() throws IOException, InterruptedException;
  }
}
