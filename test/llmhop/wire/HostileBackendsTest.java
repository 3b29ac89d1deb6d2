package llmhop.wire;

import static llmhop.kit.Steps.echoBody;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import llmhop.kit.Answer;
import llmhop.kit.AnswerHead;
import llmhop.kit.EagerBackend;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A hostile backend and the callers that use it do not change a byte of what the callers of
/// another model get. With `llmhop.long` a hundred times as many requests.
@Timeout(600)
class HostileBackendsTest {
  private static final int HOSTILE = 24;
  private static final int INNOCENT = 4;
  private static final int HINTS = 16;
  private static final int BODY = 100_000;
  private static final int ROUNDS = Boolean.getBoolean("llmhop.long") ? 20_000 : 200;
  private static final String HINT =
      "HTTP/1.1 103 Early Hints\r\nLink: </hostile>; rel=preload\r\n";

  /// The backend sends sixteen 103 heads as soon as it accepts, while the router asks the caller
  /// for its body with 100 Continue.
  @Test
  void floodOfHintsDuringContinueLeavesOtherAnswersAlone() throws Exception {
    byte[] hints = (HINT + "\r\n").repeat(HINTS).getBytes(StandardCharsets.ISO_8859_1);
    byte[] last =
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
            .getBytes(StandardCharsets.ISO_8859_1);
    try (var hostile = EagerBackend.greeting(hints, BODY, last);
        var good = ScriptedBackend.onTcp();
        var router = router(hostile, good)) {
      good.keepOfEachBody(1000);
      good.always(echoBody());
      int answered = besideInnocents(router, () -> upload(router));
      assertTrue(hostile.greeted() > HOSTILE, () -> "only " + hostile.greeted() + " greetings");
      assertTrue(answered > ROUNDS / 4, () -> "only " + answered + " innocent answers");
    }
  }

  /// Every head is well formed, none stands within another one, and 100 Continue came once at most:
  /// a backend that breaks its answers is refused for a while.
  private static void upload(RouterUnderTest router) {
    Request upload = Request.post("/route/m/x", "y".repeat(BODY)).with("Expect: 100-continue");
    try (RawCaller caller = router.caller()) {
      caller.sendHead(upload);
      int status = caller.readHead().status();
      while (status == 103) {
        status = caller.readHead().status();
      }
      if (status == 100) {
        caller.sendMeanwhile(upload.framedBody());
      }
      Answer answer = caller.read();
      List<AnswerHead> heads = answer.interim();
      assertTrue(heads.size() <= HINTS + 1, () -> heads.size() + " interim answers");
      assertTrue(heads.stream().filter(head -> head.status() == 100).count() <= 1);
      for (AnswerHead head : heads) {
        List<String> links = head.status() == 100 ? List.of() : List.of("</hostile>; rel=preload");
        assertEquals(links, head.fields("Link"), head::toString);
      }
      assertTrue(List.of(200, 429, 502, 503).contains(answer.status()), answer::toString);
    }
  }

  /// Runs the hostile step `ROUNDS` times on each of `HOSTILE` threads, while innocent callers
  /// compare every byte of their answers.
  ///
  /// @return how many answers innocent callers got
  private static int besideInnocents(RouterUnderTest router, Runnable hostile) throws Exception {
    var left = new AtomicInteger(HOSTILE);
    var answered = new AtomicInteger();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Void>> all = new ArrayList<>();
      // First, since the first failure in the list is the one that the test shows.
      for (int i = 0; i < INNOCENT; i++) {
        all.add(threads.submit(innocent(router, i, left, answered)));
      }
      for (int i = 0; i < HOSTILE; i++) {
        all.add(
            threads.submit(
                () -> {
                  try {
                    for (int round = 0; round < ROUNDS; round++) hostile.run();
                  } finally {
                    left.decrementAndGet();
                  }
                  return null;
                }));
      }
      for (Future<Void> one : all) one.get();
    }
    return answered.get();
  }

  private static Callable<Void> innocent(
      RouterUnderTest router, int number, AtomicInteger left, AtomicInteger answered) {
    return () -> {
      try (RawCaller caller = router.caller()) {
        for (int i = 0; left.get() > 0; i++) {
          String text =
              "{\"caller\":%d,\"request\":%d,\"%s\":1}".formatted(number, i, "x".repeat(i % 300));
          Answer answer = caller.ask(Request.post("/route/other/x", text));
          assertEquals(200, answer.status());
          assertEquals(List.of(), answer.interim(), "interim answers that nobody sent");
          assertEquals(text, answer.text());
          answered.incrementAndGet();
        }
      }
      return null;
    };
  }

  private static RouterUnderTest router(EagerBackend hostile, ScriptedBackend good) {
    return RouterUnderTest.of(
        "{'models': {'m': {'url': '%s'}, 'other': {'url': '%s'}}}"
            .formatted(hostile.url(), good.url()));
  }
}
