package bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The part with requests on a schedule: the delay that a proxy adds while it is far from busy.
///
/// @param lab where it runs
/// @param warmer what warms up
record OpenLoops(Lab lab, ClosedLoops warmer) {

  private static final int CONNECTIONS = 64;
  private static final double MOST_ADDED_MICROS = 150;

  void run() throws IOException, InterruptedException {
    List<Integer> rates = lab.settings().brief() ? List.of(500) : List.of(500, 2000);
    List<Proxy> proxies = new ArrayList<>(List.of(lab.direct()));
    proxies.addAll(lab.startProxies());
    Rounds rounds = new Rounds();
    try {
      if (!lab.settings().brief()) warmer.warmUp(proxies, Wire.chat(1024), 2);
      open(lab.direct(), 2000, lab.settings().brief() ? 1 : 3);
      for (int rate : rates) measure(rate, proxies, rounds);
    } catch (IllegalStateException e) {
      lab.report().fail("open loop: " + e.getMessage());
    } finally {
      lab.stop(proxies);
    }
    table(rates, rounds);
    double added = rounds.added("2000", Proxy.LLMHOP, "p50");
    lab.report().bar("added p50 at 2,000 requests/s", added, MOST_ADDED_MICROS, " us");
  }

  private void measure(int rate, List<Proxy> proxies, Rounds rounds) {
    int seconds = lab.settings().seconds() + (lab.settings().brief() ? 0 : 1);
    lab.report().say("open loop at %d requests/s: rounds of %d s".formatted(rate, seconds));
    for (int number = 1; number <= lab.settings().rounds(); number++) {
      for (Proxy proxy : proxies) {
        try {
          Map<String, Double> values = open(proxy, rate, seconds);
          rounds.add("" + rate, proxy.name(), number, values);
          long errors = values.get("errors").longValue();
          if (errors > 0) lab.report().errors(proxy.name(), rate + "/s", errors + " errors");
        } catch (IOException | IllegalStateException e) {
          lab.report().errors(proxy.name(), rate + "/s", e.toString());
        }
      }
    }
  }

  /// One round: requests, errors, delays in microseconds, CPU for each request.
  Map<String, Double> open(Proxy proxy, int rate, int seconds) throws IOException {
    Cpu[] cpu = new Cpu[2];
    Map<String, String> words =
        lab.callers()
            .run(
                "open %d %d %d %d".formatted(proxy.answersPort(), rate, CONNECTIONS, seconds),
                seconds + 30,
                () -> cpu[0] = Cpu.of(proxy.pids()),
                () -> cpu[1] = Cpu.of(proxy.pids()));
    Map<String, Double> values = new HashMap<>();
    words.forEach((name, value) -> values.put(name, Double.valueOf(value)));
    if (!proxy.isDirect()) {
      Cpu used = cpu[1].since(cpu[0]);
      double requests = (double) rate * seconds;
      values.put("cpu", used.micros(requests));
      values.put("user", used.userMicros(requests));
      values.put("system", used.systemMicros(requests));
    }
    return values;
  }

  private void table(List<Integer> rates, Rounds rounds) {
    Report report = lab.report();
    report.title(
        "Requests on a schedule (open loop); delays in us, counted from the scheduled moment:",
        "requests/s",
        "proxy",
        "p50",
        "p99",
        "p99.9",
        "added p50",
        "added p99",
        "added p99.9",
        "CPU us",
        "user",
        "system",
        "ratio to nginx",
        "errors");
    for (int rate : rates) {
      String load = "" + rate;
      for (String proxy : lab.names()) {
        if (!rounds.has(load, proxy)) continue;
        boolean direct = proxy.equals(Proxy.DIRECT);
        report.row(
            rate,
            proxy,
            Report.number(rounds.median(load, proxy, "p50"), 0),
            Report.number(rounds.median(load, proxy, "p99"), 0),
            Report.number(rounds.median(load, proxy, "p999"), 0),
            direct ? "-" : Report.number(rounds.added(load, proxy, "p50"), 0),
            direct ? "-" : Report.number(rounds.added(load, proxy, "p99"), 0),
            direct ? "-" : Report.number(rounds.added(load, proxy, "p999"), 0),
            Report.number(rounds.median(load, proxy, "cpu"), 1),
            Report.number(rounds.median(load, proxy, "user"), 1),
            Report.number(rounds.median(load, proxy, "system"), 1),
            Report.number(rounds.ratio(load, proxy, "cpu"), 2),
            Report.number(rounds.sum(load, proxy, "errors"), 0));
      }
    }
  }
}
