package llmhop.http.front;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import llmhop.http.wire.Fields;
import llmhop.kit.Answer;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Callers that take their time: those that make progress live, the others are ended, and nobody
/// else notices. Time is the test's own: it passes only where a test says so.
@Timeout(60)
class SlowCallersTest {
  private static final int CROWD = 500;
  private static final String HEAD = "POST /a HTTP/1.1\r\nHost: a\r\n";
  private static final Duration LONG = Duration.ofHours(1);
  private static final Duration LIMIT = Duration.ofSeconds(2);

  /// Almost as long as the limit.
  private static final Duration ALMOST = LIMIT.minusMillis(1);

  private static final Duration STEP = Duration.ofMillis(250);

  private final SweepClock clock = new SweepClock();

  private static Limits limits(Duration head, Duration body, Duration write) {
    return new Limits(head, body, LONG, write, 10_000, 64 * 1024, 100);
  }

  private FrontUnderTest echoing(Limits limits) {
    return FrontUnderTest.of(limits, Optional.empty(), clock);
  }

  private FrontUnderTest answering(Limits limits, HttpHandler handler) {
    return FrontUnderTest.of(limits, Optional.of(handler), clock);
  }

  /// Sends a byte in each quarter of a second until the server has had enough.
  private void drip(FrontUnderTest front, RawCaller caller) {
    Waiting.await(
        "the server to end it",
        () -> {
          if (caller.isClosedByPeer()) {
            return true;
          }
          try {
            caller.send("x");
          } catch (UncheckedIOException e) {
            return true;
          }
          front.pass(clock, STEP);
          return false;
        });
  }

  @Test
  void aHeadThatDripsIsAnswered408() {
    try (var front = echoing(limits(LIMIT, LONG, LONG));
        RawCaller caller = front.caller()) {
      caller.send(HEAD + "X: ");
      drip(front, caller);
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
              answering(
                  limits(LONG, LIMIT, LONG),
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
        drip(front, caller);
        assertEquals(408, caller.read().status());
        assertEquals(0, stalled.getCount());
      }
    }
  }

