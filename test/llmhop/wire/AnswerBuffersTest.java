package llmhop.wire;

import static llmhop.kit.Steps.fill;
import static llmhop.kit.Steps.head;
import static llmhop.kit.Steps.hold;
import static llmhop.kit.Steps.raw;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import llmhop.kit.Gate;
import llmhop.kit.RawCaller;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The buffers of answers that a request's own thread copies count in the heap's budget.
@Timeout(60)
class AnswerBuffersTest {
  private static final int CALLERS = 20;

  /// Callers whose last quick bytes came in one large read; for the others the buffer is small
  /// already.
  private static final int LARGE_AT_LEAST = 3;

  private static final int QUICK = 100_000;
  private static final int LARGE = 16 * 1024;

  private final Gate first = new Gate();
  private final Gate second = new Gate();
  private ScriptedBackend backend;

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
    backend.always(
        head(200, "Content-Length: 1000000"),
        fill(QUICK),
        hold(first),
        raw("x".repeat(100)),
        hold(second));
  }

  @AfterEach
  void end() {
    first.open();
    second.open();
    backend.close();
  }

  private static void read(RawCaller caller, int bytes) {
    for (int read = 0; read < bytes; ) {
      read += caller.readSome().orElseThrow().length();
    }
  }

  @Test
  void answerThatComesQuicklyCountsALargeBufferUntilItHasToBeWaitedFor() {
    List<RawCaller> callers = new ArrayList<>();
    try (var router = RouterUnderTest.to(backend)) {
      for (int i = 0; i < CALLERS; i++) {
        RawCaller caller = router.caller();
        caller.send("GET /route/llama/x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        caller.readHead();
        read(caller, QUICK);
        callers.add(caller);
      }
      long quick = router.gauge("heldBytes");
      first.open();
      callers.forEach(caller -> read(caller, 100));
      Waiting.await(
          "small buffers",
          () -> router.gauge("heldBytes") <= quick - (long) LARGE_AT_LEAST * LARGE,
          () -> quick + " before, " + router.gauge("heldBytes") + " now");
      callers.forEach(RawCaller::close);
    }
  }
}
