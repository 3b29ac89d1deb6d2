package bench;

import java.io.IOException;
import java.util.List;

/// The parts that wrk measures: requests, large bodies, and many callers.
///
/// @param lab where they run
/// @param wrk what loads
record ClosedLoops(Lab lab, Wrk wrk) {

  /// So many connections that send one request again and again.
  ///
  /// @param name its name in the table
  /// @param request what is sent
  /// @param connections how many callers
  /// @param rounds how often
  /// @param seconds how long each time
  record Loop(String name, byte[] request, int connections, int rounds, int seconds) {}

  private static final int WARM_UP_REQUESTS = 120_000;
  private static final int WARM_UP_MOST_SECONDS = 20;

  void requests() throws IOException, InterruptedException {
    List<Integer> callers = lab.settings().brief() ? List.of(64) : List.of(1, 16, 64, 256);
    Rounds rounds =
        measure(
            "CPU per routed request, 1 KiB prompts and 600-byte answers, by connections:",
            callers.stream().map(each -> usual("" + each, Wire.chat(1024), each)).toList());
    lab.report()
        .bar(
            "CPU per request, 64 callers",
            rounds.ratio("64", Proxy.LLMHOP, "cpu"),
            1.5,
            " x nginx");
  }

  void bodies() throws IOException, InterruptedException {
    Loop large = usual("100 KiB, 16 connections", Wire.embeddings(100 * 1024), 16);
    Loop huge = usual("10 MiB, 4 connections", Wire.embeddings(10 * 1024 * 1024), 4);
    Rounds rounds =
        measure(
            "Large prompts, read by the backend before it answers:",
            lab.settings().brief()
                ? List.of(large, huge)
                : List.of(
                    large, usual("220 KB, 16 connections", Wire.embeddings(220_000), 16), huge));
    double ratio = rounds.ratio(large.name, Proxy.LLMHOP, "cpu");
    lab.report().bar("CPU per request of 100 KiB", ratio, 2.0, " x nginx");
  }

  void callers() throws IOException, InterruptedException {
    int seconds = lab.settings().brief() ? 1 : 4;
    byte[] request = Wire.chat(1024);
    List<Loop> loops =
        lab.settings().brief()
            ? List.of(new Loop("400 callers", request, 400, 1, seconds))
            : List.of(
                new Loop("400 callers", request, 400, 1, seconds),
                new Loop("1000 callers", request, 1000, 1, seconds));
    Rounds rounds = measure("Callers who keep their connections:", loops);
    for (Loop loop : loops) {
      double errors = rounds.sum(loop.name, Proxy.LLMHOP, "errors");
      if (!rounds.has(loop.name, Proxy.LLMHOP)) errors = Double.NaN;
      lab.report().bar("errors of " + loop.name, errors, 0, "");
    }
  }

  /// Loads llmhop until the JIT has seen enough; by requests, since a busy machine gets less done
  /// in a second. The others are only made to open their connections.
  void warmUp(List<Proxy> proxies, byte[] request, int share) throws InterruptedException {
    for (Proxy proxy : proxies) {
      lab.report().say("warming up " + proxy.name());
      long end = System.nanoTime() + WARM_UP_MOST_SECONDS * 1_000_000_000L / share;
      double left = proxy.isLlmhop() && !lab.settings().brief() ? WARM_UP_REQUESTS / share : 1;
      try {
        while (left > 0 && System.nanoTime() < end) {
          left -= wrk.run(proxy, request, 64, 1).get("requests");
        }
      } catch (IOException e) {
        lab.report().errors(proxy.name(), "warming up", e.toString());
      }
    }
  }

  private Loop usual(String name, byte[] request, int connections) {
    return new Loop(name, request, connections, lab.settings().rounds(), lab.settings().seconds());
  }

  private Rounds measure(String title, List<Loop> loops) throws IOException, InterruptedException {
    List<Proxy> proxies = lab.startProxies();
    Rounds rounds = new Rounds();
    try {
      byte[] first = loops.getFirst().request;
      if (!lab.settings().brief()) warmUp(proxies, first, first.length > 2048 ? 10 : 1);
      for (Loop loop : loops) measure(loop, proxies, rounds);
    } finally {
      lab.stop(proxies);
    }
    table(title, loops, rounds);
    return rounds;
  }

  private void measure(Loop loop, List<Proxy> proxies, Rounds rounds) throws InterruptedException {
    lab.report().say("%s: %d rounds of %d s".formatted(loop.name, loop.rounds, loop.seconds));
    if (!lab.settings().brief()) round(loop, lab.direct(), 1, rounds);
    for (int number = 1; number <= loop.rounds; number++) {
      for (Proxy proxy : proxies) round(loop, proxy, number, rounds);
    }
  }

  private void round(Loop loop, Proxy proxy, int number, Rounds rounds)
      throws InterruptedException {
    try {
      var values = wrk.run(proxy, loop.request, loop.connections, loop.seconds);
      rounds.add(loop.name, proxy.name(), number, values);
      long errors = values.get("errors").longValue();
      if (errors > 0) lab.report().errors(proxy.name(), loop.name, errors + " errors");
    } catch (IOException | IllegalStateException e) {
      lab.report().errors(proxy.name(), loop.name, e.toString());
    }
  }

  private void table(String title, List<Loop> loops, Rounds rounds) {
    Report report = lab.report();
    report.title(
        title,
        "load",
        "proxy",
        "requests/s",
        "CPU us",
        "user",
        "system",
        "ratio to nginx",
        "p50 ms",
        "p99 ms",
        "errors");
    for (Loop loop : loops) {
      for (String proxy : lab.names()) {
        if (!rounds.has(loop.name, proxy)) continue;
        report.row(
            loop.name,
            proxy,
            Report.number(rounds.median(loop.name, proxy, "rate"), 0),
            Report.number(rounds.median(loop.name, proxy, "cpu"), 1),
            Report.number(rounds.median(loop.name, proxy, "user"), 1),
            Report.number(rounds.median(loop.name, proxy, "system"), 1),
            Report.number(rounds.ratio(loop.name, proxy, "cpu"), 2),
            Report.number(rounds.median(loop.name, proxy, "p50") / 1000, 2),
            Report.number(rounds.median(loop.name, proxy, "p99") / 1000, 2),
            Report.number(rounds.sum(loop.name, proxy, "errors"), 0));
      }
    }
  }
}
