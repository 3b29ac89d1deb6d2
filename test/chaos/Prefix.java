package chaos;

import java.io.IOException;
import java.util.List;

/// Conversations go to the engine that has their beginning in its cache; a beginning that all have
/// still spreads over all engines.
final class Prefix implements Scenario {

  // With fewer, a conversation that is moved about finds itself in a cache half of the time.
  private static final int ENGINES = 6;
  private static final String OPTIONS =
      "--model prefix --model busy --prefix-cache 20000 --ttft 400ms --tokens 40"
          + " --tokens-per-second 100";
  private static final double LEAST_RATIO = 3;
  private static final int LEAST_STAYED_PERCENT = 40;
  private static final int HOT = 32;
  private static final int MOST_AT_ONE = (int) (1.25 * HOT / ENGINES) + 2;

  @Override
  public String name() {
    return "prefix";
  }

  @Override
  public List<Row> run(Lab lab) throws IOException, InterruptedException {
    String urls = Lab.urls(lab.engines(ENGINES, OPTIONS));
    Router router =
        lab.router(
            """
            {"busy": {"urls": %s, "balance": "least-busy"},
             "prefix": {"urls": %s, "balance": {"policy": "prefix", "bytes": 1024}}}\
            """
                .formatted(urls, urls));
    Conversations busy = Conversations.with(router, "busy");
    Conversations prefix = Conversations.with(router, "prefix");
    double ratio = busy.medianMillis() / prefix.medianMillis();
    String bar = "first token %.1f times faster, at least %.0f; %s";
    return List.of(
        new Row("prefix: least-busy", busy.tally(), "all answered; " + told(busy)).mustAnswerAll(),
        new Row("prefix: prefix", prefix.tally(), bar.formatted(ratio, LEAST_RATIO, told(prefix)))
            .mustAnswerAll()
            .must(ratio >= LEAST_RATIO, "only %.1f times faster".formatted(ratio))
            .must(prefix.stayedPercent() >= LEAST_STAYED_PERCENT, "conversations are moved about"),
        hot(router, lab.brief() ? 1 : 4));
  }

  private static String told(Conversations all) {
    return "median %.0f ms, %d %% stayed".formatted(all.medianMillis(), all.stayedPercent());
  }

  // All ask the same and overlap: each engine must have its share.
  private static Row hot(Router router, int times) throws InterruptedException {
    String beginning = Conversations.beginning("hot", 0);
    Ask ask =
        Ask.of("prefix")
            .streamed()
            .messages("[" + Conversations.message("system", beginning) + "]");
    Tally all = new Tally();
    int most = 0;
    for (int time = 0; time < times; time++) {
      Tally wave = new Tally();
      Load.atOnce(
          HOT,
          caller -> {
            all.sending();
            wave.add(all.add(router.ask(ask)));
          });
      most = Math.max(most, wave.busiest());
    }
    String bar = "the busiest of %d has %d of %d at once, at most %d";
    return new Row("prefix: hot", all, bar.formatted(ENGINES, most, HOT, MOST_AT_ONE))
        .mustAnswerAll()
        .must(most > 0 && most <= MOST_AT_ONE, "one engine has " + most + " of " + HOT);
  }
}
