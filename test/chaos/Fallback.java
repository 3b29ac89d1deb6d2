package chaos;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// Another model answers for one that can't, for callers who may use that other one.
final class Fallback implements Scenario {

  private static final String ALL = "chaos-token-of-who-may-use-all-models";
  private static final String FEW = "chaos-token-of-who-may-not-fall-back";
  private static final String TOKENS =
      """
      "authTokens": [{"name": "all", "token": "%s"},
                     {"name": "few", "token": "%s", "models": ["busy", "stopped", "slow"]}],\
      """
          .formatted(ALL, FEW);
  private static final int EACH = 10;

  // What the model's own error may be.
  private static final Map<String, Set<Integer>> OWN =
      new TreeMap<>(
          Map.of("busy", Set.of(503), "stopped", Set.of(502, 503), "slow", Set.of(503, 504)));

  @Override
  public String name() {
    return "fallback";
  }

  @Override
  public List<Row> run(Lab lab) throws IOException, InterruptedException {
    Scripts scripts = lab.scripts(Script.BUSY, Script.HANGS, Script.GOOD);
    String models =
        """
        {"busy": {"url": %s, "fallback": ["backup"]},
         "stopped": {"url": "http://127.0.0.1:%d", "fallback": ["backup"]},
         "slow": {"url": %s, "timeouts": {"firstByte": "300ms"}, "fallback": ["backup"]},
         "backup": {"url": %s}}\
        """
            .formatted(
                scripts.url(Script.BUSY),
                lab.freePort(),
                scripts.url(Script.HANGS),
                scripts.url(Script.GOOD));
    Router router = lab.router(lab.freePort(), ALL, TOKENS, models);

    Tally allowed = new Tally();
    Tally denied = new Tally("503", "backend_unreachable", "backend_timeout");
    Row answered =
        new Row("fallback: allowed", allowed, "all answered, X-LLMhop-Model says by whom");
    ask(router, ALL, allowed, answered, Fallback::isByBackup);
    int executed = scripts.seen(Script.GOOD).executed();
    Row refused =
        new Row("fallback: not allowed", denied, "the model's own error, 503 if it's busy");
    ask(router, FEW, denied, refused, Fallback::isOwnError);
    int more = scripts.seen(Script.GOOD).executed() - executed;
    return List.of(
        answered.mustAnswerAll().must(executed == allowed.sent(), "backup ran " + executed),
        refused.mustCountAll().must(more == 0, "backup got " + more + " that it must not see"));
  }

  private interface Judge {
    boolean isRight(String model, Answer answer);
  }

  private static void ask(Router router, String token, Tally tally, Row row, Judge judge)
      throws InterruptedException {
    for (String model : OWN.keySet()) {
      Load.atOnce(
          EACH,
          caller -> {
            tally.sending();
            Ask ask = Ask.of(model).streamed(caller % 2 == 0).token(token);
            Answer answer = tally.add(router.ask(ask));
            synchronized (row) {
              row.must(judge.isRight(model, answer), model + " got " + answer.head());
            }
          });
    }
  }

  private static boolean isByBackup(String model, Answer answer) {
    return answer.status() == 200 && answer.field("X-LLMhop-Model").equals("backup");
  }

  private static boolean isOwnError(String model, Answer answer) {
    return answer.whole() && OWN.get(model).contains(answer.status());
  }
}
