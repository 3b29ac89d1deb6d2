package llmhop.wire;

import static llmhop.kit.Steps.all;
import static llmhop.kit.Steps.echoBody;
import static llmhop.kit.Steps.holdUntilHangUp;
import static llmhop.kit.Steps.readBody;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Uploads that break off, everywhere: nothing of them stays. With `llmhop.long` ten thousand.
@Timeout(600)
class UploadsTest {
  private static final int BODY = 1024 * 1024;
  private static final int STEP = 4 * 1024;
  private static final int ROUNDS = Boolean.getBoolean("llmhop.long") ? 40 : 1;

  private ScriptedBackend backend;
  private RouterUnderTest router;

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
    backend.keepOfEachBody(1000);
    backend.always(echoBody());
    router = RouterUnderTest.to(backend);
  }

  @AfterEach
  void end() {
    router.close();
    backend.close();
  }

  /// Kept until its model is found, sent on as it comes, and in chunks.
  @Test
  void uploadsAbortedAtEveryOffsetLeaveNothingBehind() {
    String json = "{\"model\":\"llama\",\"x\":\"" + "y".repeat(BODY) + "\"}";
    List<Request> kinds =
        List.of(
            Request.post("/v1/chat/completions", json),
            Request.post("/route/llama/x", json),
            Request.post("/v1/chat/completions", json).chunked(10_000));
    for (int round = 0; round < ROUNDS; round++) {
      int aborted = 0;
      for (int at = 0; at < BODY; at += STEP) {
        Request kind = kinds.get((at / STEP + round) % kinds.size());
        byte[] bytes = kind.bytes();
        try (RawCaller caller = router.caller()) {
          caller.send(Arrays.copyOf(bytes, kind.head().length + at));
          if (aborted++ % 2 == 0) {
            caller.reset();
          }
        }
      }
      Waiting.await("nothing to be left", this::isEmpty, () -> router.gauges().toString());
    }
    assertEquals(0, backend.executions());
    assertEquals(200, router.ask(kinds.get(0)).status());
  }

  /// An upload that is passed on as it comes may be slow: the backend can't think before it has it.
  @Test
  void aSlowUploadIsNotHeldAgainstTheBackend() {
    try (var timed = RouterUnderTest.to(backend, "'timeouts': {'firstByte': '200ms'}");
        RawCaller caller = timed.caller()) {
      Request upload = Request.post("/route/llama/x", "y".repeat(200_000));
      byte[] bytes = upload.bytes();
      int half = bytes.length / 2;
      caller.send(Arrays.copyOf(bytes, half));
      WaitingTime.pass(600);
      caller.send(Arrays.copyOfRange(bytes, half, bytes.length));
      assertEquals(200, caller.read().status());
    }
  }

  /// Once it has all of it, it can.
  @Test
  void butWhatFollowsIt() {
    backend.always(all(readBody(), holdUntilHangUp()));
    try (var timed = RouterUnderTest.to(backend, "'timeouts': {'firstByte': '200ms'}")) {
      assertEquals(504, timed.ask(Request.post("/route/llama/x", "y".repeat(200_000))).status());
    }
  }

  /// So does one that takes none of it.
  @Test
  void aBackendThatDoesNotReadIsOverItsLimit() {
    backend.always(holdUntilHangUp());
    try (var timed = RouterUnderTest.to(backend, "'timeouts': {'firstByte': '200ms'}");
        RawCaller caller = timed.caller()) {
      int pieces = 60;
      String length = "Content-Length: " + pieces * BODY + "\r\n\r\n";
      caller.send("POST /route/llama/x HTTP/1.1\r\nHost: localhost\r\n" + length);
      caller.sendMeanwhile(new byte[BODY], pieces);
      assertEquals(504, caller.read().status());
    }
  }

  /// What is counted is the memory, not the bytes in it.
  @Test
  void aBodyCountsAsWhatItTakes() {
    try (RawCaller caller = router.caller()) {
      caller.sendHead(Request.post("/v1/chat/completions", "y".repeat(65_537)));
      caller.send("{");
      Waiting.await("it to be read", () -> router.gauge("bufferedBytes") > 0);
      assertEquals(16 * 1024, router.gauge("bufferedBytes"), "its first bytes");
      caller.send("\"a\":\"" + "y".repeat(17_000));
      Waiting.await("more of it", () -> router.gauge("bufferedBytes") > 16 * 1024);
      assertEquals(128 * 1024, router.gauge("bufferedBytes"), "a segment of the pool");
    }
  }

  private boolean isEmpty() {
    return backend.openConnections() == 0
        && List.of("connections", "bufferedBytes", "inFlight", "backendConnections").stream()
            .allMatch(name -> router.gauges().getOrDefault(name, 0L) == 0);
  }
}
