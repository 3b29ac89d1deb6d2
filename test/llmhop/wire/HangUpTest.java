package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.byRequest;
import static llmhop.kit.Steps.echoBody;
import static llmhop.kit.Steps.event;
import static llmhop.kit.Steps.hold;
import static llmhop.kit.Steps.holdUntilHangUp;
import static llmhop.kit.Steps.lastChunk;
import static llmhop.kit.Steps.raw;
import static llmhop.kit.Steps.sseHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import llmhop.kit.Answer;
import llmhop.kit.Gate;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Stage;
import llmhop.kit.Step;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Whoever leaves takes the backend's work along within 100 ms; whoever stays loses nothing.
class HangUpTest {
  private static final String PATH = "/v1/chat/completions";
  private static final Request STREAM = Request.post(PATH, "{\"model\":\"llama\",\"stream\":true}");
  private static final Request PLAIN = Request.post(PATH, "{\"model\":\"llama\"}");
  private static final long BOUND_MILLIS = 100;

  /// On a busy machine a single try says more about the machine.
  private static final int MOST_TRIES = 8;

  private ScriptedBackend backend;
  private RouterUnderTest router;

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
  }

  private void comeIn(Entrance entrance) {
    router = RouterUnderTest.to(backend, entrance);
  }

  @AfterEach
  void end() {
    router.close();
    backend.close();
  }

  private enum Way {
    FIN(RawCaller::close),
    HALF_CLOSE(RawCaller::halfClose),
    RESET(RawCaller::reset);

    private final Consumer<RawCaller> leave;

    Way(Consumer<RawCaller> leave) {
      this.leave = leave;
    }
  }

  /// Where the exchange is when the caller leaves, and how a caller sees that it is there.
  private enum Phase {
    BEFORE_A_BYTE_OF_A_PLAIN_ANSWER(PLAIN, caller -> {}),
    BEFORE_A_BYTE_OF_A_STREAM(STREAM, caller -> {}),
    BEHIND_THE_HEAD_OF_A_STREAM(STREAM, RawCaller::readHead, sseHead()),
    IN_MID_STREAM(STREAM, Phase::readEvent, sseHead(), event("one")),
    IN_MID_CHUNK(STREAM, RawCaller::readHead, sseHead(), raw("1000\r\ndata: ")),
    IN_A_PLAIN_ANSWER(
        PLAIN,
        RawCaller::readHead,
        raw("HTTP/1.1 200 OK\r\nContent-Length: 99\r\nContent-Type: application/json\r\n\r\n{")),
    IN_AN_ANSWER_UNTIL_THE_END(
        PLAIN, Phase::readEvent, raw("HTTP/1.1 200 OK\r\nX-Engine: 1\r\n\r\ndata: one\n\n"));

    private final Request request;
    private final Consumer<RawCaller> reached;
    private final Step[] steps;

    Phase(Request request, Consumer<RawCaller> reached, Step... steps) {
      this.request = request;
      this.reached = reached;
      this.steps = Arrays.copyOf(steps, steps.length + 1);
      this.steps[steps.length] = holdUntilHangUp();
    }

    private static void readEvent(RawCaller caller) {
      caller.readHead();
      caller.readUntil("one\n\n");
    }
  }

  private static Stream<Arguments> departures() {
    List<Arguments> all = new ArrayList<>();
    for (Entrance entrance : Entrance.values()) {
      for (Phase phase : Phase.values()) {
        for (Way way : Way.values()) {
          if (entrance == Entrance.UNIX && way == Way.RESET) {
            continue; // there is none
          }
          all.add(Arguments.of(entrance, phase, way, false));
          all.add(Arguments.of(entrance, phase, way, true));
        }
      }
    }
    return all.stream();
  }

  @ParameterizedTest(name = "{0} {1} {2} pipelined {3}")
  @MethodSource("departures")
  void whoLeavesEndsTheBackendsWorkWithin100Milliseconds(
      Entrance entrance, Phase phase, Way way, boolean pipelined) {
    comeIn(entrance);
    long best = Long.MAX_VALUE;
    int tries = 0;
    while (best >= BOUND_MILLIS && tries < MOST_TRIES) {
      tries++;
      best = Math.min(best, millisToHangUp(phase, way, pipelined, tries));
    }
    assertTrue(best < BOUND_MILLIS, best + " ms at best of " + tries);
    assertEquals(tries, backend.requests().size(), "nothing of who has left is begun");
  }

  private long millisToHangUp(Phase phase, Way way, boolean pipelined, int nth) {
    backend.next(phase.steps);
    try (RawCaller caller = router.caller()) {
      caller.send(phase.request);
      if (pipelined) {
        caller.send(PLAIN);
      }
      backend.awaitRequests(nth);
      phase.reached.accept(caller);
      long begin = System.nanoTime();
      way.leave.accept(caller);
      backend.awaitHangUp(nth);
      return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
    }
  }

  @Test
  void whoLeavesInAnUploadEndsTheBackendsWorkToo() {
    comeIn(Entrance.TCP);
    backend.next(echoBody());
    try (RawCaller caller = router.caller()) {
      caller.sendHead(Request.post("/route/llama/x", "x".repeat(500_000)));
      caller.send("x".repeat(300_000));
      backend.awaitHeads(1);
    }
    backend.awaitClosed(1);
    assertEquals(0, backend.executions());
  }

  // ---- who stays

  private static Request numbered(int i, int size) {
    String body = "{\"model\":\"llama\",\"n\":" + i + ",\"x\":\"" + "y".repeat(size) + "\"}";
    return Request.post(PATH, body);
  }

  private static String body(Request request) {
    return new String(request.body(), StandardCharsets.UTF_8);
  }

  /// Less than is read ahead, about as much, and more.
  @ParameterizedTest
  @EnumSource(Entrance.class)
  void whatIsPipelinedBehindAWaitingRequestIsServedAfterIt(Entrance entrance) {
    comeIn(entrance);
    for (int size : new int[] {0, 3_000, 64_000, 66_000, 300_000}) {
      var gate = new Gate();
      backend.next(hold(gate), echoBody());
      backend.always(echoBody());
      try (RawCaller caller = router.caller()) {
        Request first = numbered(0, 10);
        caller.send(first);
        gate.awaitReached();
        List<Thread> sending = new ArrayList<>();
        byte[] both = concat(numbered(1, size).bytes(), numbered(2, 5).bytes());
        sending.add(caller.sendMeanwhile(both));
        WaitingTime.pass(120);
        gate.open();
        assertEquals(body(first), caller.read().text());
        assertEquals(body(numbered(1, size)), caller.read().text());
        assertEquals(body(numbered(2, 5)), caller.read().text());
      }
    }
  }

  private static byte[] concat(byte[] one, byte[] other) {
    byte[] both = Arrays.copyOf(one, one.length + other.length);
    System.arraycopy(other, 0, both, one.length, other.length);
    return both;
  }

  /// Read by the pump while the stream flows, in pieces, and by the connection afterwards.
  @ParameterizedTest
  @EnumSource(Entrance.class)
  void whatIsPipelinedBehindAStreamIsServedAfterIt(Entrance entrance) {
    comeIn(entrance);
    for (int size : new int[] {0, 3_000, 64_000, 66_000, 300_000}) {
      Stage stage = new Stage();
      backend.next(sseHead(), stage);
      backend.always(echoBody());
      try (RawCaller caller = router.caller()) {
        caller.send(STREAM);
        stage.event("one");
        caller.readHead();
        caller.readUntil("one\n\n");
        byte[] next = numbered(1, size).bytes();
        caller.send(Arrays.copyOf(next, 40));
        stage.event("two");
        caller.readUntil("two\n\n");
        caller.sendMeanwhile(Arrays.copyOfRange(next, 40, next.length));
        WaitingTime.pass(60);
        stage.event("three");
        stage.end();
        Answer rest = caller.read();
        assertTrue(rest.clean() && rest.text().endsWith("three\n\n"), rest::toString);
        assertEquals(body(numbered(1, size)), caller.read().text());
      }
    }
  }

  @Test
  void aCallerThatStaysForLongIsNotTakenForOneThatLeft() {
    comeIn(Entrance.TCP);
    backend.always(
        byRequest(
            seen ->
                visit -> {
                  WaitingTime.pass(150);
                  answerJson(200, "{}").perform(visit);
                }));
    try (RawCaller caller = router.caller()) {
      for (int i = 0; i < 5; i++) {
        assertEquals(200, caller.ask(PLAIN).status());
      }
    }
    assertEquals(1, backend.connections());
  }

  /// What was pipelined is a request of its own, with an end of its own.
  @Test
  void whoLeavesBehindTwoPipelinedRequestsGetsNoneOfThemRun() {
    comeIn(Entrance.TCP);
    backend.next(sseHead(), event("one"), holdUntilHangUp());
    backend.always(sseHead(), event("x"), lastChunk());
    try (RawCaller caller = router.caller()) {
      caller.send(STREAM);
      caller.send(PLAIN);
      caller.send(PLAIN);
      caller.readHead();
      caller.readUntil("one\n\n");
    }
    backend.awaitHangUp(1);
    assertEquals(1, backend.requests().size());
  }
}
