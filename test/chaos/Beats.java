package chaos;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// Streams of one model, all begun at once, whose callers should hear a heartbeat while they wait.
final class Beats {

  private static final String BEAT = ": keep-alive\n\n";

  private final Tally tally = new Tally();
  private final List<Integer> heard = new CopyOnWriteArrayList<>();
  private final List<String> misplaced = new CopyOnWriteArrayList<>();

  private Beats() {}

  /// Asks, and waits for all.
  static Beats listen(Router router, Ask ask, int callers) throws InterruptedException {
    Beats beats = new Beats();
    Load.atOnce(
        callers,
        caller -> {
          beats.tally.sending();
          beats.hear(beats.tally.add(router.ask(ask.streamed())));
        });
    return beats;
  }

  private void hear(Answer answer) {
    String rest = answer.body();
    int count = 0;
    for (; rest.startsWith(BEAT); count++) rest = rest.substring(BEAT.length());
    if (!rest.startsWith("data: ") || rest.contains(":" + BEAT.substring(1))) {
      misplaced.add(answer.toString());
    }
    heard.add(count);
  }

  Tally tally() {
    return tally;
  }

  /// All were answered, and at least so many heard a beat; none came after the first event.
  Row row(String title, int atLeast) {
    long some = heard.stream().filter(count -> count > 0).count();
    String bar = "all answered; %d of %d hear a beat before the first event, at least %d";
    return new Row(title, tally, bar.formatted(some, heard.size(), atLeast))
        .mustAnswerAll()
        .must(some >= atLeast, "only " + some + " heard a heartbeat")
        .must(misplaced.isEmpty(), "not only beats before the first event: " + misplaced);
  }
}
