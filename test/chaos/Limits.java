package chaos;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/// Far more is asked for than there is, by tokens that have limits, classes and no shame, some of
/// whose callers hang up: each gets what it may have, and the others are told when to come back.
final class Limits implements Scenario {

  // An answer of 4 tokens takes 200 ms, so that a model with 6 places does 30 in a second.
  private static final String OPTIONS =
      "--model shared --model ranked --model pair --model easy --model patient"
          + " --max-running 64 --ttft 50ms --tokens 32 --tokens-per-second 20";
  private static final int TOKENS = 4;
  private static final int ENGINES = 2;
  private static final int AT_MODEL = 6;
  private static final int AT_BACKEND = 3;
  private static final int AT_TOKEN = 2;
  private static final int WARM_REQUESTS = 15;
  private static final int RPM = 30;
  private static final String RATE = "rate_limit_exceeded";
  private static final String FULL = "queue_full";
  private static final double MOST_OF_LOWS_SECONDS = 0.75;
  private static final int MOST_HANG_UP_MILLIS = 400;

  private final List<Token> tokens =
      List.of(
          Token.of("greedy"),
          Token.of("modest"),
          Token.of("leaver"),
          Token.of("patient"),
          new Token("pair", "\"maxConcurrent\": " + AT_TOKEN),
          new Token("rpm", "\"rpm\": " + RPM),
          new Token("high", "\"priority\": \"high\""),
          new Token("low", "\"priority\": \"low\""));

  @Override
  public String name() {
    return "limits";
  }

  @Override
  public List<Row> run(Lab lab) throws IOException, InterruptedException {
    List<Engine> engines = lab.engines(ENGINES, OPTIONS);
    Router router = router(lab, engines);
    int warm = Load.warmUp(router, ask("modest", "easy").tokens(1), WARM_REQUESTS);
    List<Looks> atBackends = new ArrayList<>();
    for (Engine engine : engines) {
      atBackends.add(Looks.at("at a backend", AT_BACKEND, () -> engine.inHand("ranked")));
    }
    Looks atModel = Looks.at("at the model", AT_MODEL, () -> inHand(engines, "shared"));
    Looks ofToken = Looks.at("of the token", AT_TOKEN, () -> inHand(engines, "pair"));
    Load greedy = load(router, 80, "greedy", "shared", FULL);
    Regulars modest = regulars(router, 1, "modest", "shared");
    Load leaver = load(router, 20, "leaver", "shared", FULL);
    Regulars high = regulars(router, 2, "high", "ranked");
    Load low = load(router, 30, "low", "ranked", FULL);
    Load pair = load(router, 25, "pair", "pair", RATE);
    Load rpm = load(router, 15, "rpm", "easy", RATE);
    // One is answered within the heartbeat's second; the others wait for it, and for each other. On
    // a busy machine the second may begin to wait so late that it hears nothing, either.
    int callers = lab.brief() ? 3 : 4;
    Beats beats = Beats.listen(router, ask("patient", "patient").tokens(0), callers);
    Thread.sleep(lab.brief() ? 0 : 14_000);
    Tally ofModest = modest.stop();
    Tally ofHigh = high.stop();
    int answered = warm + beats.tally().answered() + ofModest.answered() + ofHigh.answered();
    for (Load load : List.of(greedy, leaver, low, pair, rpm)) answered += load.stop().answered();

    List<Row> rows = new ArrayList<>();
    rows.add(greedy(greedy.tally(), atModel));
    rows.add(modest(ofModest));
    rows.add(leaver(leaver.tally(), answered, engines));
    rows.add(pair(pair.tally(), ofToken));
    rows.add(high(ofHigh, low.tally()));
    rows.add(low(low.tally(), atBackends));
    rows.add(rpm(rpm.tally()));
    rows.add(beats.row("limits: heartbeat", callers - 2));
    rows.add(quiet(router));
    return rows;
  }

  private Router router(Lab lab, List<Engine> engines) throws IOException, InterruptedException {
    String urls = Lab.urls(engines);
    String narrow =
        "{\"url\": \"%s\", \"maxConcurrent\": %d}, {\"url\": \"%s\", \"maxConcurrent\": %d}"
            .formatted(engines.get(0).url(), AT_BACKEND, engines.get(1).url(), AT_BACKEND);
    String queue = "\"queue\": {\"max\": 10, \"wait\": \"20s\"}";
    String models =
        """
        {"shared": {"urls": %s, "maxConcurrent": %d, %s},
         "ranked": {"urls": [%s], %s},
         "pair": {"urls": %s},
         "easy": {"urls": %s},
         "patient": {"urls": %s, "maxConcurrent": 1, "heartbeat": "1s", %s}}\
        """
            .formatted(urls, AT_MODEL, queue, narrow, queue, urls, urls, urls, queue);
    String keys = Token.list(tokens) + ",";
    return lab.router(lab.freePort(), tokens.getFirst().secret(), keys, models);
  }

  private Ask ask(String token, String model) {
    Token sent =
        tokens.stream().filter(each -> each.name().equals(token)).findFirst().orElseThrow();
    return Ask.of(model).tokens(TOKENS).token(sent.secret());
  }

