package chaos;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntFunction;

/// Callers of a backend that sends each request's body back, each on a kept connection, without a
/// pause: every byte of every answer is compared with what was sent.
final class Innocents {

  private static final int MOST_WRONG = 5;

  private final Router router;
  private final Tally tally = new Tally();
  private final IntFunction<Ask> asks;
  private final List<Thread> threads = new ArrayList<>();
  private final List<String> wrong = new CopyOnWriteArrayList<>();
  private volatile boolean stopped;

  private Innocents(Router router, IntFunction<Ask> asks) {
    this.router = router;
    this.asks = asks;
  }

  /// Begins.
  ///
  /// @param asks the request with this number; no two may be equal
  static Innocents start(Router router, int callers, IntFunction<Ask> asks) {
    Innocents innocents = new Innocents(router, asks);
    for (int i = 0; i < callers; i++) {
      int number = i;
      innocents.threads.add(Thread.startVirtualThread(() -> innocents.askOften(number, callers)));
    }
    return innocents;
  }

  private void askOften(int first, int step) {
    try (Caller caller = new Caller(router.port())) {
      for (int i = first; !stopped; i += step) {
        Ask ask = asks.apply(i);
        String request = new String(ask.bytes(), StandardCharsets.UTF_8);
        String body = request.substring(request.indexOf("\r\n\r\n") + 4);
        tally.sending();
        Answer answer = tally.add(caller.ask(ask));
        if (!answer.body().equals(body) && wrong.size() < MOST_WRONG) {
          wrong.add("another answer than its own: " + answer);
        }
      }
    }
  }

  /// Waits for all answers.
  Row stop(String title) throws InterruptedException {
    stopped = true;
    for (Thread thread : threads) thread.join();
    Row row = new Row(title, tally, "all answered, each byte is its own").mustAnswerAll();
    for (String each : wrong) row.must(false, each);
    return row;
  }
}
