package chaos;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Hostile backends, and callers of theirs that misbehave, beside innocent callers of another
/// model, whose every byte must be their own. The router checks its pooled buffers.
final class Hostile implements Scenario {

  private static final String CHECKED = "-Dllmhop.checkBuffers=true";
  // More threads than processors, so that each of them is interrupted anywhere.
  private static final String CARRIERS = "-Djdk.virtualThreadScheduler.parallelism=16";
  private static final int HOSTILE_CALLERS = 24;
  private static final int WARM_REQUESTS = 20;
  private static final int LARGE = 150_000;

  @Override
  public String name() {
    return "hostile";
  }

  @Override
  public List<Row> run(Lab lab) throws IOException, InterruptedException {
    Scripts scripts = lab.scripts(Script.HOSTILE, Script.HINTS, Script.ECHOES);
    String models =
        "{\"hostile\": {\"url\": %s}, \"hints\": {\"url\": %s}, \"good\": {\"url\": %s}}"
            .formatted(
                scripts.url(Script.HOSTILE), scripts.url(Script.HINTS), scripts.url(Script.ECHOES));
    Router router = lab.router(lab.freePort(), "", "", models, CHECKED, CARRIERS);
    Load.warmUp(router, Ask.of("good"), WARM_REQUESTS);

    String large = "[{\"role\":\"user\",\"content\":\"" + "w".repeat(LARGE) + "\"}]";
    HostileCallers hostile = HostileCallers.start(router, "hostile", HOSTILE_CALLERS, false);
    HostileCallers waiting = HostileCallers.start(router, "hints", HOSTILE_CALLERS, true);
    Innocents brief = Innocents.start(router, 4, i -> Ask.of("good").user("brief " + i));
    Innocents bodies =
        Innocents.start(router, 1, i -> Ask.of("good").user("large " + i).messages(large));
    Innocents streams =
        Innocents.start(router, 2, i -> Ask.of("good").user("stream " + i).streamed());
    Thread.sleep(lab.hostileMillis());

    List<Row> rows = new ArrayList<>();
    rows.add(brief.stop("hostile: short answers of others"));
    rows.add(bodies.stop("hostile: large bodies of others"));
    rows.add(streams.stop("hostile: streams of others"));
    hostile.stop();
    waiting.stop();
    Row last = afterwards(router, scripts, hostile.sent() + waiting.sent());
    for (String each : hostile.wrong()) last.must(false, each);
    for (String each : waiting.wrong()) last.must(false, each);
    rows.add(last);
    return rows;
  }

  private static Row afterwards(Router router, Scripts scripts, int requests)
      throws IOException, InterruptedException {
    Tally tally = new Tally();
    int connections =
        scripts.seen(Script.HOSTILE).connections() + scripts.seen(Script.HINTS).connections();
    String bar = "%d hostile requests, %d hostile connections; no buffer has two owners";
    Row row =
        new Row("hostile: afterwards", tally, bar.formatted(requests, connections))
            .must(
                connections > HOSTILE_CALLERS, "hardly any hostile connection: nothing was tried");
    router.held().ifPresent(held -> row.must(false, held));
    tally.sending();
    tally.add(router.ask(Ask.of("good")));
    String output = router.output();
    row.must(!output.contains("buffer check:"), "a buffer has two owners: see the router's output");
    row.must(!output.contains("internal error"), "an internal error: see the router's output");
    return row.mustAnswerAll();
  }
}
