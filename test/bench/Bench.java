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

  private static void run(Lab lab, Path source) throws IOException, InterruptedException {
    Settings settings = lab.settings();
    ClosedLoops closed = new ClosedLoops(lab, new Wrk(lab, source.resolve("load.lua")));
    OpenLoops open = new OpenLoops(lab, closed);
    if (settings.runs("requests")) closed.requests();
    if (settings.runs("open")) open.run();
    if (settings.runs("streams")) new Streams(lab, closed).run();
    if (settings.runs("bodies")) closed.bodies();
    if (settings.runs("callers")) closed.callers();
    if (settings.runs("burst")) new Burst(lab).run();
    if (settings.runs("scan")) new ScanRows(lab, source.resolve("Scan.java")).run();
    if (settings.runs("syscalls")) new SystemCalls(lab, closed, open).run();
    if (settings.runs("start")) new StartUp(lab).run();
  }
}
