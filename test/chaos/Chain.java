package chaos;

import java.io.IOException;
import java.util.List;

/// A router behind a router passes on who asked for what; two that send to each other notice.
final class Chain implements Scenario {

  private static final int CALLERS = 20;
  private static final int LOOPS = 5;
  private static final double MOST_SECONDS_FOR_LOOPS = 2;
  private static final String TRACE = "00-4bf92f3577b34da6a3ce929d0e0e47%02x-00f067aa0ba902b7-01";

  @Override
  public String name() {
    return "chain";
  }

  @Override
  public List<Row> run(Lab lab) throws IOException, InterruptedException {
    Scripts scripts = lab.scripts(Script.GOOD);
    int first = lab.freePort();
    int second = lab.freePort();
    lab.router(
        second,
        "",
        "\"instance\": \"chaos-2\",",
        "{\"m\": {\"url\": %s}, \"loop\": {\"url\": \"http://127.0.0.1:%d\"}}"
            .formatted(scripts.url(Script.GOOD), first));
    Router router =
        lab.router(
            first,
            "",
            "\"instance\": \"chaos-1\",",
            "{\"m\": {\"url\": \"http://127.0.0.1:%d\"}, \"loop\": {\"url\": \"http://127.0.0.1:%d\"}}"
                .formatted(second, second));
    return List.of(passedOn(router, scripts), loops(router));
  }

  private static Row passedOn(Router router, Scripts scripts) throws InterruptedException {
    Tally tally = new Tally();
    Load.atOnce(
        CALLERS,
        caller -> {
          tally.sending();
          tally.add(
              router.ask(
                  Ask.of("m")
                      .streamed(caller % 2 == 0)
                      .header("X-Request-Id", id(caller))
                      .header("traceparent", TRACE.formatted(caller))));
        });
    Row row = new Row("chain: two routers", tally, "ids and traces arrive as they were sent");
    row.mustAnswerAll();
    List<String> heads = scripts.seen(Script.GOOD).heads();
    for (int caller = 0; caller < CALLERS; caller++) {
      String id = id(caller);
      String trace = TRACE.formatted(caller);
      long kept =
          heads.stream()
              .filter(head -> Answer.field(head, "X-Request-Id").startsWith(id))
              .filter(head -> Answer.field(head, "traceparent").equals(trace))
              .count();
      row.must(kept == 1, kept + " requests with the id and trace of " + id);
    }
    return row;
  }

  // No id begins with another one.
  private static String id(int caller) {
    return "chaos-%02d-end".formatted(caller);
  }

  private static Row loops(Router router) throws InterruptedException {
    Tally tally = new Tally("loop_detected");
    Load.atOnce(
        LOOPS,
        caller -> {
          tally.sending();
          tally.add(router.ask(Ask.of("loop")));
        });
    double slowest = tally.slowestSeconds();
    return new Row("chain: a loop", tally, "508 loop_detected at once")
        .mustCountAll()
        .must(tally.refused() == tally.sent(), "not all were refused as loops")
        .must(slowest < MOST_SECONDS_FOR_LOOPS, "the slowest took " + slowest + " s");
  }
}
