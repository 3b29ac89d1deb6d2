package llmhop.http.front;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import llmhop.http.wire.Fields;
import llmhop.kit.Answer;
import llmhop.kit.AnswerHead;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A thread that reads the body, and sends `100 Continue` before it, beside the request's thread,
/// which sends hints and the answer: no byte stands where it does not belong, nothing goes to the
/// caller of another connection, and neither thread waits for the other one for ever. With
/// `llmhop.long` fifty times as many requests.
@Timeout(300)
class TwoWritersTest {
  private static final int CALLERS = 16;
  private static final int INNOCENT = 4;
  private static final int ROUNDS = Boolean.getBoolean("llmhop.long") ? 10_000 : 200;
  private static final int HINTS = 8;
  private static final String UPLOAD =
      "POST /up HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";

  private static Fields link(String value) {
    var fields = new Fields();
    fields.add("Link", value);
    return fields;
  }

  private static Thread readOnThreadOfItsOwn(RawExchange x) {
    return Thread.ofVirtual()
        .start(
            () -> {
              try {
                Bodies.read(x);
              } catch (IOException e) {
                // The caller has left, or the exchange is over.
              }
            });
  }

  private static void join(Thread thread) {
    Waiting.await("the other thread to end", () -> !thread.isAlive());
  }

