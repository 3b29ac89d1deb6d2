package llmhop.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import llmhop.kit.Answer;
import llmhop.kit.JarProcess;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What becomes of callers and of the process when the simulator is told to stop.
class SimulatedStopTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String RUNNING = "vllm:num_requests_running{model_name=\"llama\"}";

  private static final String[] SLOW = {
    "--ttft=300ms", "--tokens-per-second=10", "--tokens=8", "--max-running=1"
  };

  @Test
  void aRunningStreamEndsWithItsLastChunkAndThenTheServerEnds() throws InterruptedException {
    try (Simulator simulator = Simulator.standing(SLOW);
        RawCaller caller = simulator.caller()) {
      caller.send(request("a", true));
      caller.readHead();
      simulator.awaitWaiting(1);
      simulator.time().advance(Duration.ofMillis(300));
      caller.readUntil("[simulated llama]");
      Thread stopping = simulator.stop();
      // The stream and whoever stops the server.
      simulator.awaitWaiting(2);
      simulator.time().advance(Duration.ofMillis(700));
      caller.readUntil("[DONE]");
      assertEquals(Answer.End.LAST_CHUNK, caller.read().end());
      // The caller doesn't close; nobody waits for that.
      stopping.join();
      caller.awaitClosedByPeer();
      assertFalse(caller.wasReset());
      assertEquals("POST " + CHAT + " llama 200 8 tokens a", simulator.log().getLast());
    }
  }

  @Test
  void requestsInLineGetTheirAnswersTooWhichCloseTheConnection() throws InterruptedException {
    try (Simulator simulator = Simulator.standing(SLOW);
        RawCaller first = simulator.caller();
        RawCaller second = simulator.caller()) {
      first.send(request("first", false));
      simulator.awaitWaiting(1);
      second.send(request("second", false));
      Waiting.await(
          "one in line", () -> simulator.metric(RUNNING.replace("running", "waiting")) == 1);
      Thread stopping = simulator.stop();
      simulator.awaitWaiting(2);
      simulator.time().advance(Duration.ofSeconds(1));
      assertClosing(first.read());
      simulator.awaitWaiting(2);
      assertTrue(stopping.isAlive());
      simulator.time().advance(Duration.ofSeconds(1));
      assertClosing(second.read());
      stopping.join();
    }
  }

  private static void assertClosing(Answer answer) {
    assertEquals(200, answer.status());
    assertEquals(Answer.End.LENGTH, answer.end());
    assertEquals(Optional.of("close"), answer.field("Connection"));
  }

  @Test
  void idleConnectionsAreClosedWhileOthersRun() throws InterruptedException {
    try (Simulator simulator = Simulator.standing(SLOW);
        RawCaller idle = simulator.caller();
        RawCaller caller = simulator.caller()) {
      assertEquals(200, idle.ask(Request.get("/health")).status());
      caller.send(request("a", true));
      caller.readHead();
      simulator.awaitWaiting(1);
      Thread stopping = simulator.stop();
      idle.awaitClosedByPeer();
      simulator.awaitWaiting(2);
      simulator.time().advance(Duration.ofSeconds(1));
      assertEquals(Answer.End.LAST_CHUNK, caller.read().end());
      stopping.join();
    }
  }

  @Test
  void withNothingToDoItEndsAtOnceWhoeverIsConnected() throws InterruptedException {
    try (Simulator simulator = Simulator.standing(SLOW);
        RawCaller idle = simulator.caller();
        RawCaller fresh = simulator.caller()) {
      assertEquals(200, idle.ask(Request.get("/health")).status());
      // Time stands still.
      simulator.stop().join();
      idle.awaitClosedByPeer();
      fresh.awaitClosedByPeer();
    }
  }

  @Test
  void whatRunsLongerThanTheDrainIsCut() throws InterruptedException {
    try (Simulator simulator = Simulator.standing("--ttft=10m", "--max-running=1");
        RawCaller running = simulator.caller();
        RawCaller queued = simulator.caller()) {
      running.send(request("running", true));
      running.readHead();
      simulator.awaitWaiting(1);
      queued.send(request("queued", true));
      queued.readHead();
      Thread stopping = simulator.stop();
      simulator.awaitWaiting(2);
      simulator.time().advance(Duration.ofMillis(29_999));
      simulator.awaitWaiting(2);
      assertTrue(stopping.isAlive());
      simulator.time().advance(Duration.ofMillis(1));
      stopping.join();
      assertEquals(Answer.End.CUT, running.read().end());
      assertEquals(Answer.End.CUT, queued.read().end());
      assertTrue(simulator.log().isEmpty(), simulator.log().toString());
    }
  }

  @Test
  void withoutADrainAllIsCutAtOnce() throws InterruptedException {
    try (Simulator simulator = Simulator.standing("--ttft=10m", "--drain=0s");
        RawCaller caller = simulator.caller()) {
      caller.send(request("a", true));
      caller.readHead();
      simulator.awaitWaiting(1);
      simulator.stop().join();
      assertEquals(Answer.End.CUT, caller.read().end());
    }
  }

  @ParameterizedTest
  @CsvSource({"TERM, 143", "INT, 130"})
  void theProcessEndsLongBeforeItsDrainWhenNothingRuns(String signal, int code) throws IOException {
    try (JarProcess process = start("--drain=10m");
        RawCaller idle = RawCaller.to(port(process))) {
      assertEquals(200, idle.ask(Request.get("/health")).status());
      process.signal(signal);
      assertEquals(code, process.exitCode());
    }
  }

  @Test
  void theProcessLetsAStreamEnd() throws IOException {
    try (JarProcess process = start("--ttft=1ms", "--tokens=40", "--tokens-per-second=40");
        RawCaller caller = RawCaller.to(port(process))) {
      caller.send(request("a", true));
      caller.readHead();
      caller.readUntil("[simulated llama]");
      process.signal("TERM");
      Answer answer = caller.read();
      assertEquals(Answer.End.LAST_CHUNK, answer.end());
      assertTrue(answer.text().endsWith("data: [DONE]\n\n"), answer.text());
      assertEquals(143, process.exitCode());
      assertEquals("POST " + CHAT + " llama 200 40 tokens a", process.out().getLast());
      assertTrue(process.err().isEmpty(), process::toString);
    }
  }

  @Test
  void theProcessCutsAStreamAfterTheDrain() throws IOException {
    try (JarProcess process = start("--ttft=10m", "--drain=100ms");
        RawCaller caller = RawCaller.to(port(process))) {
      caller.send(request("a", true));
      caller.readHead();
      process.signal("TERM");
      assertEquals(143, process.exitCode());
      assertEquals(Answer.End.CUT, caller.read().end());
      assertTrue(process.err().isEmpty(), process::toString);
    }
  }

  private static JarProcess start(String... more) throws IOException {
    String[] all = new String[more.length + 3];
    all[0] = "simulate";
    all[1] = "--port=0";
    all[2] = "--model=llama";
    System.arraycopy(more, 0, all, 3, more.length);
    return JarProcess.command(all).jvm("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC").start();
  }

  private static int port(JarProcess process) {
    return Integer.parseInt(process.awaitLine("http://\\S+:(\\d+) serves").group(1));
  }

  private static Request request(String id, boolean stream) {
    String body =
        "{\"model\":\"llama\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"stream\":"
            + stream
            + "}";
    return Request.post(CHAT, body).with("X-Request-Id: " + id);
  }
}