  private Load load(Router router, int perSecond, String token, String model, String refusal) {
    Ask ask = ask(token, model);
    boolean leaves = token.equals("leaver");
    return Load.start(
        router,
        perSecond,
        new Tally(refusal),
        i -> leaves ? ask.hangUpAfter(hangUpMillis()) : ask.streamed(i % 2 == 0));
  }

  // Who asks for little: nobody who asks for much keeps it from them.
  private Regulars regulars(Router router, int callers, String token, String model) {
    Ask ask = ask(token, model);
    return Regulars.start(router, callers, new Tally(FULL), i -> ask.streamed(i % 2 == 0));
  }

  private static int hangUpMillis() {
    return 1 + ThreadLocalRandom.current().nextInt(MOST_HANG_UP_MILLIS);
  }

  private static long inHand(List<Engine> engines, String model) {
    long sum = 0;
    for (Engine engine : engines) sum += engine.inHand(model);
    return sum;
  }

  private static Row greedy(Tally tally, Looks atModel) throws InterruptedException {
    Row row = new Row("limits: greedy", tally, "the rest; else 429; engines have at most 6");
    atModel.judge(row);
    return row.mustBeHonest().must(tally.refused() > 0, "nobody was refused: nothing was tried");
  }

  private static Row modest(Tally tally) {
    return new Row("limits: modest beside greedy", tally, "all answered").mustAnswerAll();
  }

  // No engine works for who has left. One may leave in the moment in which it is answered.
  private static Row leaver(Tally tally, int answered, List<Engine> engines) {
    long worked = 0;
    for (Engine engine : engines) worked += engine.answered();
    long forNobody = worked - answered;
    // Who hangs up just before its answer's end is too late; about half of all would be, if nobody
    // told the engines.
    int most = 5 + tally.hungUp() / 8;
    String bar = "%d hung up; engines end the work for all but %d of them, at most %d";
    return new Row("limits: hang up", tally, bar.formatted(tally.hungUp(), forNobody, most))
        .mustBeHonest()
        .must(tally.hungUp() > 0, "nobody hung up: nothing was tried")
        .must(forNobody >= 0 && forNobody <= most, forNobody + " answers for nobody");
  }

  private static Row pair(Tally tally, Looks ofToken) throws InterruptedException {
    Row row = new Row("limits: token with 2 at a time", tally, "engines have at most 2; else 429");
    ofToken.judge(row);
    return row.mustBeHonest().must(tally.refused() > 0, "nobody was refused: nothing was tried");
  }

  private static Row high(Tally high, Tally low) {
    double ofHigh = high.medianSeconds();
    double ofLow = low.medianSeconds();
    String bar = "all answered, in the median after %.2f s, low after %.2f s";
    return new Row("limits: high priority", high, bar.formatted(ofHigh, ofLow))
        .mustAnswerAll()
        .must(ofHigh < ofLow * MOST_OF_LOWS_SECONDS, "high waits nearly as long as low");
  }

  private static Row low(Tally tally, List<Looks> atBackends) throws InterruptedException {
    Row row = new Row("limits: low priority", tally, "what high leaves; at most 3 at each engine");
    for (Looks each : atBackends) each.judge(row);
    return row.mustBeHonest().must(tally.answered() > 0, "none was answered");
  }

  // What a bucket holds, and what has run into it since: no more, no less.
  private static Row rpm(Tally tally) {
    double perSecond = RPM / 60.0;
    int least = RPM + (int) Math.floor(tally.leastSeconds() * perSecond);
    int most = RPM + (int) Math.floor(tally.mostSeconds() * perSecond);
    int answered = tally.answered();
    String told = least == most ? "" + least : least + " to " + most;
    return new Row("limits: token with rpm 30", tally, told + " answered; else 429")
        .mustBeHonest()
        .must(tally.refused() > 0, "nobody was refused: nothing was tried")
        .must(answered >= least && answered <= most, answered + " answered, not " + told);
  }

  private Row quiet(Router router) throws InterruptedException {
    Tally tally = new Tally();
    Row row =
        new Row("limits: afterwards", tally, "all gauges are 0, each token is let in at once");
    router.held().ifPresent(held -> row.must(false, held));
    for (Token token : tokens) {
      Ask ask = ask(token.name(), "easy").tokens(1);
      if (token.name().equals("rpm")) awaitQuota(router, ask, row);
      tally.sending();
      tally.add(router.ask(ask));
    }
    double slowest = tally.slowestSeconds();
    return row.mustAnswerAll().must(slowest < 2, "the slowest took " + slowest + " s");
  }

  // Asks until it is refused right after it was let in, when the next request is farthest away, and
  // waits as long as it is told to.
  private static void awaitQuota(Router router, Ask ask, Row row) throws InterruptedException {
    Answer answer = router.ask(ask);
    boolean granted = false;
    for (int i = 0; i < 2 * RPM && !(granted && answer.status() == 429); i++) {
      granted = answer.status() == 200;
      if (!granted) Thread.sleep(100);
      answer = router.ask(ask);
    }
    String hint = answer.field("Retry-After");
    boolean honest = answer.code().equals(RATE) && hint.matches("[12]");
    row.must(honest, "not 429 with Retry-After: 1 or 2, but " + answer.head());
    if (honest) Thread.sleep(Integer.parseInt(hint) * 1_000L);
  }
}
