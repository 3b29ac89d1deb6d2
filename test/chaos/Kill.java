package chaos;

import java.io.IOException;
import java.util.List;

/// An engine is killed under load, and comes back: only what was in its hands may fail.
final class Kill implements Scenario {

  private static final int PER_SECOND = 500;
  private static final int BRIEF_PER_SECOND = 200;
  private static final String OPTIONS = "--model m --ttft 5ms --tokens 4 --tokens-per-second 2000";
  private static final int ENGINES = 4;
  private static final int WARM_REQUESTS = 100;
  private static final int SPARE = 5;
  private static final int BACK_MILLIS = 8_000;

  @Override
  public String name() {
    return "kill";
  }

  @Override
  public List<Row> run(Lab lab) throws IOException, InterruptedException {
    int quarter = lab.brief() ? 750 : 2_500;
    List<Engine> engines = lab.engines(ENGINES, OPTIONS);
    Router router = lab.router("{\"m\": {\"urls\": %s}}".formatted(Lab.urls(engines)));
    Load.warmUp(router, Ask.of("m").streamed(true), WARM_REQUESTS);
    Tally tally = new Tally();
    int perSecond = lab.brief() ? BRIEF_PER_SECOND : PER_SECOND;
    Load load =
        Load.start(router, perSecond, tally, i -> Ask.of("m").streamed(i % 2 == 0).user("k-" + i));
    Thread.sleep(quarter);
    int before = tally.from("m#2");
    Thread.sleep(quarter);
    // It takes connections until its memory is cleared away, which may be a tenth of a second.
    int inHands = load.running() - tally.sent();
    engines.get(1).kill();
    inHands += tally.sent();
    Thread.sleep(lab.brief() ? 1_000 : 3_000);
    int meanwhile = tally.from("m#2");
    engines.get(1).start();
    engines.get(1).await();
    Thread.sleep(quarter);
    boolean back = Waiting.until(BACK_MILLIS, () -> tally.from("m#2") > meanwhile);
    load.stop();
    int allowed = inHands / ENGINES + SPARE;
    int gone = tally.failed() + tally.lost();
    String bar = "at most %d, a share of the %d around the kill".formatted(allowed, inHands);
    return List.of(
        new Row(name(), tally, bar)
            .mustCountAll()
            .must(gone <= allowed, gone + " failed or were lost, more than " + allowed)
            .must(before > 0, "m#2 had nothing before it was killed")
            .must(back, "m#2 got nothing after it came back"));
  }
}
