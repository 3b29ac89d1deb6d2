package llmhop.http.front;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import llmhop.http.wire.Fields;
import llmhop.kit.Answer;
import llmhop.kit.RawCaller;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Which connection is ended when all slots are taken, and which is not.
@Timeout(60)
class EvictionTest {
  private static final String GREEDY = "127.0.0.2";
  private static final String HONEST = "127.0.0.3";
  private static final String OTHER = "127.0.0.4";
  private static final int SLOTS = 12;

  private final CountDownLatch go = new CountDownLatch(1);
  private final FrontUnderTest front =
      FrontUnderTest.of(FrontUnderTest.sizes(SLOTS, 64 * 1024, 100), this::answer);
  private final List<RawCaller> callers = new ArrayList<>();

  private void answer(HttpExchange http) throws IOException {
    RawExchange x = RawExchange.of(http);
    if (x.target().equals("/wait")) {
      x.watch(() -> {});
      await(go);
    }
    if (x.target().equals("/endless")) {
      x.begin(200, "", new Fields(), OptionalLong.empty());
      while (true) {
        x.write(new byte[64 * 1024], 0, 64 * 1024);
      }
    }
    byte[] part = new byte[1000];
    while (x.read(part, 0, part.length) >= 0) {}
    FrontUnderTest.answer(x, 200, x.target());
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @AfterEach
  void end() {
    go.countDown();
    callers.forEach(RawCaller::close);
    front.close();
  }

  private static String get(String target) {
    return "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n";
  }

  private RawCaller from(String address) {
    RawCaller caller = RawCaller.from(address, front.port());
    callers.add(caller);
    return caller;
  }

  /// Opens connections that are idle after an answer.
  private List<RawCaller> idle(String address, int count) {
    List<RawCaller> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      RawCaller caller = from(address);
      ask(caller, "/");
      all.add(caller);
    }
    return all;
  }

  private static int ask(RawCaller caller, String target) {
    caller.send(get(target));
    return caller.read().status();
  }

  private void awaitFull() {
    Waiting.await("all slots to be taken", () -> front.server().connections() == SLOTS);
  }

  @Test
  void idleConnectionOfTheAddressThatHoldsMostMakesRoom() {
    List<RawCaller> honest = idle(HONEST, 3);
    idle(GREEDY, SLOTS - 3);
    awaitFull();
    for (int i = 0; i < 4; i++) {
      assertEquals(200, ask(from(OTHER), "/"));
    }
    assertEquals(Collections.nCopies(4, "evicted_idle " + GREEDY), front.evicted());
    assertEquals(SLOTS, front.server().connections());
    for (RawCaller each : honest) {
      assertEquals(200, ask(each, "/"), "an address that holds less keeps its connections");
    }
  }

  @Test
  void connectionThatNeverSentAByteMakesRoom() {
    for (int i = 0; i < SLOTS; i++) {
      from(GREEDY);
    }
    awaitFull();
    assertEquals(503, ask(from(HONEST), "/"), "their first bytes may be on their way");
    assertEquals(200, ask(from(HONEST), "/health"));
    Waiting.await("a silent connection to make room", () -> ask(from(HONEST), "/") == 200);
    assertEquals(List.of("evicted_idle " + GREEDY), front.evicted());
    Waiting.await("room for the same address", () -> ask(from(GREEDY), "/") == 200);
  }

  @Test
  void refusedConnectionThatIsOnlyHeardOutMakesRoom() {
    for (int i = 0; i < SLOTS; i++) {
      RawCaller bad = from(GREEDY);
      bad.send("NO\r\n\r\n");
      assertEquals(400, bad.read().status());
    }
    awaitFull();
    assertEquals(200, ask(from(HONEST), "/"));
    assertEquals(List.of("evicted_idle " + GREEDY), front.evicted());
  }

