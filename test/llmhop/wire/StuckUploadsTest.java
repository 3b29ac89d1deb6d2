package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.echoBody;
import static llmhop.kit.Steps.hold;
import static llmhop.kit.Steps.readBody;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import llmhop.kit.Answer;
import llmhop.kit.Gate;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Uploads to a backend that has stopped reading: a caller that leaves is seen, one that stays gets
/// an answer in the end, and a backend that goes on gets every byte.
@Timeout(120)
class StuckUploadsTest {
  /// More than the kernel's buffers on the way to a backend hold, 2.6 MB on loopback.
  private static final int BODY = 8_000_000;

  private static final String STREAMED = "/route/llama/x";

  private final Gate gate = new Gate();
  private ScriptedBackend backend;

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
    backend.keepOfEachBody(BODY + 1_000);
  }

  @AfterEach
  void end() {
    gate.open();
    backend.close();
  }

  private static byte[] letters(int seed) {
    byte[] letters = new byte[BODY];
    new Random(seed).nextBytes(letters);
    for (int i = 0; i < letters.length; i++) {
      letters[i] = (byte) ('a' + (letters[i] & 15));
    }
    return letters;
  }

  private static Request upload(String path, byte[] body) {
    return Request.post(path, body, "application/octet-stream");
  }

  private void sendStuck(RawCaller caller, Request request) {
    backend.nextBeforeBody(hold(gate));
    caller.sendMeanwhile(request.bytes());
  }

  /// The upload is stuck once the router reads no more, or reads ahead.
  private static void awaitStuck(RouterUnderTest router) {
    WaitingTime.pass(300);
    assertTrue(router.gauge("inFlight") > 0, router.gauges()::toString);
  }

  private static void assertFreeWithin(long millis, RouterUnderTest router) {
    long begin = System.nanoTime();
    Waiting.await(
        "all slots to be free",
        () -> router.gauge("inFlight") == 0 && router.gauge("atBackends") == 0,
        router.gauges()::toString);
    long took = (System.nanoTime() - begin) / 1_000_000;
    assertTrue(took < millis, took + " ms");
  }

  private static String models(String url, String members) {
    return "'models': {'llama': {'url': '" + url + "'" + members + "}}}";
  }

  @ParameterizedTest
  @EnumSource
  void callerThatLeavesAStuckUploadFreesItsSlot(Entrance entrance) {
    try (var router = RouterUnderTest.to(backend, entrance)) {
      try (RawCaller caller = router.caller()) {
        sendStuck(caller, upload(STREAMED, letters(1)));
        backend.awaitHeads(1);
        awaitStuck(router);
      }
      assertFreeWithin(1_000, router);
    }
  }

  @Test
  void callerThatResetsAStuckUploadFreesItsSlot() {
    try (var router = RouterUnderTest.to(backend);
        RawCaller caller = router.caller()) {
      sendStuck(caller, upload(STREAMED, letters(1)));
      backend.awaitHeads(1);
      awaitStuck(router);
      caller.reset();
      assertFreeWithin(1_000, router);
    }
  }

  @Test
  void twentyCallersThatLeaveFreeTwentySlots() {
    int slots = 20;
    byte[] body = new byte[BODY / 2];
    try (var router =
        RouterUnderTest.of(
            "{'maxConcurrentRequests': 20, 'maxBufferedBytes': '256MiB', "
                + models(backend.url(), ""))) {
      List<RawCaller> callers = new ArrayList<>();
      for (int i = 0; i < slots; i++) {
        RawCaller caller = router.caller();
        callers.add(caller);
        sendStuck(caller, upload(STREAMED, body));
      }
      backend.awaitHeads(slots);
      awaitStuck(router);
      callers.forEach(RawCaller::close);
      assertFreeWithin(2_000, router);
      backend.next(answerJson(200, "{}"));
      assertEquals(200, router.ask(Request.get("/route/llama/x")).status());
    }
  }

  /// The whole body is in memory, and its caller is watched.
  @Test
  void callerThatLeavesABufferedUploadFreesItsSlot() {
    String json = "{\"model\":\"llama\",\"x\":\"" + "y".repeat(BODY) + "\"}";
    try (var router = RouterUnderTest.to(backend)) {
      try (RawCaller caller = router.caller()) {
        sendStuck(caller, Request.post("/v1/chat/completions", json));
        backend.awaitHeads(1);
        awaitStuck(router);
      }
      assertFreeWithin(1_000, router);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {STREAMED, "/v1/chat/completions"})
  void backendThatTakesNothingIsOverTheLimitOnSending(String path) {
    try (var router = RouterUnderTest.to(backend, "'timeouts': {'send': '300ms'}");
        RawCaller caller = router.caller()) {
      String json = "{\"model\":\"llama\",\"x\":\"" + "y".repeat(BODY) + "\"}";
      sendStuck(caller, Request.post(path, json));
      Answer answer = caller.read();
      assertEquals(504, answer.status(), answer::toString);
      assertEquals(Optional.of("backend_timeout"), answer.jsonString("code"));
      assertEquals(Optional.of("false"), answer.field("x-should-retry"));
      assertTrue(answer.text().contains("'send'"), answer::text);
    }
  }

  /// Nothing can be read ahead, and the limit is what frees the slot.
  @Test
  void callerThatCanNotBeSeenIsFreedByTheLimitOnSending() {
    String members = ", 'timeouts': {'send': '500ms'}";
    try (var router =
        RouterUnderTest.of("{'maxBufferedBytes': '1MiB', " + models(backend.url(), members))) {
      try (RawCaller caller = router.caller()) {
        sendStuck(caller, upload(STREAMED, letters(3)));
        backend.awaitHeads(1);
        WaitingTime.pass(100);
      }
      assertFreeWithin(2_000, router);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"1MiB", "256MiB"})
  void backendThatGoesOnGetsEveryByte(String memory) {
    byte[] body = letters(4);
    try (var router =
            RouterUnderTest.of(
                "{'maxBufferedBytes': '" + memory + "', " + models(backend.url(), ""));
        RawCaller caller = router.caller()) {
      backend.nextBeforeBody(hold(gate), readBody(), answerJson(200, "{}"));
      caller.sendMeanwhile(upload(STREAMED, body).bytes());
      backend.awaitHeads(1);
      awaitStuck(router);
      gate.open();
      assertEquals(200, caller.read().status());
      assertArrayEquals(body, backend.request(1).body());
      backend.next(echoBody());
      assertArrayEquals(body, caller.ask(upload(STREAMED, body)).body());
      assertEquals(1, backend.connections());
    }
  }

  /// What is read ahead is looked into as well, and the last part is held back.
  @Test
  void bodyThatNamesAnotherModelIsRefusedThoughItWasReadAhead() {
    String json = "{\"x\":\"" + "y".repeat(BODY) + "\",\"model\":\"other\"}";
    try (var router = RouterUnderTest.to(backend);
        RawCaller caller = router.caller()) {
      sendStuck(caller, Request.post(STREAMED, json));
      Answer answer = caller.read();
      assertEquals(400, answer.status(), answer::toString);
      assertEquals(0, backend.executions());
    }
    backend.forgetProblems();
  }
}
