package chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The config of a router under load is changed again and again, also into broken ones: nobody
/// notices but those whom a change is about, and nothing is left of the old ones.
final class Reload implements Scenario {

  private static final String OPTIONS =
      "--model streams --model pair --model resets --model limited --model guest"
          + " --ttft 50ms --tokens 20 --tokens-per-second 20";
  private static final int CHANGES = 100;
  private static final int BRIEF_CHANGES = 15;
  private static final int WARM_UP_CHANGES = 2;
  private static final int UNWELL_MILLIS = 8_000;
  private static final int SETTLED_MILLIS = 8_000;
  private static final int MORE_THREADS = 6;
  private static final int MORE_FILES = 10;
  private static final double MOST_OF_OBJECTS = 1.5;
  private static final double MOST_OF_BYTES = 1.3;

  /// What the router holds when nobody asks.
  private record Quiet(Vitals vitals, Vitals.Heap heap) {}

  @Override
  public String name() {
    return "reload";
  }

  @Override
  public List<Row> run(Lab lab) throws IOException, InterruptedException {
    Scripts scripts = lab.scripts(Script.GOOD, Script.UNWELL, Script.RESETS);
    Path secret = lab.folder().resolve("secret");
    Files.writeString(secret, Token.of("file").secret());
    Revision.Place place =
        new Revision.Place(
            lab.freePort(),
            lab.engines(2, OPTIONS),
            scripts.url(Script.GOOD),
            scripts.url(Script.UNWELL),
            scripts.url(Script.RESETS),
            secret);
    ConfigPlace file = new ConfigPlace(lab.folder().resolve("conf"), new Revision(0, place).text());
    Router router = lab.router(place.port(), Revision.KEEPER.secret(), file.file());
    Changes changes = new Changes(router, file, place);
    boolean unwell = Waiting.until(UNWELL_MILLIS, () -> knowsUnwell(router));

    // It has done all of it once before it is looked at.
    Traffic warm = new Traffic(router, changes.revisions());
    changes.make(WARM_UP_CHANGES);
    warm.stop();
    Quiet before = quiet(router);
    Scripts.Seen good = scripts.seen(Script.GOOD);
    int atUnwell = scripts.seen(Script.UNWELL).executed();
    Traffic traffic = new Traffic(router, changes.revisions());
    changes.make(lab.brief() ? BRIEF_CHANGES : CHANGES);
    traffic.stop();
    int connections = scripts.seen(Script.GOOD).connections() - good.connections();
    List<Row> rows =
        new ArrayList<>(
            traffic.rows(connections, scripts.seen(Script.UNWELL).executed() - atUnwell));
    rows.add(changes.ofGood().must(unwell, "nobody noticed that an engine is unwell"));
    rows.add(changes.ofBroken());
    rows.add(afterwards(router, before));
    return rows;
  }

  private static boolean knowsUnwell(Router router) {
    return router.get("/llmhop/status").body().contains("unwell");
  }

  private static Quiet quiet(Router router) throws IOException, InterruptedException {
    router.held();
    return new Quiet(router.vitals(), router.heap());
  }

  // Connections that nobody uses are closed after a while, and so are retired fleets.
  private static Row afterwards(Router router, Quiet before)
      throws IOException, InterruptedException {
    Tally tally = new Tally();
    tally.sending();
    tally.add(router.ask(Ask.of("steady").token(Revision.KEEPER.secret())));
    int threads = before.vitals().threads() + MORE_THREADS;
    int files = before.vitals().files() + MORE_FILES;
    boolean settled =
        Waiting.until(
            SETTLED_MILLIS,
            () -> {
              Vitals now = router.vitals();
              return now.threads() <= threads && now.files() <= files;
            });
    Quiet after = quiet(router);
    double objects = (double) after.heap().own() / before.heap().own();
    double bytes = (double) after.heap().bytes() / before.heap().bytes();
    String what = "threads, files, objects (x %.2f), bytes (x %.2f) as before; no secret told";
    return new Row("reload: afterwards", tally, what.formatted(objects, bytes))
        .mustAnswerAll()
        .must(settled, "it has " + after.vitals() + ", before " + before.vitals())
        .must(objects <= MOST_OF_OBJECTS, "it has " + after.heap() + ", before " + before.heap())
        .must(bytes <= MOST_OF_BYTES, "it has " + after.heap() + ", before " + before.heap())
        .must(!router.output().contains(Token.SECRET), "it told a secret");
  }
}
