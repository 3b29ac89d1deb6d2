package chaos;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// A router with few file descriptors, and more callers than that whose requests take long. No
/// backend is blamed for the want, and all works once the callers have left.
final class Descriptors implements Scenario {

  private static final int DESCRIPTORS = 200;
  private static final int CALLERS = 400;
  private static final int PER_SECOND = 50;
  private static final int BACK_MILLIS = 5_000;

  @Override
  public String name() {
    return "descriptors";
  }

  @Override
  public List<Row> run(Lab lab) throws IOException, InterruptedException {
    Scripts scripts = lab.scripts(Script.HANGS, Script.GOOD);
    String models =
        """
        {"hangs": {"urls": [%s], "health": {"path": "/", "every": "1s", "down": 1}},
         "good": {"urls": [%s], "health": {"path": "/", "every": "1s", "down": 1}}}
        """
            .formatted(scripts.url(Script.HANGS), scripts.url(Script.GOOD));
    Router router = lab.routerWith(DESCRIPTORS, models);
    Load.warmUp(router, Ask.of("good"), 20);
    List<Caller> callers = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      Caller caller = new Caller(router.port());
      callers.add(caller);
      try {
        caller.send(Ask.of("hangs"));
      } catch (IOException e) {
        // The router has closed it, or takes no more.
      }
    }
    Thread.sleep(lab.brief() ? 2_500 : 6_000);
    for (Caller caller : callers) caller.close();
    boolean back = Waiting.until(BACK_MILLIS, () -> router.ask(Ask.of("good")).status() == 200);
    Tally after = new Tally();
    Load load = Load.start(router, PER_SECOND, after, i -> Ask.of("good"));
    Thread.sleep(1_000);
    load.stop();
    String output = router.output();
    return List.of(
        new Row(name(), after, "no backend is called down, all answered afterwards")
            .mustAnswerAll()
            .must(back, "it did not come back within " + BACK_MILLIS + " ms")
            .must(!output.contains("is down"), "a backend was called down: " + output));
  }
}
