package llmhop.http.front;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import llmhop.http.wire.Fields;
import llmhop.kit.Answer;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Callers that take their time: those that make progress live, the others are ended, and nobody
/// else notices.
@Timeout(60)
class SlowCallersTest {
  private static final int CROWD = 500;
  private static final long P99_MILLIS = 250;
  private static final String HEAD = "POST /a HTTP/1.1\r\nHost: a\r\n";

  private static Limits limits(long headMillis, long bodyMillis, long writeMillis) {
    return new Limits(
        Duration.ofMillis(headMillis),
        Duration.ofMillis(bodyMillis),
        Duration.ofSeconds(60),
        Duration.ofMillis(writeMillis),
        10_000,
        64 * 1024,
        100);
  }

  /// Sends a byte now and then until the server has had enough.
  private static void drip(RawCaller caller, String text, long everyMillis) {
    long[] next = {System.nanoTime()};
    int[] at = {0};
    Waiting.await(
        "the server to end it",
        () -> {
          if (caller.isClosedByPeer()) {
            return true;
          }
          if (System.nanoTime() - next[0] >= 0) {
            next[0] += TimeUnit.MILLISECONDS.toNanos(everyMillis);
            try {
              caller.send(text.substring(at[0] % text.length(), at[0] % text.length() + 1));
              at[0]++;
            } catch (java.io.UncheckedIOException e) {
              return true;
            }
          }
          return false;
        });
  }

  @Test
  void aHeadThatDripsIsAnswered408() {
    try (var front = FrontUnderTest.echoing(limits(400, 10_000, 10_000));
        RawCaller caller = front.caller()) {
      caller.send(HEAD);
      drip(caller, "X: abcdefghijklmnopqrstuvwxyz".repeat(40), 20);
      assertEquals(408, caller.read().status());
      assertEquals(List.of(Fault.TIMEOUT), front.refused());
    }
  }

  @Test
  void aBodyThatDripsIsEndedAlthoughSomethingAlwaysComes() {
    for (String framing :
        List.of("Content-Length: 99999\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n1869F\r\n")) {
      var stalled = new CountDownLatch(1);
      try (var front =
              FrontUnderTest.of(
                  limits(10_000, 400, 10_000),
                  http -> {
                    RawExchange x = RawExchange.of(http);
                    try {
                      byte[] part = new byte[100];
                      while (x.read(part, 0, part.length) >= 0) {}
                    } catch (InputEndedException e) {
                      stalled.countDown();
                      FrontUnderTest.answer(x, 408, "slow");
                    }
                  });
          RawCaller caller = front.caller()) {
        caller.send(HEAD + framing);
        drip(caller, "x".repeat(1000), 20);
        assertEquals(408, caller.read().status());
        assertEquals(0, stalled.getCount());
      }
    }
  }

  /// 4 KiB in each span is progress, however long the whole takes: here half as long again as the
  /// span, with pieces so often that a busy machine keeps within it.
  @Test
  void aSlowHonestUploadLives() {
    try (var front = FrontUnderTest.echoing(limits(10_000, 2_000, 10_000));
        RawCaller caller = front.caller()) {
      int pieces = 20;
      caller.send(HEAD + "Content-Length: " + pieces * 5_000 + "\r\n\r\n");
      long[] next = {System.nanoTime()};
      int[] sent = {0};
      Waiting.await(
          "all pieces to be sent",
          () -> {
            if (System.nanoTime() - next[0] >= 0) {
              caller.send("y".repeat(5_000));
              sent[0]++;
              next[0] += TimeUnit.MILLISECONDS.toNanos(150);
            }
            return sent[0] == pieces;
          });
      assertEquals("POST /a " + "y".repeat(pieces * 5_000), caller.read().text());
    }
  }

  private static final byte[] LARGE = new byte[40 * 1024 * 1024];

  private static void answerLarge(RawExchange x, OptionalLong length) throws IOException {
    x.watch(() -> {});
    x.begin(200, "", new Fields(), length);
    for (int at = 0; at < LARGE.length; at += 64 * 1024) {
      x.write(LARGE, at, 64 * 1024);
    }
    x.finish();
  }

