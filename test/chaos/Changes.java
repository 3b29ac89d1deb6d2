package chaos;

import chaos.ConfigPlace.Way;
import chaos.Revision.Fault;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Changes the config of a router that runs, again and again, and looks when it notices.
final class Changes {

  /// What a router may take for it that looks at its files.
  static final int MOST_MILLIS = Revision.WATCH_MILLIS + 1_000;

  private static final int GIVE_UP_MILLIS = 8_000;
  private static final int STORM = 20;
  private static final int UNDER_BROKEN_MILLIS = 50;

  private final Router router;
  private final ConfigPlace file;
  private final Revision.Place place;
  private final Revisions revisions = new Revisions();
  private final Tally good = new Tally();
  private final Tally broken = new Tally();
  private final Row ofBroken;
  private final List<String> wrong = new ArrayList<>();
  private double slowestSignalled;
  private double slowestWatched;
  private int number;

  /// @param router that runs with revision 0
  Changes(Router router, ConfigPlace file, Revision.Place place) {
    this.router = router;
    this.file = file;
    this.place = place;
    revisions.written(new Revision(0, place));
    ofBroken = new Row("reload: broken files", broken, "old config goes on; /health says stale");
  }

  Revisions revisions() {
    return revisions;
  }

  /// So many more, some of them with a broken one before.
  void make(int count) throws IOException, InterruptedException {
    for (int i = 0; i < count; i++) {
      number++;
      Way way = Way.values()[number / 5 % Way.values().length];
      if (number % 5 == 1) breakIt(Fault.values()[number / 5 % Fault.values().length], way);
      change(way, number % 5 != 3);
    }
  }

  private void change(Way way, boolean signals) throws IOException, InterruptedException {
    Revision next = new Revision(number, place);
    revisions.written(next);
    write(next.text(), way, signals);
    long begun = System.nanoTime();
    good.sending();
    Answer[] models = new Answer[1];
    Waiting.until(
        GIVE_UP_MILLIS,
        () -> {
          models[0] = router.get("/v1/models");
          return models[0].body().contains('"' + next.mark() + '"');
        });
    double seconds = (System.nanoTime() - begun) / 1e9;
    boolean noticed = models[0].body().contains('"' + next.mark() + '"');
    String what = "revision %d (%s, %s)".formatted(number, word(way), signals ? "HUP" : "watched");
    if (!noticed) wrong.add(what + " is not in use");
    good.add(models[0]);
    // Where it isn't, what went before may be in use for ever.
    if (noticed) revisions.isInUse();
    if (signals) slowestSignalled = Math.max(slowestSignalled, seconds);
    else slowestWatched = Math.max(slowestWatched, seconds);
    if (isStale()) wrong.add("the config is stale after " + what);
  }

  private void breakIt(Fault fault, Way way) throws IOException, InterruptedException {
    boolean signals = number % 2 == 0;
    String what = "%s (%s)".formatted(fault, word(way));
    int before = router.output().length();
    write(new Revision(number, place).broken(fault), way, signals);
    broken.sending();
    ofBroken.must(Waiting.until(MOST_MILLIS, this::isStale), what + " isn't told in /health");
    Thread.sleep(UNDER_BROKEN_MILLIS);
    broken.add(router.get("/v1/models"));
    String said = router.output().substring(before);
    ofBroken.must(said.contains(fault.told()), what + " isn't told: " + said.strip());
  }

  private void write(String text, Way way, boolean signals)
      throws IOException, InterruptedException {
    file.write(text, way);
    if (signals) router.hangUp(number % 5 == 0 ? STORM : 1);
  }

  private boolean isStale() {
    return router.get("/health").body().replace(" ", "").contains("\"config\":\"stale\"");
  }

  private static String word(Way way) {
    return way.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  Row ofGood() {
    String bar = "each in use within %.0f s (%.2f s) of a write, soon (%.2f s) after HUP";
    double most = MOST_MILLIS / 1e3;
    Row row =
        new Row("reload: changes", good, bar.formatted(most, slowestWatched, slowestSignalled));
    return row.mustAnswerAll()
        .must(wrong.isEmpty(), wrong.toString())
        .must(slowestWatched <= most, "a change was noticed after " + slowestWatched + " s")
        .must(slowestSignalled <= most, "a signal was heeded after " + slowestSignalled + " s");
  }

  Row ofBroken() {
    return ofBroken.mustAnswerAll();
  }
}
