package chaos;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/// The scenarios, one after the other; chaos.sh starts it, and says how it is used.
///
/// Argument: a temporary folder that may be filled.
final class Chaos {

  private static final int MOST_SECONDS = 90;
  private static final int BRIEF_LANES = 2;
  private static final int BROKEN = 1;
  private static final int NOTHING_TO_DO_IT_WITH = 2;

  // In an order that lets a short run, which has two lanes, do what waits beside what works.
  private static final List<Scenario> SCENARIOS =
      List.of(
          new Kill(),
          new Scale(),
          new Restart(),
          new Limits(),
          new Reload(),
          new AllDown(),
          new Keepalive(),
          new Faults(),
          new Fallback(),
          new Chain(),
          new Poison(),
          new Stuck(),
          new Descriptors(),
          new Floods(),
          new Prefix(),
          new Hostile(),
          new Unread(),
          new SmallHeap());

  private final Settings settings;
  private final Path folder;
  private final Report report = new Report();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());

  private Chaos(Settings settings, Path folder) {
    this.settings = settings;
    this.folder = folder;
  }

  public static void main(String[] args) throws Exception {
    Settings settings = Settings.fromEnvironment();
    List<String> names = SCENARIOS.stream().map(Scenario::name).toList();
    if (!names.containsAll(settings.only())) {
      System.err.println("chaos: CHAOS_ONLY knows " + names + ", not all of " + settings.only());
      System.exit(NOTHING_TO_DO_IT_WITH);
    }
    System.exit(new Chaos(settings, Path.of(args[0])).runAll() ? 0 : BROKEN);
  }

  private boolean runAll() throws InterruptedException, ExecutionException {
    report.begin();
    ExecutorService lanes =
        Executors.newFixedThreadPool(
            settings.brief() ? BRIEF_LANES : 1, Thread.ofPlatform().daemon().factory());
    List<Future<List<Row>>> results = new ArrayList<>();
    for (Scenario scenario : SCENARIOS) {
      if (settings.runs(scenario)) results.add(lanes.submit(() -> run(scenario)));
    }
    for (Future<List<Row>> result : results) result.get().forEach(report::row);
    return report.end();
  }

  private List<Row> run(Scenario scenario) throws InterruptedException {
    report.say(scenario.name() + " ...");
    long begun = System.nanoTime();
    List<Row> rows = new ArrayList<>();
    try {
      rows.addAll(runWithin(new Lab(settings, folder.resolve(scenario.name())), scenario));
    } catch (IOException | RuntimeException e) {
      rows.add(Row.unfinished(scenario.name(), "it broke: " + e));
    }
    double seconds = (System.nanoTime() - begun) / 1e9;
    report.say("%s took %.1f s".formatted(scenario.name(), seconds));
    return rows;
  }

  private List<Row> runWithin(Lab lab, Scenario scenario) throws IOException, InterruptedException {
    // Whoever waits for a process that is gone waits no longer.
    ScheduledFuture<?> limit =
        clock.schedule(lab::killAll, MOST_SECONDS + settings.seconds(), TimeUnit.SECONDS);
    try {
      List<Row> rows = new ArrayList<>(scenario.run(lab));
      for (String what : lab.close()) rows.add(Row.unfinished(scenario.name(), what));
      return rows;
    } finally {
      if (!limit.cancel(false)) report.say(scenario.name() + " was ended after its time");
      lab.killAll();
    }
  }
}
