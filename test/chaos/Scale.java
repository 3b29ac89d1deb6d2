package chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/// A name gets an address, whose engine must get work soon, and loses one, whose engine must get no
/// more and finish what it runs.
final class Scale implements Scenario {

  private static final String OPTIONS = "--model m --ttft 50ms --tokens 20 --tokens-per-second 20";
  private static final int STREAMS_PER_SECOND = 15;
  private static final int SHORT_PER_SECOND = 30;
  private static final int SOON_MILLIS = 8_000;
  private static final int STILL_MILLIS = 1_500;
  private static final long STREAM_NANOS = 1_500_000_000L;

  @Override
  public String name() {
    return "scale";
  }

  @Override
  public List<Row> run(Lab lab) throws IOException, InterruptedException {
    int port = lab.freePort();
    List<Engine> engines = new ArrayList<>();
    for (int i = 1; i <= 3; i++) engines.add(lab.engine("127.0.0." + i, port, OPTIONS));
    for (Engine engine : engines) engine.await();
    Path hosts = lab.folder().resolve("hosts");
    addresses(hosts, 1, 2);
    String models = "{\"m\": {\"urls\": [\"dns+http://fleet.test:%d\"]}}".formatted(port);
    String flag = "-Djdk.net.hosts.file=" + hosts;
    Router router = lab.router(lab.freePort(), "", "", models, flag);

    Load streams = Load.start(router, STREAMS_PER_SECOND, new Tally(), i -> Ask.of("m").streamed());
    Load brief = Load.start(router, SHORT_PER_SECOND, new Tally(), i -> Ask.of("m").tokens(1));
    Thread.sleep(1_000);
    long tooEarly = engines.get(2).finished();
    addresses(hosts, 1, 2, 3);
    long added = System.nanoTime();
    boolean found = Waiting.until(SOON_MILLIS, () -> engines.get(2).finished() > 0);
    double seconds = (System.nanoTime() - added) / 1e9;
    Thread.sleep(lab.brief() ? 0 : 2_000);

    addresses(hosts, 2, 3);
    boolean forgotten = isForgottenSoon(engines.get(0));
    String bar = "all answered; a new address has work within 8 s (%.1f), a removed one no more";
    return List.of(
        new Row("scale: streams of 1 s", streams.stop(), bar.formatted(seconds))
            .mustAnswerAll()
            .must(tooEarly == 0, "an address had work before it was there")
            .must(found, "a new address had no work within 8 s")
            .must(forgotten, "a removed address had work after 8 s"),
        new Row("scale: short requests", brief.stop(), "all answered").mustAnswerAll());
  }

  // Whether it comes to a rest in time: nothing runs, and nothing was finished for a while. A
  // stream
  // may begin in the last moment.
  private static boolean isForgottenSoon(Engine engine) throws InterruptedException {
    long end = System.nanoTime() + SOON_MILLIS * 1_000_000L + STREAM_NANOS;
    long count = engine.finished();
    long since = System.nanoTime();
    while (since < end) {
      Thread.sleep(50);
      long now = engine.finished();
      if (now != count || engine.running() > 0) {
        count = now;
        since = System.nanoTime();
      }
      if (System.nanoTime() - since > STILL_MILLIS * 1_000_000L) return true;
    }
    return false;
  }

  // Replaced in one move, so that nobody reads half of it.
  private static void addresses(Path file, int... lastBytes) throws IOException {
    StringBuilder text = new StringBuilder();
    for (int last : lastBytes) text.append("127.0.0.").append(last).append(" fleet.test\n");
    Path fresh = Files.writeString(file.resolveSibling("hosts.new"), text);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