  @Test
  void connectionWithARequestInHandIsNeverEnded() {
    List<RawCaller> busy = new ArrayList<>();
    for (int i = 0; i < SLOTS; i++) {
      RawCaller caller = from(GREEDY);
      caller.send(get("/wait"));
      busy.add(caller);
    }
    awaitFull();
    assertEquals(503, ask(from(HONEST), "/"));
    assertEquals(200, ask(from(HONEST), "/health"), "health checks are served beyond the limit");
    go.countDown();
    for (RawCaller each : busy) {
      assertEquals(200, each.read().status());
    }
    assertEquals(List.of(), front.evicted());
  }

  @Test
  void slowHeadMakesRoomForAnAddressThatHoldsLess() {
    for (int i = 0; i < SLOTS; i++) {
      from(GREEDY).send("GET / HT");
    }
    awaitFull();
    assertEquals(200, ask(from(GREEDY), "/health"));
    Waiting.await("a slow head to make room", () -> ask(from(HONEST), "/") == 200);
    assertEquals(List.of("evicted_head " + GREEDY), front.evicted());
    assertEquals(503, ask(from(GREEDY), "/"), "not for one more of the same address");
  }

  @Test
  void slowBodyMakesRoomForAnAddressThatHoldsLess() {
    for (int i = 0; i < SLOTS; i++) {
      from(GREEDY).send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc");
    }
    awaitFull();
    assertEquals(200, ask(from(HONEST), "/health"));
    Waiting.await("a slow body to make room", () -> ask(from(HONEST), "/") == 200);
    assertEquals(List.of("evicted_body " + GREEDY), front.evicted());
  }

  @Test
  void answerThatIsNotTakenMakesRoomForAnAddressThatHoldsLess() {
    for (int i = 0; i < SLOTS; i++) {
      from(GREEDY).send(get("/endless"));
    }
    awaitFull();
    assertEquals(200, ask(from(HONEST), "/health"));
    Waiting.await("an unread answer to make room", () -> ask(from(HONEST), "/") == 200);
    assertEquals(List.of("evicted_answer " + GREEDY), front.evicted());
    assertEquals(503, ask(from(GREEDY), "/"), "not for one more of the same address");
  }

  @Test
  void addressThatHoldsMostDoesNotPushOthersOut() {
    List<RawCaller> honest = idle(HONEST, 2);
    for (int i = 0; i < SLOTS - 2; i++) {
      from(GREEDY).send(get("/wait"));
    }
    awaitFull();
    for (int i = 0; i < 20; i++) {
      assertEquals(503, ask(from(GREEDY), "/"));
    }
    assertEquals(List.of(), front.evicted());
    for (RawCaller each : honest) {
      assertEquals(200, ask(each, "/"));
    }
  }

  @Test
  void proxyThatStandsForManyDoesNotCountAsOneAddress() {
    List<RawCaller> many = idle(FrontUnderTest.PROXY, SLOTS - 3);
    idle(GREEDY, 3);
    awaitFull();
    assertEquals(200, ask(from(OTHER), "/"));
    assertEquals(200, ask(from(FrontUnderTest.PROXY), "/"));
    assertEquals(List.of("evicted_idle " + GREEDY, "evicted_idle " + GREEDY), front.evicted());
    for (RawCaller each : many) {
      assertEquals(200, ask(each, "/"));
    }
  }

  @Test
  void healthCheckGetsThroughReservedSlotsThatAnotherAddressFills() {
    for (int i = 0; i < SLOTS; i++) {
      from(GREEDY).send(get("/wait"));
    }
    awaitFull();
    for (int i = 0; i < Limits.RESERVED; i++) {
      from(GREEDY).send("GET /health HT");
    }
    for (int i = 0; i < 10; i++) {
      from(GREEDY);
      assertEquals(200, ask(from(HONEST), "/health"));
    }
  }

  @Test
  void reservedSlotEndsWithItsAnswerAndTakesNoBody() {
    for (int i = 0; i < SLOTS; i++) {
      from(GREEDY).send(get("/wait"));
    }
    awaitFull();
    RawCaller health = from(HONEST);
    health.send(get("/health"));
    Answer answer = health.read();
    assertEquals(200, answer.status());
    assertEquals(Optional.of("close"), answer.field("Connection"));
    health.awaitClosedByPeer();
    RawCaller body = from(HONEST);
    body.send("POST /health HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
    assertEquals(503, body.read().status());
  }
}
