package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.byRequest;
import static llmhop.kit.Steps.sse;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import llmhop.kit.Answer;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Step;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Reloads by the thousand under load, with changes at random: nothing is lost, nothing is left.
@Timeout(240)
class ReloadLoadTest {
  private static final int RELOADS = 1000;
  private static final int CALLERS = 8;

  private static final String FINE = "{\"fine\":true}";

  private static final Step ANSWER =
      byRequest(
          seen -> seen.text().contains("\"stream\"") ? sse("1", "2", "3") : answerJson(200, FINE));

  /// One of many configs that all serve `always` to the token `keep`.
  private static String config(Random random, ScriptedBackend one, ScriptedBackend two) {
    List<String> models = new ArrayList<>();
    models.add(model("always", random, one, two));
    for (int i = 0; i < 4; i++) {
      if (random.nextBoolean()) models.add(model("m" + i, random, one, two));
    }
    List<String> tokens = new ArrayList<>(List.of("{'name': 'keep', 'token': 'keep'}"));
    for (int i = 0; i < 3; i++) {
      if (random.nextBoolean()) tokens.add("{'name': 't" + i + "', 'token': 't" + i + "'}");
    }
    return "{'authTokens': ["
        + String.join(", ", tokens)
        + "], 'maxBodyBytes': "
        + (1 + random.nextInt(3))
        + "000000, 'models': {"
        + String.join(", ", models)
        + "}}";
  }

  private static String model(
      String name, Random random, ScriptedBackend one, ScriptedBackend two) {
    String first = "{'url': '%s', 'weight': %d}".formatted(one.url(), 1 + random.nextInt(3));
    String second = "{'url': '%s', 'weight': %d}".formatted(two.url(), 1 + random.nextInt(3));
    String urls =
        switch (random.nextInt(4)) {
          case 0 -> first;
          case 1 -> second;
          default -> first + ", " + second;
        };
    // 5 s is the default: seldom another, which makes new connections.
    String connect = random.nextInt(10) == 0 ? "4s" : "5s";
    String health = random.nextInt(3) == 0 ? ", 'health': {'every': '1s'}" : "";
    return "'%s': {'urls': [%s], 'timeouts': {'connect': '%s', 'idle': '%ds'}%s}"
        .formatted(name, urls, connect, 30 + random.nextInt(3), health);
  }

  private static Request request(boolean stream, int size) {
    String first = stream ? "{\"stream\":true," : "{";
    String body = first + "\"model\":\"always\",\"x\":\"" + "y".repeat(size) + "\"}";
    return Request.post("/v1/chat/completions", body).withToken("keep");
  }

  @Test
  void aThousandReloadsLoseNothingAndLeaveNothing() throws Exception {
    long seed = System.nanoTime();
    var random = new Random(seed);
    try (ScriptedBackend one = ScriptedBackend.onTcp();
        ScriptedBackend two = ScriptedBackend.onTcp()) {
      one.keepOfEachBody(100);
      two.keepOfEachBody(100);
      one.always(ANSWER);
      two.always(ANSWER);
      try (var router = RouterUnderTest.of(config(random, one, two));
          var callers = Executors.newVirtualThreadPerTaskExecutor()) {
        int threadsBefore = Thread.activeCount();
        var over = new AtomicBoolean();
        var answered = new AtomicInteger();
        List<Future<String>> all = new ArrayList<>();
        for (int i = 0; i < CALLERS; i++) {
          int number = i;
          Callable<String> calls = () -> call(router, number, over, answered);
          all.add(callers.submit(calls));
        }
        for (int i = 0; i < RELOADS; i++) router.reload(config(random, one, two));
        int least = answered.get() + CALLERS;
        Waiting.await("some more answers", () -> answered.get() >= least);
        over.set(true);
        for (Future<String> each : all) assertEquals("", each.get(), "seed " + seed);
        assertTrue(answered.get() > CALLERS, () -> answered + " answers");

        router.reload("{'models': {'always': {'url': '" + one.url() + "'}}}");
        Waiting.await("older configs are gone", () -> router.gauge("olderConfigs") == 0);
        assertEquals(0, router.gauge("atBackends"));
        assertEquals(0, router.gauge("waitingForBackend"));
        assertEquals(0, router.gauge("inFlight"));
        Waiting.await("no connection to the one that is gone", () -> two.openConnections() == 0);
        Waiting.await(
            "as many connections as we know of",
            () -> one.openConnections() == router.gauge("backendConnections"),
            () -> one.openConnections() + " and " + router.gauges());
        int threads = Thread.activeCount();
        assertTrue(threads <= threadsBefore + 20, threadsBefore + " threads, now " + threads);
      }
    }
  }

  /// @return what went wrong
  private static String call(
      RouterUnderTest router, int number, AtomicBoolean over, AtomicInteger answered) {
    boolean stream = number % 2 == 0;
    int size = number == 1 ? 200_000 : 100;
    Request request = request(stream, size);
    try (RawCaller caller = router.caller()) {
      while (!over.get()) {
        Answer answer = caller.ask(request);
        if (answer.status() != 200 || !answer.clean()) {
          return answer.toString();
        }
        if (!answer.text().equals(stream ? "data: 1\n\ndata: 2\n\ndata: 3\n\n" : FINE)) {
          return "another answer: " + answer;
        }
        answered.incrementAndGet();
      }
    }
    return "";
  }
}
