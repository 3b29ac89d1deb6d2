package llmhop.http.front;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import llmhop.http.front.LimitsTest.At;
import llmhop.http.front.LimitsTest.Past;
import llmhop.http.wire.Fields;
import llmhop.http.wire.HeapBudget;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A front with a small heap: it refuses, or ends the slowest, before the heap is spent.
@Timeout(60)
class HeapTest {
  private static final int KIB = 1024;
  private static final Request GET = Request.get("/x");

  /// An answer that no socket's buffers take whole.
  private static final int LARGE = 64 * KIB * KIB;

  private final List<RawCaller> callers = new ArrayList<>();

  @AfterEach
  void leave() {
    callers.forEach(RawCaller::close);
  }

  private void leave(FrontUnderTest front) {
    leave();
    Waiting.await("the sweep to see it", () -> front.server().gauges().get("unreadBytes") == 0);
  }

  private RawCaller caller(FrontUnderTest front) {
    RawCaller caller = RawCaller.to(front.port());
    callers.add(caller);
    return caller;
  }

  private static void large(HttpExchange http) throws IOException {
    RawExchange x = RawExchange.of(http);
    boolean chunked = x.target().equals("/chunked");
    byte[] piece = new byte[16 * KIB];
    var length = chunked ? OptionalLong.empty() : OptionalLong.of(LARGE);
    x.begin(200, "", new Fields(), length);
    for (int sent = 0; sent < LARGE; sent += piece.length) {
      x.write(piece, 0, piece.length);
      x.flush();
    }
    x.finish();
  }

  private static void answer(HttpExchange http) throws IOException {
    FrontUnderTest.answer(RawExchange.of(http), 200, "fine");
  }

