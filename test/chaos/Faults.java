package chaos;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A fleet of two for each fault: a backend that has it, and a good one.
final class Faults implements Scenario {

  private static final int PER_SECOND = 40;
  private static final double MOST_SECONDS_FOR_HANGS = 3;
  // Without a pause for a backend that resets, half of the requests would hit it.
  private static final int WARM_REQUESTS = 50;
  private static final int MOST_RESETS = 12;
  private static final double MOST_RESETS_SHARE = 0.1;

  @Override
  public String name() {
    return "faults";
  }

  @Override
  public List<Row> run(Lab lab) throws IOException, InterruptedException {
    Scripts scripts =
        lab.scripts(Script.RESETS, Script.CUTS, Script.HANGS, Script.BUSY, Script.GOOD);
    String good = scripts.url(Script.GOOD);
    String closed = "\"http://127.0.0.1:" + lab.freePort() + "\"";
    Map<String, String> models = new LinkedHashMap<>();
    models.put("refuses", fleet(closed, good, ""));
    models.put("resets", fleet(scripts.url(Script.RESETS), good, ""));
    models.put("cuts", fleet(scripts.url(Script.CUTS), good, ""));
    models.put(
        "hangs",
        fleet(scripts.url(Script.HANGS), good, ", \"timeouts\": {\"firstByte\": \"500ms\"}"));
    models.put("busy", fleet(scripts.url(Script.BUSY), good, ", \"retries\": 2"));
    List<String> entries = new ArrayList<>();
    models.forEach((name, value) -> entries.add("\"" + name + "\": " + value));
    Router router = lab.router("{" + String.join(", ", entries) + "}");

    Load.warmUp(router, Ask.of("busy"), WARM_REQUESTS);
    Load refuses = load(router, "refuses", new Tally());
    Load resets = load(router, "resets", new Tally("backend_bad_reply"));
    Load cuts = load(router, "cuts", new Tally());
    Load hangs = load(router, "hangs", new Tally("backend_timeout"));
    Load busy = load(router, "busy", new Tally());
    Thread.sleep(lab.brief() ? 1_500 : 5_000);
    for (Load load : List.of(refuses, resets, cuts, hangs, busy)) load.stop();
    return List.of(
        new Row("faults: refuses", refuses.tally(), "all answered").mustAnswerAll(),
        resets(resets.tally()),
        cuts(cuts.tally()),
        hangs(hangs.tally()),
        new Row("faults: busy", busy.tally(), "all answered").mustAnswerAll());
  }

  private static String fleet(String bad, String good, String more) {
    return "{\"urls\": [%s, %s]%s}".formatted(bad, good, more);
  }

  private static Load load(Router router, String model, Tally tally) {
    boolean streams = model.equals("cuts");
    return Load.start(router, PER_SECOND, tally, i -> Ask.of(model).streamed(streams));
  }

  // The request may have run, so that the router can't repeat it: this is honest, but has to end.
  private static Row resets(Tally tally) {
    int most = (int) Math.max(MOST_RESETS, tally.sent() * MOST_RESETS_SHARE);
    return new Row("faults: resets", tally, "at most %d are 502".formatted(most))
        .mustCountAll()
        .must(tally.refused() <= most, tally.refused() + " were 502, more than " + most)
        .must(tally.failed() + tally.lost() == 0, "not all of the others were answered");
  }

  private static Row cuts(Tally tally) {
    return new Row("faults: cuts", tally, "lost only after the first byte, and visibly")
        .mustCountAll()
        .must(tally.lost() > 0, "no stream was cut: nothing was tried")
        .must(tally.silent() == 0, tally.silent() + " were lost before the first byte")
        .must(tally.failed() == 0, tally.failed() + " failed, or looked whole and weren't");
  }

  private static Row hangs(Tally tally) {
    double slowest = tally.slowestSeconds();
    return new Row("faults: hangs", tally, "answered, or 504 in time")
        .mustCountAll()
        .must(tally.refused() > 0, "no answer was waited for: nothing was tried")
        .must(slowest < MOST_SECONDS_FOR_HANGS, "the slowest took " + slowest + " s")
        .must(tally.failed() + tally.lost() == 0, "not all of the others were answered");
  }
}
