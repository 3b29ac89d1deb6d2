package chaos;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;

/// All kinds of requests to a router whose config changes, until they are told to stop.
final class Traffic {

  // At first each caller has one, and one that isn't used for a while is closed.
  private static final int MOST_CONNECTIONS = 10;
  // At first, and behind each of the pauses, which become longer.
  private static final int MOST_RESETS = 7;

  private final Revisions revisions;
  private final List<Regulars> all = new ArrayList<>();
  private final Tally steady = new Tally();
  private final Tally streams = new Tally();
  private final Tally pair = new Tally();
  private final Tally resets = new Tally("backend_bad_reply");
  private final Tally limited = new Tally("queue_full");
  private final Tally model = new Tally("model_not_found");
  private final Tally token = new Tally("invalid_api_key");
  private final List<String> wrongOfModel = new CopyOnWriteArrayList<>();
  private final List<String> wrongOfToken = new CopyOnWriteArrayList<>();

  /// Begins.
  ///
  /// @param revisions of the router's config
  Traffic(Router router, Revisions revisions) {
    this.revisions = revisions;
    Regulars.Ear modelEar = ear(Revision::hasGuestModel, wrongOfModel);
    Regulars.Ear tokenEar = ear(Revision::hasGuestToken, wrongOfToken);
    Ask guest = ask("steady").token(Revision.GUEST.secret());
    all.add(Regulars.start(router, 3, steady, i -> ask("steady").tokens(1).streamed(i % 2 == 0)));
    all.add(Regulars.start(router, 6, streams, i -> ask("streams").streamed()));
    all.add(Regulars.start(router, 2, pair, i -> ask("pair").tokens(1)));
    all.add(Regulars.start(router, 2, resets, i -> ask("resets").tokens(1)));
    all.add(Regulars.start(router, 8, limited, i -> ask("limited").tokens(2).streamed(i % 2 == 0)));
    all.add(Regulars.start(router, 2, model, i -> ask("guest").tokens(1), modelEar));
    all.add(Regulars.start(router, 4, model, i -> ask("guest").streamed(), modelEar));
    all.add(Regulars.start(router, 2, token, i -> guest.streamed(i % 2 == 0), tokenEar));
  }

  private static Ask ask(String model) {
    return Ask.of(model).token(Revision.KEEPER.secret());
  }

  private Regulars.Ear ear(Predicate<Revision> allows, List<String> wrong) {
    return (answer, sent) -> {
      boolean answered = answer.status() == 200;
      if (!revisions.isRight(sent, answered, allows)) wrong.add(answer.toString());
    };
  }

  /// Ends when all have their answers.
  void stop() throws InterruptedException {
    for (Regulars each : all) each.tell();
    for (Regulars each : all) each.stop();
  }

  /// What must hold of it.
  ///
  /// @param connections how many new ones the engine saw whose model didn't change
  /// @param atUnwell how many requests went to the backend that is unwell
  List<Row> rows(int connections, int atUnwell) {
    String kept = "all answered, over %d connections, at most %d";
    String rightly = "answered or %s, each where the config says so";
    return List.of(
        new Row("reload: model as it was", steady, kept.formatted(connections, MOST_CONNECTIONS))
            .mustAnswerAll()
            .must(connections <= MOST_CONNECTIONS, connections + " connections were made"),
        new Row("reload: streams of 1 s, weights change", streams, "all answered, none cut")
            .mustAnswerAll(),
        new Row("reload: beside an unwell engine", pair, "all answered, none is sent there")
            .mustAnswerAll()
            .must(atUnwell == 0, atUnwell + " were sent to an engine that is known to be unwell"),
        resets(),
        new Row("reload: limits and queues change", limited, "else 429")
            .mustBeHonest()
            .must(limited.refused() > 0, "nobody was refused: nothing was tried"),
        judged("reload: model comes and goes", model, rightly.formatted("404"), wrongOfModel),
        judged("reload: token comes and goes", token, rightly.formatted("401"), wrongOfToken));
  }

  private Row resets() {
    return new Row(
            "reload: beside one that resets", resets, "at most " + MOST_RESETS + " find out (502)")
        .mustCountAll()
        .must(resets.failed() + resets.lost() == 0, "not all of the others were answered")
        .must(resets.refused() > 0, "none found out: nothing was tried")
        .must(resets.refused() <= MOST_RESETS, resets.refused() + " found out");
  }

  private static Row judged(String title, Tally tally, String bar, List<String> wrong) {
    return new Row(title, tally, bar)
        .mustCountAll()
        .must(tally.failed() + tally.lost() == 0, "some failed or were lost")
        .must(tally.answered() > 0 && tally.refused() > 0, "nothing changed: nothing was tried")
        .must(wrong.isEmpty(), wrong.size() + " were wrong, as " + wrong.stream().findFirst());
  }
}