  /// 4 KiB in each span is progress, however long the whole takes, here 20 times the span, and
  /// however few bytes the handler reads at a time.
  @Test
  void aSlowHonestUploadLives() {
    var read = new AtomicLong();
    try (var front =
            answering(
                limits(LONG, LIMIT, LONG),
                http -> {
                  RawExchange x = RawExchange.of(http);
                  byte[] part = new byte[1000];
                  for (int some = 0; some >= 0; some = x.read(part, 0, part.length)) {
                    read.addAndGet(some);
                  }
                  FrontUnderTest.answer(x, 200, "read " + read);
                });
        RawCaller caller = front.caller()) {
      int pieces = 20;
      caller.send(HEAD + "Content-Length: " + pieces * 5_000 + "\r\n\r\n");
      for (int sent = 1; sent <= pieces; sent++) {
        caller.send("y".repeat(5_000));
        long all = sent * 5_000L;
        Waiting.await("the piece to be read", () -> read.get() == all, () -> read + " bytes");
        front.pass(clock, ALMOST);
      }
      assertEquals("read 100000", caller.read().text());
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
              answering(
                  limits(LONG, LONG, LIMIT),
                  http -> {
                    try {
                      answerLarge(RawExchange.of(http), length);
                    } finally {
                      over.countDown();
                    }
                  });
          RawCaller caller = front.caller()) {
        caller.send(Request.get("/"));
        Waiting.await(
            "it to be cut",
            () -> {
              front.pass(clock, STEP);
              return over.getCount() == 0;
            });
        Waiting.await("it to be closed", () -> front.server().connections() == 0);
      }
    }
  }

  /// A pause is no stall, and the sweep of the others isn't held up meanwhile.
  @Test
  void aCallerThatReadsALargeAnswerAfterAPauseGetsAllOfIt() {
    try (var front =
            answering(
                limits(LIMIT, LONG, LIMIT.multipliedBy(100)),
                http -> answerLarge(RawExchange.of(http), OptionalLong.of(LARGE.length)));
        RawCaller caller = front.caller();
        RawCaller other = front.caller()) {
      caller.send(Request.get("/"));
      other.send(HEAD);
      Waiting.await("both to be there", () -> front.server().connections() == 2);
      Waiting.await(
          "the other to be ended",
          () -> {
            front.pass(clock, STEP);
            return !front.refused().isEmpty();
          });
      assertEquals(408, other.read().status());
      Answer answer = caller.read();
      assertEquals(LARGE.length, answer.body().length);
    }
  }

  /// However the handler writes it: with one write, too. A piece is more than the buffers of both
  /// sockets hold, so that the server writes some of the rest while the caller takes it.
  @Test
  void aCallerThatTakesALargeAnswerSlowlyGetsAllOfIt() throws IOException {
    try (var front =
            answering(
                limits(LONG, LONG, LIMIT),
                http -> {
                  RawExchange x = RawExchange.of(http);
                  x.begin(200, "", new Fields(), OptionalLong.of(LARGE.length));
                  x.write(LARGE, 0, LARGE.length);
                  x.finish();
                });
        var socket = new Socket()) {
      socket.setReceiveBufferSize(64 * 1024);
      socket.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), front.port()));
      socket.setSoTimeout((int) Waiting.PATIENCE.toMillis());
      socket.getOutputStream().write(Request.get("/").with("Connection: close").bytes());
      long taken = 0;
      int pieces = 5;
      for (int piece = 0; piece < pieces; piece++) {
        taken += socket.getInputStream().readNBytes(LARGE.length / pieces).length;
        front.pass(clock, ALMOST);
      }
      taken += socket.getInputStream().readAllBytes().length;
      assertTrue(taken > LARGE.length, "it was cut after " + taken + " bytes");
    }
  }

  // ---- a crowd

  /// Each answer to the honest caller comes while no time passes, so that none of the crowd is
  /// ended for it.
  @Test
  void honestCallersDoNotNoticeHundredsThatDripOrStandStill() {
    List<RawCaller> crowd = new ArrayList<>();
    try (var front = echoing(limits(LIMIT, LIMIT, LIMIT))) {
      try (RawCaller honest = front.caller()) {
        for (int i = 0; i < CROWD; i++) {
          RawCaller slow = front.caller();
          crowd.add(slow);
          slow.send(
              i % 3 == 0 ? "" : i % 3 == 1 ? HEAD + "X: " : HEAD + "Content-Length: 9\r\n\r\nx");
        }
        Waiting.await("all to be there", () -> front.server().connections() == CROWD + 1);
        Request request = Request.post("/b", "{}");
        for (int i = 0; i < 1000; i++) {
          crowd.get(i % CROWD / 3 * 3 + 1).send("x");
          assertEquals("POST /b {}", honest.ask(request).text());
        }
        assertEquals(CROWD + 1, front.server().connections());
        assertEquals(List.of(), front.refused());
      } finally {
        crowd.forEach(RawCaller::close);
      }
    }
  }

  /// A caller's bytes are the test's evidence that it was cut and not answered.
  @Test
  void hundredsOfSlowHeadsAllEndAtTheirDeadline() {
    List<RawCaller> crowd = new ArrayList<>();
    try (var front = echoing(limits(LIMIT, LONG, LONG))) {
      for (int i = 0; i < CROWD; i++) {
        RawCaller slow = front.caller();
        crowd.add(slow);
        slow.send(HEAD.substring(0, 1 + i % HEAD.length()).getBytes(StandardCharsets.US_ASCII));
      }
      Waiting.await("all to be there", () -> front.server().connections() == CROWD);
      front.pass(clock, ALMOST);
      assertEquals(List.of(), front.refused());
      assertEquals(CROWD, front.server().connections());
      Waiting.await(
          "all to be refused",
          () -> {
            front.pass(clock, STEP);
            return front.refused().size() == CROWD;
          });
      for (RawCaller slow : crowd) {
        assertEquals(408, slow.read().status());
        slow.close();
      }
    }
  }
}
