package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.chunk;
import static llmhop.kit.Steps.readBody;
import static llmhop.kit.Steps.sseHead;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.time.Duration;
import llmhop.kit.Answer;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Stage;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Callers that send their next requests while they still wait for an answer.
class ReadAheadTest {
  private static final Request CHAT =
      Request.post("/v1/chat/completions", "{\"model\":\"llama\",\"stream\":true}");

  private ScriptedBackend backend;
  private RouterUnderTest router;

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
    router = RouterUnderTest.to(backend);
  }

  @AfterEach
  void end() {
    router.close();
    backend.close();
  }

  private static Request large(int bytes) {
    return Request.post(
        "/v1/chat/completions", "{\"model\":\"llama\",\"x\":\"" + "x".repeat(bytes) + "\"}");
  }

  /// Several ticks pass.
  private static void someTicks() {
    long end = System.nanoTime() + Duration.ofMillis(200).toNanos();
    Waiting.await("some ticks", () -> System.nanoTime() - end > 0);
  }

  @Test
  void moreThanIsReadAheadHoldsUpNeitherItsOwnStreamNorOthers() {
    Stage first = new Stage();
    Stage second = new Stage();
    backend.next(readBody(), first);
    backend.next(readBody(), second);
    backend.next(answerJson(200, "{\"n\":3}"));
    try (RawCaller caller = router.caller()) {
      caller.send(CHAT);
      backend.awaitRequests(1);
      Thread sender = caller.sendMeanwhile(large(90_000).bytes());
      someTicks();
      flows(first, caller, "first");
      backend.awaitRequests(2);
      Thread more = caller.sendMeanwhile(large(900_000).bytes());
      someTicks();
      flows(second, caller, "second");
      assertEquals("{\"n\":3}", caller.read().text());
      join(sender);
      join(more);
    }
    assertEquals(3, backend.executions());
  }

  /// A stream that flows in parts, while another caller gets one too.
  private void flows(Stage stage, RawCaller caller, String name) {
    stage.perform(sseHead());
    assertEquals(200, caller.readHead().status());
    stage.perform(chunk(name + " 1"));
    assertEquals(name + " 1", caller.readUntil(" 1"));
    someTicks();
    stage.perform(chunk(name + " 2"));
    assertEquals(name + " 2", caller.readUntil(" 2"));
    stage.end();
    assertEquals(Answer.End.LAST_CHUNK, caller.read().end());
  }

  private static void join(Thread thread) {
    Waiting.await("all to be sent", () -> !thread.isAlive());
  }
}
