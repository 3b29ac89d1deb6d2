package llmhop.wire;

import java.io.IOException;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import llmhop.kit.JarProcess;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What the log of a simulated inference server, a process of its own, says when callers of the
/// router leave.
@Timeout(60)
class CancelLogTest {
  private static JarProcess slow;
  private static JarProcess flowing;

  /// One thinks for long and has room for one request, the other talks for long.
  @BeforeAll
  static void start() throws IOException {
    slow = simulator("--model=slow", "--ttft=5m", "--max-running=1");
    flowing =
        simulator("--model=flowing", "--ttft=1ms", "--tokens-per-second=20", "--tokens=100000");
  }

  @AfterAll
  static void end() {
    slow.close();
    flowing.close();
  }

  private static JarProcess simulator(String model, String... arguments) throws IOException {
    String[] all = new String[arguments.length + 3];
    all[0] = "simulate";
    all[1] = "--port=0";
    all[2] = model;
    System.arraycopy(arguments, 0, all, 3, arguments.length);
    return JarProcess.command(all).jvm("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC").start();
  }

  @ParameterizedTest(name = "{0} stream {1} {2}")
  @CsvSource({
    "TCP, true, FIN", "TCP, true, RESET", "TCP, false, FIN", "TCP, false, RESET",
    "TLS, true, FIN", "TLS, true, RESET", "TLS, false, FIN", "TLS, false, RESET",
    "UNIX, true, FIN", "UNIX, false, FIN",
  })
  void aCallersHangUpIsInTheServersLog(Entrance entrance, boolean stream, String way) {
    Consumer<RawCaller> leave = way.equals("FIN") ? RawCaller::close : RawCaller::reset;
    String name = entrance + "-" + stream + "-" + way;
    String models =
        "'models': {'slow': {'url': 'http://127.0.0.1:%d'}, 'flowing': {'url': 'http://127.0.0.1:%d'}}"
            .formatted(port(slow), port(flowing));
    String config = "{" + entrance.members() + models + "}";
    try (RouterUnderTest router = RouterUnderTest.of(config, entrance);
        RawCaller silent = router.caller();
        RawCaller queued = router.caller();
        RawCaller flows = router.caller()) {
      silent.send(ask("slow", stream, "silent-" + name));
      awaitMetric(slow, "vllm:num_requests_running", 1);
      queued.send(ask("slow", stream, "queued-" + name));
      awaitMetric(slow, "vllm:num_requests_waiting", 1);
      leave.accept(queued);
      slow.awaitLine("cancelled queued-" + name + "\\b.* 0 tokens");
      leave.accept(silent);
      slow.awaitLine("cancelled silent-" + name + "\\b.* 0 tokens");

      flows.send(ask("flowing", stream, "flowing-" + name));
      if (stream) {
        flows.readHead();
        flows.readUntil("data:");
      }
      awaitMetric(flowing, "vllm:num_requests_running", 1);
      WaitingTime.pass(60);
      leave.accept(flows);
      flowing.awaitLine("cancelled flowing-" + name + "\\S* after [1-9]\\d* tokens");
    }
  }

  private static Request ask(String model, boolean stream, String id) {
    String body =
        "{\"model\":\"%s\",\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    return Request.post("/v1/chat/completions", body.formatted(model, stream))
        .with("X-Request-Id: " + id);
  }

  private static void awaitMetric(JarProcess simulator, String name, int value) {
    Pattern line = Pattern.compile(Pattern.quote(name) + "\\{.*} " + value + "\\b");
    Request ask = Request.get("/metrics");
    Waiting.await(
        name + " to be " + value,
        () -> line.matcher(RawCaller.ask(port(simulator), ask).text()).find());
  }

  private static int port(JarProcess process) {
    return Integer.parseInt(process.awaitLine("127\\.0\\.0\\.1:(\\d+)").group(1));
  }
}
