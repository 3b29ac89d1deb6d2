package bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The part with many event streams at once.
///
/// @param lab where it runs
/// @param warmer what warms up
record Streams(Lab lab, ClosedLoops warmer) {

  /// So many streams with an event each so many milliseconds.
  private record Flood(int streams, int millis, int opened, int rounds, int seconds) {

    String name() {
      return "" + streams;
    }
  }

  private static final double MOST_RATIO = 1.4;
  private static final double MOST_DELAY_MICROS = 25_000;
  private static final double MB = 1e6;

  void run() throws IOException, InterruptedException {
    List<Flood> floods = floods();
    List<Proxy> proxies = new ArrayList<>(List.of(lab.direct()));
    proxies.addAll(lab.startProxies());
    Rounds rounds = new Rounds();
    try {
      if (!lab.settings().brief()) warmUp(proxies);
      for (Flood flood : floods) measure(flood, proxies, rounds);
    } finally {
      lab.stop(proxies);
    }
    table(floods, rounds);
    judge(floods, rounds);
  }

  private List<Flood> floods() {
    int seconds = lab.settings().seconds() + 1;
    int rounds = lab.settings().rounds();
    if (lab.settings().brief()) return List.of(new Flood(1000, 100, 2000, 1, 1));
    int most = Math.min(9_500, lab.mostStreams());
    if (most < 9_500) {
      lab.report().missing("9,500 streams need 20,000 open files: " + most + " are measured");
    }
    return List.of(
        new Flood(100, 100, 200, Math.min(2, rounds), seconds),
        new Flood(1000, 100, 1000, rounds, seconds),
        new Flood(most, 1000, 2400, Math.min(2, rounds), seconds));
  }

  private void warmUp(List<Proxy> proxies) throws InterruptedException {
    List<Proxy> llmhop = proxies.stream().filter(Proxy::isLlmhop).toList();
    warmer.warmUp(llmhop, Wire.chat(1024), 4);
    List<Proxy> both = new ArrayList<>(llmhop);
    both.add(lab.direct());
    for (Proxy proxy : both) {
      try {
        stream(proxy, new Flood(1000, 50, 1000, 1, 2));
      } catch (IOException | IllegalStateException e) {
        lab.report().errors(proxy.name(), "warming up streams", e.toString());
      }
    }
  }

  private void measure(Flood flood, List<Proxy> proxies, Rounds rounds) {
    lab.report()
        .say("%s streams: %d rounds of %d s".formatted(flood.name(), flood.rounds, flood.seconds));
    for (int number = 1; number <= flood.rounds; number++) {
      for (Proxy proxy : proxies) {
        if (proxy.isDirect() && number > 1) continue;
        try {
          rounds.add(flood.name(), proxy.name(), number, stream(proxy, flood));
        } catch (IOException | IllegalStateException e) {
          lab.report().errors(proxy.name(), flood.name() + " streams", e.toString());
        }
      }
    }
  }

  private Map<String, Double> stream(Proxy proxy, Flood flood) throws IOException {
    Cpu[] cpu = new Cpu[2];
    double[] resident = new double[1];
    int opening = flood.streams / flood.opened;
    Map<String, String> words =
        lab.callers()
            .run(
                "streams %d %d %d %d %d"
                    .formatted(
                        proxy.backendPort(),
                        flood.streams,
                        flood.millis,
                        flood.opened,
                        flood.seconds),
                2 * (opening + flood.seconds) + 30,
                () -> cpu[0] = Cpu.of(proxy.pids()),
                () -> {
                  cpu[1] = Cpu.of(proxy.pids());
                  resident[0] = proxy.isDirect() ? Double.NaN : Memory.resident(proxy.pids());
                });
    String why = words.remove("why");
    Map<String, Double> values = new HashMap<>();
    words.forEach((name, value) -> values.put(name, Double.valueOf(value)));
    if (!proxy.isDirect()) {
      Cpu used = cpu[1].since(cpu[0]);
      values.put("cpu", used.micros(values.get("events")));
      values.put("user", used.userMicros(values.get("events")));
      values.put("system", used.systemMicros(values.get("events")));
      values.put("resident", resident[0]);
    }
    long lost = values.get("lost").longValue();
    if (lost > 0) {
      lab.report()
          .errors(proxy.name(), flood.name() + " streams", lost + " lost, the first by: " + why);
    }
    return values;
  }

  private void table(List<Flood> floods, Rounds rounds) {
    Report report = lab.report();
    report.title(
        "Event streams, 10 events/s each, at the largest number 1 event/s each; delays in us:",
        "streams",
        "proxy",
        "CPU us/event",
        "user",
        "system",
        "ratio to nginx",
        "delay p50",
        "delay p99",
        "added p50",
        "first byte p50",
        "first byte p99",
        "resident MB",
        "lost");
    for (Flood flood : floods) {
      String load = flood.name();
      for (String proxy : lab.names()) {
        if (!rounds.has(load, proxy)) continue;
        double added = rounds.median(load, proxy, "p50") - rounds.median(load, Proxy.DIRECT, "p50");
        report.row(
            load,
            proxy,
            Report.number(rounds.median(load, proxy, "cpu"), 1),
            Report.number(rounds.median(load, proxy, "user"), 1),
            Report.number(rounds.median(load, proxy, "system"), 1),
            Report.number(rounds.ratio(load, proxy, "cpu"), 2),
            Report.number(rounds.median(load, proxy, "p50"), 0),
            Report.number(rounds.median(load, proxy, "p99"), 0),
            proxy.equals(Proxy.DIRECT) ? "-" : Report.number(added, 0),
            Report.number(rounds.median(load, proxy, "first50"), 0),
            Report.number(rounds.median(load, proxy, "first99"), 0),
            Report.number(rounds.median(load, proxy, "resident") / MB, 0),
            Report.number(rounds.sum(load, proxy, "lost"), 0));
      }
    }
  }

  private void judge(List<Flood> floods, Rounds rounds) {
    double ratio = rounds.ratio("1000", Proxy.LLMHOP, "cpu");
    lab.report().bar("CPU per event, 1,000 streams", ratio, MOST_RATIO, " x nginx");
    String most = floods.getLast().name();
    String streams = most + " streams: ";
    boolean measured = rounds.has(most, Proxy.LLMHOP);
    double lost = measured ? rounds.sum(most, Proxy.LLMHOP, "lost") : Double.NaN;
    lab.report().bar(streams + "lost", lost, 0, "");
    double mine = rounds.median(most, Proxy.LLMHOP, "resident") / MB;
    double bar = 1.5 * rounds.median(most, Proxy.NGINX, "resident") / MB + 60;
    lab.report().bar(streams + "resident", mine, bar, " MB");
    double delay = rounds.median(most, Proxy.LLMHOP, "p99") / 1000;
    lab.report().bar(streams + "delay p99", delay, MOST_DELAY_MICROS / 1000, " ms");
  }
}