  /// Runs the step of each caller, while innocent callers compare every byte of their answers.
  private static void besideInnocents(FrontUnderTest front, Runnable step) throws Exception {
    var left = new AtomicInteger(CALLERS);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < INNOCENT; i++) {
        int number = i;
        all.add(threads.submit(() -> askUntilNobodyIsLeft(front, number, left)));
      }
      for (int i = 0; i < CALLERS; i++) {
        all.add(
            threads.submit(
                () -> {
                  try {
                    for (int round = 0; round < ROUNDS; round++) step.run();
                  } finally {
                    left.decrementAndGet();
                  }
                }));
      }
      for (Future<?> one : all) one.get();
    }
  }

  private static void askUntilNobodyIsLeft(FrontUnderTest front, int number, AtomicInteger left) {
    try (RawCaller caller = front.caller()) {
      for (int i = 0; left.get() > 0; i++) {
        String target = "/innocent/" + number + "/" + i + "/" + "y".repeat(i % 200);
        Answer answer = caller.ask(Request.get(target));
        assertEquals("GET " + target, answer.text());
        assertEquals(List.of(), answer.interim());
      }
    }
  }

  private static void answerInnocent(RawExchange x) throws IOException {
    FrontUnderTest.answer(x, 200, x.method() + " " + x.target());
  }

  @Test
  void hintsBesideContinueMixNoHeads() throws Exception {
    try (var front =
        FrontUnderTest.of(
            http -> {
              RawExchange x = RawExchange.of(http);
              if (!x.target().equals("/up")) {
                answerInnocent(x);
                return;
              }
              Thread reader = readOnThreadOfItsOwn(x);
              for (int i = 0; i < HINTS; i++) x.interim(103, link("<" + i + ">"));
              join(reader);
              FrontUnderTest.answer(x, 200, "up");
            })) {
      besideInnocents(
          front,
          () -> {
            try (RawCaller caller = front.caller()) {
              caller.send(UPLOAD);
              while (caller.readHead().status() != 100) {
                // A hint, which the answer remembers.
              }
              caller.send("bytes");
              Answer answer = caller.read();
              assertEquals("up", answer.text());
              List<String> links = new ArrayList<>();
              for (AnswerHead head : answer.interim()) {
                if (head.status() == 103) links.addAll(head.fields("Link"));
                else assertEquals(List.of(), head.fields());
              }
              assertEquals(List.of("<0>", "<1>", "<2>", "<3>", "<4>", "<5>", "<6>", "<7>"), links);
              assertEquals(HINTS + 1, answer.interim().size());
            }
          });
    }
  }

  /// The caller may be told to go on just before its answer, never within it or behind it.
  @Test
  void continueNeverStandsBehindTheFinalHead() throws Exception {
    try (var front =
        FrontUnderTest.of(
            http -> {
              RawExchange x = RawExchange.of(http);
              if (!x.target().equals("/up")) {
                answerInnocent(x);
                return;
              }
              readOnThreadOfItsOwn(x);
              FrontUnderTest.answer(x, 404, "early");
            })) {
      besideInnocents(
          front,
          () -> {
            try (RawCaller caller = front.caller()) {
              caller.send(UPLOAD);
              Answer answer = caller.read();
              assertEquals("early", answer.text());
              assertTrue(answer.interim().size() <= 1, answer::toString);
              caller.halfClose();
              caller.awaitClosedByPeer();
            }
          });
    }
  }

  /// A thread that kept its exchange writes into no answer of a later request.
  @Test
  void exchangeThatIsOverWritesNothing() {
    var kept = new AtomicReference<RawExchange>();
    List<IOException> refused = new ArrayList<>();
    try (var front =
            FrontUnderTest.of(
                http -> {
                  RawExchange x = RawExchange.of(http);
                  RawExchange before = kept.getAndSet(x);
                  if (before != null) {
                    before.interim(103, link("<late>"));
                    byte[] late = {'l', 'a', 't', 'e'};
                    refused.add(assertThrows(IOException.class, () -> before.write(late, 0, 4)));
                    refused.add(assertThrows(IOException.class, before::flush));
                    refused.add(assertThrows(IOException.class, before::finish));
                    refused.add(
                        assertThrows(
                            IOException.class,
                            () -> before.begin(200, "", new Fields(), OptionalLong.empty())));
                    refused.add(
                        assertThrows(IOException.class, () -> before.upgrade(new Fields())));
                    assertThrows(IOException.class, () -> before.read(late, 0, 4));
                  }
                  answerInnocent(x);
                });
        RawCaller caller = front.caller()) {
      for (int i = 0; i < 3; i++) {
        Answer answer = caller.ask(Request.get("/" + i));
        assertEquals("GET /" + i, answer.text());
        assertEquals(List.of(), answer.interim());
      }
    }
    assertEquals(10, refused.size());
  }

  /// One thread writes a hint to a caller that takes nothing, the other one wants to ask for the
  /// body: the limit on stalled writes ends both.
  @Test
  void callerThatTakesNothingHoldsUpNobodyForEver() {
    var ended = new CountDownLatch(2);
    try (var front =
            flooding(
                new Limits(
                    Duration.ofSeconds(60),
                    Duration.ofSeconds(60),
                    Duration.ofSeconds(60),
                    Duration.ofMillis(300),
                    100,
                    64 * 1024,
                    100),
                ended);
        RawCaller caller = front.caller()) {
      caller.send(UPLOAD);
      Waiting.await("both threads to end", () -> ended.getCount() == 0);
      Waiting.await("the connection to end", () -> front.server().connections() == 0);
    }
  }

  /// The same while the caller hangs up, long before that limit.
  @Test
  void callerThatHangsUpEndsBothThreadsAtOnce() {
    var ended = new CountDownLatch(2);
    try (var front = flooding(Limits.DEFAULT, ended);
        RawCaller caller = front.caller()) {
      caller.send(UPLOAD);
      Waiting.await("the flood", () -> caller.readHead().status() >= 100);
      caller.reset();
      Waiting.await("both threads to end", () -> ended.getCount() == 0);
    }
  }

  /// The same when the server is closed.
  @Test
  void endOfTheServerEndsBothThreadsAtOnce() {
    var ended = new CountDownLatch(2);
    try (var front = flooding(Limits.DEFAULT, ended);
        RawCaller caller = front.caller()) {
      caller.send(UPLOAD);
      Waiting.await("the flood", () -> caller.readHead().status() >= 100);
      front.server().close();
      Waiting.await("both threads to end", () -> ended.getCount() == 0);
    }
  }

  /// Sends hints for as long as the caller lives, and wants the body on another thread.
  private static FrontUnderTest flooding(Limits limits, CountDownLatch ended) {
    Fields hint = link("<" + "x".repeat(20_000) + ">");
    return FrontUnderTest.of(
        limits,
        http -> {
          RawExchange x = RawExchange.of(http);
          var flooded = new CountDownLatch(1);
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      Waiting.await("the flood", () -> flooded.getCount() == 0);
                      Bodies.read(x);
                    } catch (IOException e) {
                      // The caller has left.
                    } finally {
                      ended.countDown();
                    }
                  });
          try {
            for (int i = 0; true; i++) {
              x.interim(103, hint);
              if (i == HINTS) flooded.countDown();
            }
          } finally {
            flooded.countDown();
            ended.countDown();
          }
        });
  }

  @Test
  void http10CallerAndAnswerThatHasBegunGetNoHint() {
    try (var front =
        FrontUnderTest.of(
            http -> {
              RawExchange x = RawExchange.of(http);
              x.interim(103, link("<before>"));
              byte[] text = {'o', 'n', 'e'};
              x.begin(200, "", new Fields(), OptionalLong.of(text.length));
              x.interim(103, link("<behind>"));
              x.write(text, 0, text.length);
              x.interim(103, link("<within>"));
              x.finish();
              x.interim(103, link("<after>"));
            })) {
      Answer answer = RawCaller.ask(front.port(), Request.get("/"));
      assertEquals("one", answer.text());
      assertEquals(1, answer.interim().size());
      assertEquals(List.of("<before>"), answer.interim().getFirst().fields("Link"));
      try (RawCaller old = front.caller()) {
        old.send("GET / HTTP/1.0\r\n\r\n");
        assertEquals(List.of(), old.read().interim());
        old.awaitClosedByPeer();
      }
    }
  }
}
