package chaos;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// A request that kills the backend that reads it, seconds later, on a kept connection. One backend
/// of three dies, and its caller is told that the request may have run.
final class Poison implements Scenario {

  private static final int BACKENDS = 3;
  private static final int PER_SECOND = 50;

  @Override
  public String name() {
    return "poison";
  }

  @Override
  public List<Row> run(Lab lab) throws IOException, InterruptedException {
    List<Row> rows = new ArrayList<>();
    rows.add(row(lab, "poison: retries unset", ""));
    if (!lab.brief()) rows.add(row(lab, "poison: 5 retries", ", \"retries\": 5"));
    return rows;
  }

  private static Row row(Lab lab, String title, String members)
      throws IOException, InterruptedException {
    List<Scripts> backends = new ArrayList<>();
    List<String> urls = new ArrayList<>();
    for (int i = 0; i < BACKENDS; i++) {
      Scripts backend = lab.scripts(Script.DIES);
      backends.add(backend);
      urls.add(backend.url(Script.DIES));
    }
    Router router =
        lab.router("{\"m\": {\"urls\": [%s]%s}}".formatted(String.join(", ", urls), members));
    Tally others = new Tally();
    // So few that none of them is in the hands of the backend that dies.
    Load.warmUp(router, Ask.of("m"), 20);
    Answer poisoned = router.ask(Ask.of("m").user(ScriptedConnection.POISON));
    Load load = Load.start(router, PER_SECOND, others, i -> Ask.of("m"));
    Thread.sleep(lab.brief() ? 1_500 : 4_000);
    load.stop();
    int dead = 0;
    for (Scripts backend : backends) {
      if (!backend.live()) dead++;
    }
    boolean told = poisoned.status() == 502 && poisoned.field("x-should-retry").equals("false");
    return new Row(title, others, "one backend of three dies, the poison is 502, others answered")
        .mustAnswerAll()
        .must(dead == 1, dead + " backends died")
        .must(told, "the caller of the poison was told: " + poisoned);
  }
}