  @Test
  void aCallerThatTakesNoByteOfALargeAnswerIsCut() {
    for (OptionalLong length : List.of(OptionalLong.of(LARGE.length), OptionalLong.empty())) {
      var over = new CountDownLatch(1);
      try (var front =
              FrontUnderTest.of(
                  limits(10_000, 10_000, 400),
                  http -> {
                    try {
                      answerLarge(RawExchange.of(http), length);
                    } finally {
                      over.countDown();
                    }
                  });
          RawCaller caller = front.caller()) {
        caller.send(Request.get("/"));
        Waiting.await("it to be cut", () -> over.getCount() == 0);
        Waiting.await("it to be closed", () -> front.server().connections() == 0);
      }
    }
  }

  /// A pause is no stall, and the sweep of the others isn't held up meanwhile.
  @Test
  void aCallerThatReadsALargeAnswerAfterAPauseGetsAllOfIt() {
    try (var front =
            FrontUnderTest.of(
                limits(300, 10_000, 5_000),
                http -> answerLarge(RawExchange.of(http), OptionalLong.of(LARGE.length)));
        RawCaller caller = front.caller();
        RawCaller other = front.caller()) {
      caller.send(Request.get("/"));
      other.send(HEAD);
      assertEquals(408, other.read().status(), "the clock stands still");
      Answer answer = caller.read();
      assertEquals(LARGE.length, answer.body().length);
    }
  }

  /// However the handler writes it: with one write, too.
  @Test
  void aCallerThatTakesALargeAnswerSlowlyGetsAllOfIt() throws IOException {
    try (var front =
            FrontUnderTest.of(
                limits(10_000, 10_000, 2_000),
                http -> {
                  RawExchange x = RawExchange.of(http);
                  x.begin(200, "", new Fields(), OptionalLong.of(LARGE.length));
                  x.write(LARGE, 0, LARGE.length);
                  x.finish();
                });
        var socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), front.port())) {
      socket.setSoTimeout((int) Waiting.PATIENCE.toMillis());
      socket.getOutputStream().write(Request.get("/").with("Connection: close").bytes());
      long taken = 0;
      int pieces = 20;
      for (int piece = 0; piece < pieces; piece++) {
        long next = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(150);
        Waiting.await("a moment to pass", () -> System.nanoTime() - next >= 0);
        taken += socket.getInputStream().readNBytes(LARGE.length / pieces).length;
      }
      taken += socket.getInputStream().readAllBytes().length;
      assertTrue(taken > LARGE.length, "it was cut after " + taken + " bytes");
    }
  }

  // ---- a crowd

  @Test
  void honestCallersDoNotNoticeHundredsThatDripOrStandStill() {
    List<RawCaller> crowd = new ArrayList<>();
    try (var front = FrontUnderTest.echoing(limits(60_000, 60_000, 60_000))) {
      try (RawCaller honest = front.caller()) {
        for (int i = 0; i < CROWD; i++) {
          RawCaller slow = front.caller();
          crowd.add(slow);
          slow.send(
              i % 3 == 0 ? "" : i % 3 == 1 ? HEAD + "X: " : HEAD + "Content-Length: 9\r\n\r\nx");
        }
        Waiting.await("all to be there", () -> front.server().connections() == CROWD + 1);
        Request request = Request.post("/b", "{}");
        long[] nanos = new long[1000];
        for (int i = 0; i < nanos.length; i++) {
          crowd.get(i % CROWD / 3 * 3 + 1).send("x");
          long begin = System.nanoTime();
          assertEquals("POST /b {}", honest.ask(request).text());
          nanos[i] = System.nanoTime() - begin;
        }
        Arrays.sort(nanos);
        long p99 = TimeUnit.NANOSECONDS.toMillis(nanos[nanos.length * 99 / 100]);
        assertTrue(p99 < P99_MILLIS, "p99 is " + p99 + " ms");
      } finally {
        crowd.forEach(RawCaller::close);
      }
    }
  }

  /// A caller's bytes are the test's evidence that it was cut and not answered.
  @Test
  void hundredsOfSlowHeadsAllEndAtTheirDeadline() {
    List<RawCaller> crowd = new ArrayList<>();
    try (var front = FrontUnderTest.echoing(limits(700, 60_000, 60_000))) {
      for (int i = 0; i < CROWD; i++) {
        RawCaller slow = front.caller();
        crowd.add(slow);
        slow.send(HEAD.substring(0, 1 + i % HEAD.length()).getBytes(StandardCharsets.US_ASCII));
      }
      for (RawCaller slow : crowd) {
        assertEquals(408, slow.read().status());
        slow.close();
      }
    }
  }
}
