package chaos;

import java.io.IOException;
import java.util.List;

/// Engines are restarted one after the other, each with time to finish what it runs: nobody may
/// notice.
final class Restart implements Scenario {

  private static final int ENGINES = 3;
  private static final String OPTIONS = "--model m --ttft 50ms --tokens 20 --tokens-per-second 20";
  private static final int STREAMS_PER_SECOND = 20;
  private static final int SHORT_PER_SECOND = 50;
  private static final int END_SECONDS = 20;

  @Override
  public String name() {
    return "restart";
  }

  @Override
  public List<Row> run(Lab lab) throws IOException, InterruptedException {
    List<Engine> engines = lab.engines(ENGINES, OPTIONS);
    Router router = lab.router("{\"m\": {\"urls\": %s}}".formatted(Lab.urls(engines)));
    Load streams = Load.start(router, STREAMS_PER_SECOND, new Tally(), i -> Ask.of("m").streamed());
    Load brief = Load.start(router, SHORT_PER_SECOND, new Tally(), i -> Ask.of("m").tokens(1));
    Thread.sleep(1_000);
    int killed = 0;
    for (Engine engine : lab.brief() ? engines.subList(0, 2) : engines) {
      if (!engine.stop(END_SECONDS)) killed++;
      engine.start();
      engine.await();
      Thread.sleep(lab.brief() ? 200 : 1_000);
    }
    Tally ofStreams = streams.stop();
    Tally ofShort = brief.stop();
    String ends = killed + " engines did not end within " + END_SECONDS + " s";
    return List.of(
        new Row("restart: streams of 1 s", ofStreams, "all answered, none cut")
            .mustAnswerAll()
            .must(killed == 0, ends),
        new Row("restart: short requests", ofShort, "all answered").mustAnswerAll());
  }
}
