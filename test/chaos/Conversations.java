package chaos;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/// Conversations of several turns, all at the same time, each with a beginning of its own.
final class Conversations {

  private static final int CONVERSATIONS = 24;
  private static final int TURNS = 4;
  private static final int ANSWER_TOKENS = 8;
  private static final int SYSTEM_CHARS = 2048;
  private static final long MOST_PAUSE_NANOS = 100_000_000;

  private final Router router;
  private final String model;
  private final Tally tally = new Tally();
  private final List<Double> millis = Collections.synchronizedList(new ArrayList<>());
  private final AtomicInteger stayed = new AtomicInteger();

  private Conversations(Router router, String model) {
    this.router = router;
    this.model = model;
  }

  /// Has them with a model, from beginning to end.
  static Conversations with(Router router, String model) throws InterruptedException {
    Conversations conversations = new Conversations(router, model);
    Load.atOnce(CONVERSATIONS, conversations::talk);
    return conversations;
  }

  private void talk(int number) {
    StringBuilder messages = new StringBuilder("[" + message("system", beginning(model, number)));
    String backend = "";
    try (Caller caller = new Caller(router.port())) {
      for (int turn = 1; turn <= TURNS; turn++) {
        messages.append(',').append(message("user", "This is question " + turn + "."));
        Ask ask = Ask.of(model).streamed().tokens(ANSWER_TOKENS).messages(messages + "]");
        tally.sending();
        Answer answer = tally.add(caller.ask(ask));
        if (turn > 1) millis.add(answer.firstByteNanos() / 1e6);
        if (answer.backend().equals(backend)) stayed.incrementAndGet();
        backend = answer.backend();
        messages.append(',').append(message("assistant", "And this is answer " + turn + "."));
        LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(MOST_PAUSE_NANOS));
      }
    }
  }

  /// A beginning of 2 KiB, different from its first word on, so that no engine has it cached.
  static String beginning(String model, int number) {
    String begin = "%s %d is what this conversation is about. ".formatted(model, number);
    return begin.repeat(SYSTEM_CHARS / begin.length() + 1).substring(0, SYSTEM_CHARS);
  }

  static String message(String role, String content) {
    return "{\"role\":\"%s\",\"content\":\"%s\"}".formatted(role, content);
  }

  Tally tally() {
    return tally;
  }

  /// How long the first token took, the median of all turns but the first.
  double medianMillis() {
    List<Double> sorted = millis.stream().sorted().toList();
    return sorted.isEmpty() ? Double.NaN : sorted.get(sorted.size() / 2);
  }

  /// The share of these turns that the engine of the turn before had, in percent.
  int stayedPercent() {
    return 100 * stayed.get() / Math.max(1, millis.size());
  }
}
