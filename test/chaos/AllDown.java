package chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/// No backend is left: callers are told so at once, or wait for one where the config says so.
final class AllDown implements Scenario {

  private static final String OPTIONS =
      "--model refusing --model waiting --ttft 5ms --tokens 4 --tokens-per-second 2000";
  private static final String HEALTH =
      """
      "health": {"path": "/health", "every": "1s", "timeout": "1s", "down": 2, "up": 1}\
      """;
  private static final int CALLERS = 20;
  private static final int NOTICED_MILLIS = 10_000;
  private static final int BACK_AFTER_MILLIS = 2_000;

  @Override
  public String name() {
    return "alldown";
  }

  @Override
  public List<Row> run(Lab lab) throws IOException, InterruptedException {
    List<Engine> engines = lab.engines(2, OPTIONS);
    String urls = Lab.urls(engines);
    Router router =
        lab.router(
            """
            {"refusing": {"urls": %s, %s, "whenAllDown": "refuse"},
             "waiting": {"urls": %s, %s, "waitForBackend": "20s"}}\
            """
                .formatted(urls, HEALTH, urls, HEALTH));
    Tally before = new Tally();
    for (String model : List.of("refusing", "waiting")) {
      before.sending();
      before.add(router.ask(Ask.of(model)));
    }
    for (Engine engine : engines) engine.kill();
    boolean noticed =
        Waiting.until(
            NOTICED_MILLIS,
            () -> router.ask(Ask.of("refusing")).code().equals("no_healthy_backend"));
    Row refused = refused(router);
    refused.must(noticed, "nobody noticed that all are down");
    Row left = left(router);
    return List.of(
        new Row("alldown: before", before, "all answered").mustAnswerAll(),
        refused,
        left,
        waited(router, engines.get(0)));
  }

  private static Row refused(Router router) throws InterruptedException {
    Tally tally = new Tally("no_healthy_backend");
    List<String> hints = new ArrayList<>();
    Load.atOnce(
        CALLERS,
        caller -> {
          tally.sending();
          Answer answer = tally.add(router.ask(Ask.of("refusing").streamed(caller % 2 == 0)));
          synchronized (hints) {
            if (answer.status() == 503) hints.add(answer.field("Retry-After"));
          }
        });
    return new Row("alldown: refuse", tally, "503 no_healthy_backend with Retry-After")
        .mustCountAll()
        .must(tally.refused() == tally.sent(), "not all were 503 no_healthy_backend")
        .must(hints.stream().allMatch(hint -> hint.matches("[0-9]+")), "Retry-After: " + hints);
  }

  // Whoever hangs up while waiting is forgotten.
  private static Row left(Router router) throws IOException, InterruptedException {
    Tally tally = new Tally();
    List<Caller> callers = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      Caller caller = new Caller(router.port());
      tally.sending();
      caller.send(Ask.of("waiting"));
      callers.add(caller);
    }
    Thread.sleep(300);
    long waiting = router.inFlight();
    for (Caller caller : callers) caller.close();
    Row row = new Row("alldown: hang up while waiting", tally, "nothing is held for them");
    row.must(waiting == CALLERS, "only " + waiting + " waited");
    router.held().ifPresent(held -> row.must(false, held));
    return row;
  }

  private static Row waited(Router router, Engine engine) throws IOException, InterruptedException {
    Tally tally = new Tally();
    Thread starter = Thread.ofVirtual().unstarted(() -> startLater(engine));
    starter.start();
    Load.atOnce(
        CALLERS,
        caller -> {
          tally.sending();
          tally.add(router.ask(Ask.of("waiting").streamed(caller % 2 == 0)));
        });
    starter.join();
    engine.await();
    return new Row("alldown: wait", tally, "all answered once a backend is back").mustAnswerAll();
  }

  private static void startLater(Engine engine) {
    try {
      Thread.sleep(BACK_AFTER_MILLIS);
      engine.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
