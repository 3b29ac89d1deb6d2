package chaos;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

/// Conversations go to the engine that has their beginning in its cache; a beginning that all have
/// still spreads over all engines.
final class Prefix implements Scenario {

  private static final int ENGINES = 4;
  private static final String OPTIONS =
      "--model prefix --model busy --prefix-cache 20000 --ttft 400ms --tokens 40"
          + " --tokens-per-second 100";
  private static final int CONVERSATIONS = 24;
  private static final int TURNS = 4;
  private static final int ANSWER_TOKENS = 8;
  private static final int SYSTEM_CHARS = 2048;
  private static final long MOST_PAUSE_NANOS = 100_000_000;
  private static final double LEAST_RATIO = 3;
  private static final int HOT = 32;
  private static final int MOST_AT_ONE = (int) (1.25 * HOT / ENGINES) + 2;

  @Override
  public String name() {
    return "prefix";
  }

  @Override
  public List<Row> run(Lab lab) throws IOException, InterruptedException {
    List<Engine> engines = lab.engines(ENGINES, OPTIONS);
    String urls = Lab.urls(engines);
    Router router =
        lab.router(
            """
            {"busy": {"urls": %s, "balance": "least-busy"},
             "prefix": {"urls": %s, "balance": {"policy": "prefix", "bytes": 1024}}}\
            """
                .formatted(urls, urls));
    Tally tallyOfBusy = new Tally();
    Tally tallyOfPrefix = new Tally();
    double busy = median(talk(router, "busy", tallyOfBusy));
    double prefix = median(talk(router, "prefix", tallyOfPrefix));
    String medians =
        "first token of turns 2 to 4: %.0f ms, least-busy %.0f, ratio %.1f, at least %.0f"
            .formatted(prefix, busy, busy / prefix, LEAST_RATIO);
    List<Row> rows = new ArrayList<>();
    rows.add(new Row("prefix: least-busy", tallyOfBusy, "all answered").mustAnswerAll());
    rows.add(
        new Row("prefix: conversations", tallyOfPrefix, medians)
            .mustAnswerAll()
            .must(busy / prefix >= LEAST_RATIO, medians));
    rows.add(hot(router, lab.brief() ? 1 : 4));
    return rows;
  }

  // The times to the first token of all turns but the first, in milliseconds.
  private static List<Double> talk(Router router, String model, Tally tally)
      throws InterruptedException {
    List<Double> times = Collections.synchronizedList(new ArrayList<>());
    Load.atOnce(
        CONVERSATIONS,
        number -> {
          StringBuilder messages =
              new StringBuilder("[").append(message("system", text(model, number)));
          try (Caller caller = new Caller(router.port())) {
            for (int turn = 1; turn <= TURNS; turn++) {
              messages.append(',').append(message("user", "This is question " + turn + "."));
              Ask ask = Ask.of(model).streamed().tokens(ANSWER_TOKENS).messages(messages + "]");
              tally.sending();
              Answer answer = tally.add(caller.ask(ask));
              if (turn > 1) times.add(answer.firstByteNanos() / 1e6);
              messages.append(',').append(message("assistant", "And this is answer " + turn + "."));
              LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(MOST_PAUSE_NANOS));
            }
          }
        });
    return times;
  }

  // All ask the same and overlap: each engine must have its share.
  private static Row hot(Router router, int times) throws InterruptedException {
    Tally all = new Tally();
    int most = 0;
    for (int time = 0; time < times; time++) {
      Tally wave = new Tally();
      String messages = "[" + message("system", text("hot", 0)) + "]";
      Load.atOnce(
          HOT,
          caller -> {
            all.sending();
            wave.add(all.add(router.ask(Ask.of("prefix").streamed().messages(messages))));
          });
      most = Math.max(most, wave.busiest());
    }
    String bar =
        "the busiest of %d has %d of %d, at most %d".formatted(ENGINES, most, HOT, MOST_AT_ONE);
    return new Row("prefix: a hot one", all, bar)
        .mustAnswerAll()
        .must(most > 0 && most <= MOST_AT_ONE, bar);
  }

  // Different from its first word on, so that no engine has it in its cache yet.
  private static String text(String model, int number) {
    String begin = "%s %d is what this conversation is about. ".formatted(model, number);
    return begin.repeat(SYSTEM_CHARS / begin.length() + 1).substring(0, SYSTEM_CHARS);
  }

  private static String message(String role, String content) {
    return "{\"role\":\"%s\",\"content\":\"%s\"}".formatted(role, content);
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    return sorted.isEmpty() ? Double.NaN : sorted.get(sorted.size() / 2);
  }
}
