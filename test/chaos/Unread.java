package chaos;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Nobody reads what the router writes to stdout and stderr: requests, reloads, backends that come
/// and go, and its end are not held up.
final class Unread implements Scenario {

  private static final String OPTIONS = "--model steady --model flaky --ttft 5ms --tokens 4";
  private static final String HEALTH =
      "\"health\": {\"path\": \"/health\", \"every\": \"1s\", \"timeout\": \"1s\"}";
  private static final int CALLERS = 6;
  // Three reloads of so many mistakes fill a pipe, some more fill the router's own queue.
  private static final int MISTAKES = 300;
  private static final int NOTICED_MILLIS = 20_000;
  private static final int ROUNDS = 6;
  private static final int BRIEF_ROUNDS = 2;
  private static final Pattern LOST = Pattern.compile("\"lostMessages\":\\s*([0-9]+)");

  @Override
  public String name() {
    return "unread";
  }

  @Override
  public List<Row> run(Lab lab) throws IOException, InterruptedException {
    List<Engine> engines = lab.engines(2, OPTIONS);
    int port = lab.freePort();
    ConfigPlace place = new ConfigPlace(lab.folder().resolve("conf"), good(port, engines, "one"));
    Path file = place.file();
    Router router = lab.unreadRouter(port, file);

    Tally steady = new Tally();
    Tally unknown = new Tally("model_not_found");
    Tally flaky = new Tally("no_healthy_backend", "backend_unreachable", "backend_broke_off");
    List<Regulars> load =
        List.of(
            Regulars.start(router, CALLERS, steady, i -> Ask.of("steady").streamed(i % 2 == 0)),
            Regulars.start(router, 2, unknown, i -> Ask.of("unknown")),
            Regulars.start(router, 2, flaky, i -> Ask.of("flaky")));
    boolean lost = breakUntilMessagesAreLost(router, place);
    for (int i = 0; i < (lab.brief() ? BRIEF_ROUNDS : ROUNDS); i++) {
      engines.get(1).kill();
      Waiting.until(NOTICED_MILLIS, () -> router.get("/llmhop/status").body().contains("unwell"));
      engines.get(1).start();
      engines.get(1).await();
      router.hangUp(5);
    }
    place.write(good(port, engines, "other"), ConfigPlace.Way.MOVE);
    router.hangUp(1);
    boolean reloaded =
        Waiting.until(
            NOTICED_MILLIS,
            () -> {
              Tally other = new Tally();
              other.add(router.ask(Ask.of("other")));
              return other.answered() == 1;
            });
    for (Regulars each : load) each.tell();
    for (Regulars each : load) each.stop();
    return List.of(
        new Row("unread: steady", steady, "all answered, messages are lost and counted")
            .mustAnswerAll()
            .must(lost, "no message was lost")
            .must(reloaded, "a good config did not come into use"),
        new Row("unread: unknown model", unknown, "404, at once")
            .must(unknown.failed() + unknown.lost() == 0, "something else than 404"),
        new Row("unread: a backend that comes and goes", flaky, "some are answered")
            .must(flaky.answered() > 0, "none was answered"));
  }

  private static boolean breakUntilMessagesAreLost(Router router, ConfigPlace place)
      throws IOException, InterruptedException {
    place.write(
        IntStream.range(0, MISTAKES)
            .mapToObj(i -> "\"mistake-%d-%s\": 1".formatted(i, "x".repeat(60)))
            .collect(Collectors.joining(", ", "{", "}")),
        ConfigPlace.Way.MOVE);
    return Waiting.until(
        NOTICED_MILLIS,
        () -> {
          try {
            router.hangUp(1);
          } catch (IOException | InterruptedException e) {
            return false;
          }
          Matcher gauge = LOST.matcher(router.get("/llmhop/status").body());
          return gauge.find() && Long.parseLong(gauge.group(1)) > 0;
        });
  }

  private static String good(int port, List<Engine> engines, String name) {
    return """
    {"listen": "127.0.0.1:%d", "log": "json", "models": {
       "steady": {"url": "%s"},
       "%s": {"url": "%s", "rename": "steady"},
       "flaky": {"url": "%s", %s}}}\
    """
        .formatted(
            port, engines.get(0).url(), name, engines.get(0).url(), engines.get(1).url(), HEALTH);
  }
}
