package chaos;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

/// Backends close kept connections just when the next request comes, as uvicorn does after 5 s: no
/// caller may notice, and no request may run twice.
final class Keepalive implements Scenario {

  private static final List<Script> SCRIPTS =
      List.of(Script.CLOSES, Script.RACES, Script.RESETS_NEXT, Script.CLOSES_NEXT);
  private static final int CALLERS = 5;
  private static final long MOST_PAUSE_NANOS = 2_000_000;

  @Override
  public String name() {
    return "keepalive";
  }

  @Override
  public List<Row> run(Lab lab) throws IOException, InterruptedException {
    int requests = (lab.brief() ? 1_000 : 10_000) / SCRIPTS.size();
    Scripts scripts = lab.scripts(SCRIPTS.toArray(Script[]::new));
    List<String> models = new ArrayList<>();
    for (Script script : SCRIPTS) {
      models.add("\"%s\": {\"url\": %s}".formatted(script, scripts.url(script)));
    }
    Router router = lab.router("{" + String.join(", ", models) + "}");
    List<Row> rows = new ArrayList<>();
    for (Script script : SCRIPTS) {
      Tally tally = new Tally();
      Load.atOnce(CALLERS, caller -> ask(router, script, caller, requests / CALLERS, tally));
      Scripts.Seen seen = scripts.seen(script);
      String each = seen.executed() + " runs of " + seen.distinct() + " requests";
      rows.add(
          new Row("keepalive: " + script, tally, "all answered, each run once")
              .mustAnswerAll()
              .must(tally.sent() == requests, "only " + tally.sent() + " were sent")
              .must(seen.executed() == requests && seen.distinct() == requests, each));
    }
    return rows;
  }

  private static void ask(Router router, Script script, int caller, int count, Tally tally) {
    try (Caller connection = new Caller(router.port())) {
      for (int i = 0; i < count; i++) {
        tally.sending();
        Ask ask = Ask.of(script.toString()).streamed(i % 4 == 0).user(caller + "-" + i);
        tally.add(connection.ask(ask));
        LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(MOST_PAUSE_NANOS));
      }
    }
  }
}