  /// Half of the budget is for connections: 1 MiB has room for 46 of 11 KiB.
  @Test
  @At(Limit.CONNECTION_MEMORY)
  @Past(Limit.CONNECTION_MEMORY)
  void connectionsThatDoNotFitIntoTheHeapAreRefused() {
    var busy = new CountDownLatch(1);
    try (var front =
        FrontUnderTest.of(
            new HeapBudget(KIB * KIB),
            http -> {
              if (http.getRequestURI().getPath().equals("/wait")) {
                try {
                  busy.await(30, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              }
              answer(http);
            })) {
      for (int i = 0; i < 46; i++) caller(front).send(Request.get("/wait"));
      Waiting.await("46 connections", () -> front.server().connections() == 46);
      RawCaller late = caller(front);
      late.send(GET);
      assertEquals(503, late.read().status());
      assertEquals(46, front.server().connections());
      busy.countDown();
      for (int i = 0; i < 46; i++) assertEquals(200, callers.get(i).read().status());
      // They are idle now, so that one of them makes room.
      Waiting.await("one of them to make room", () -> caller(front).ask(GET).status() == 200);
    }
  }

  @Test
  void aHeapThatOthersHaveFilledTakesNoConnections() {
    var heap = new HeapBudget(KIB * KIB);
    var bodies = new long[1];
    heap.register(() -> bodies[0]);
    try (var front = FrontUnderTest.of(heap, HeapTest::answer)) {
      bodies[0] = KIB * KIB - 5 * KIB;
      RawCaller refused = caller(front);
      refused.send(GET);
      assertEquals(503, refused.read().status());
      bodies[0] = 0;
      assertEquals(200, caller(front).ask(GET).status());
    }
  }

  private static String lines(int bytes) {
    return "GET /x HTTP/1.1\r\nHost: localhost\r\n"
        + ("X: " + "h".repeat(1_019) + "\r\n").repeat(bytes / KIB);
  }

  private static long readAhead(FrontUnderTest front) {
    return front.server().gauges().get("readAheadBytes");
  }

  /// An eighth of 1 MiB is for heads: the whole lines of three that are not whole take 40 KiB each.
  @Test
  void linesOfHalfHeadsThatDoNotFitIntoTheHeapAreRefused() {
    try (var front = FrontUnderTest.of(new HeapBudget(KIB * KIB), HeapTest::answer)) {
      for (int i = 1; i <= 3; i++) {
        caller(front).send(lines(40 * KIB));
        int count = i;
        Waiting.await(
            "the lines to be counted",
            () -> readAhead(front) >= count * 36L * KIB,
            () -> "" + readAhead(front));
      }
      RawCaller late = caller(front);
      late.send(lines(40 * KIB));
      assertEquals(503, late.read().status());
      // The note of a refusal follows its answer.
      Waiting.await("the note", () -> front.refused().equals(List.of(Fault.TOO_MANY_CONNECTIONS)));
      RawCaller usual = caller(front);
      usual.send(lines(3 * KIB));
      usual.send("\r\n");
      assertEquals(200, usual.read().status());
      leave();
      Waiting.await("nothing to be counted", () -> readAhead(front) == 0);
    }
  }

  @Test
  void linesOfAHeadThatIsCutShortAreNotCountedAnyMore() {
    try (var front = FrontUnderTest.of(new HeapBudget(KIB * KIB), HeapTest::answer)) {
      RawCaller kept = caller(front);
      kept.send(lines(40 * KIB));
      Waiting.await("the lines to be counted", () -> readAhead(front) >= 36L * KIB);
      kept.send("\r\n");
      assertEquals(200, kept.read().status());
      Waiting.await("the head to be let go", () -> readAhead(front) == 0);
      kept.send(lines(40 * KIB));
      Waiting.await("the lines to be counted again", () -> readAhead(front) >= 36L * KIB);
      kept.send("not a field\r\n");
      assertEquals(400, kept.read().status());
      Waiting.await("the refused head to be let go", () -> readAhead(front) == 0);
      RawCaller leaving = caller(front);
      leaving.send(lines(40 * KIB));
      Waiting.await("the lines to be counted", () -> readAhead(front) >= 36L * KIB);
      leaving.close();
      Waiting.await("the half head to be let go", () -> readAhead(front) == 0);
    }
  }

  @Test
  @Past(Limit.UNREAD)
  void whenSlowReadersHoldTooMuchTheSlowestAreEnded() {
    // An eighth of 1 MiB: 8 writers of 16 KiB.
    try (var front = FrontUnderTest.of(new HeapBudget(KIB * KIB), HeapTest::large)) {
      for (int i = 0; i < 20; i++) {
        caller(front).send(i % 2 == 0 ? GET : Request.get("/chunked"));
      }
      Waiting.await(
          "the slowest to be ended",
          () -> front.evicted().size() >= 12 && front.server().connections() == 8,
          () -> front.evicted().size() + " " + front.server().gauges());
      assertTrue(
          front.evicted().stream().allMatch(each -> each.equals("evicted_unread 127.0.0.1")),
          () -> front.evicted().toString());
      leave(front);
    }
  }

  @Test
  void aCallerThatReadsIsNotEndedWithThem() {
    try (var front = FrontUnderTest.of(new HeapBudget(KIB * KIB), HeapTest::large)) {
      for (int i = 0; i < 20; i++) caller(front).send(GET);
      RawCaller honest = caller(front);
      honest.send(GET);
      assertEquals(200, honest.readHead().status());
      long read = 0;
      boolean floodEnded = false;
      for (var some = honest.readSome(); some.isPresent(); some = honest.readSome()) {
        read += some.get().length();
        if (!floodEnded && read > LARGE / 2) {
          Waiting.await("the slowest to be ended", () -> front.evicted().size() >= 12);
          floodEnded = true;
        }
      }
      assertEquals(LARGE, read);
      leave(front);
    }
  }

  @Test
  @At(Limit.UNREAD)
  void fewSlowReadersAreLeftAlone() {
    try (var front = FrontUnderTest.of(new HeapBudget(KIB * KIB), HeapTest::large)) {
      for (int i = 0; i < 8; i++) caller(front).send(GET);
      Waiting.await(
          "all of them to be counted",
          () -> front.server().gauges().get("unreadBytes") == 8L * 16 * KIB);
      for (RawCaller each : callers) assertFalse(each.isClosedByPeer());
      assertEquals(List.of(), front.evicted());
      leave(front);
    }
  }

  /// Another protocol's bytes are unread as well.
  @Test
  void aTunnelWhoseCallerReadsNothingIsCountedAndEnded() {
    try (var front =
        FrontUnderTest.of(
            new HeapBudget(KIB * KIB),
            http -> {
              RawExchange.Upgraded upgraded = RawExchange.of(http).upgrade(new Fields());
              while (true) upgraded.transport().write(ByteBuffer.allocate(16 * KIB));
            })) {
      for (int i = 0; i < 12; i++) {
        caller(front)
            .send(
                "GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
                    + "Upgrade: websocket\r\n"
                    + "Sec-WebSocket-Version: 13\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
      }
      Waiting.await(
          "the slowest tunnels to be ended",
          () -> front.evicted().size() >= 4,
          () -> front.evicted() + " " + front.server().gauges());
      leave(front);
    }
  }

  @Test
  void nothingIsCountedAfterTheConnectionsAreOver() {
    var heap = new HeapBudget(KIB * KIB);
    try (var front = FrontUnderTest.of(heap, HeapTest::large)) {
      for (int i = 0; i < 20; i++) caller(front).send(GET);
      Waiting.await("slow readers", () -> front.server().gauges().get("unreadBytes") > 0);
      callers.forEach(RawCaller::close);
      Waiting.await(
          "nothing to be held but in pools",
          () ->
              front.server().connections() == 0
                  && front.server().gauges().get("unreadBytes") == 0
                  && heap.hasRoomFor(KIB * KIB),
          () -> heap.held() + " " + front.server().gauges());
    }
  }

  /// A list of models is one array; a caller that takes nothing of it keeps it in memory.
  @Test
  void longAnswerThatIsNotTakenCountsAsLongAsItIs() {
    int length = 16_000_000;
    try (var front =
            FrontUnderTest.of(
                http -> FrontUnderTest.answer(RawExchange.of(http), 200, "x".repeat(length)));
        RawCaller caller = front.caller()) {
      caller.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      Waiting.await(
          "the answer to be counted",
          () -> front.server().gauges().get("unreadBytes") >= length,
          () -> front.server().gauges().toString());
    }
  }
}
