package llmhop.wire;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import llmhop.kit.JarProcess;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The router and a simulated inference server as processes: what the server's log says when a
/// caller leaves.
@Timeout(60)
class CancelLogTest {
  @TempDir Path folder;

  private static JarProcess start(String... arguments) throws IOException {
    return JarProcess.command(arguments).jvm("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC").start();
  }

  private static Request ask(boolean stream, String id) {
    String body =
        "{\"model\":\"llama\",\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    return Request.post("/v1/chat/completions", body.formatted(stream)).with("X-Request-Id: " + id);
  }

  private static void cancel(
      int port, boolean stream, String id, boolean reset, Consumer<RawCaller> reached) {
    try (RawCaller caller = RawCaller.to(port)) {
      caller.send(ask(stream, id));
      reached.accept(caller);
      if (reset) {
        caller.reset();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"true, false", "true, true", "false, false", "false, true"})
  void aCallersHangUpIsInTheServersLog(boolean stream, boolean reset) throws IOException {
    try (JarProcess queued =
            start("simulate", "--port=0", "--model=llama", "--ttft=30s", "--max-running=1");
        JarProcess flowing =
            start(
                "simulate",
                "--port=0",
                "--model=llama",
                "--ttft=1ms",
                "--tokens-per-second=20",
                "--tokens=1000")) {
      try (JarProcess router = router(port(queued))) {
        int port = port(router);
        try (RawCaller first = RawCaller.to(port)) {
          first.send(ask(true, "first"));
          WaitingTime.pass(300);
          cancel(port, stream, "waiting", reset, caller -> WaitingTime.pass(300));
          queued.awaitLine("cancelled waiting\\b");
        }
        queued.awaitLine("cancelled first\\b");
        cancel(port, stream, "silent", reset, caller -> WaitingTime.pass(300));
        queued.awaitLine("cancelled silent\\b");
      }
      try (JarProcess router = router(port(flowing))) {
        cancel(
            port(router),
            stream,
            "flowing",
            reset,
            caller -> {
              if (stream) {
                caller.readHead();
                caller.readUntil("data:");
              }
              WaitingTime.pass(300);
            });
        flowing.awaitLine("cancelled flowing after \\d+ tokens");
      }
    }
  }

  private JarProcess router(int backend) throws IOException {
    Path config = folder.resolve("router.json");
    Files.writeString(
        config, "{\"models\":{\"llama\":{\"url\":\"http://127.0.0.1:" + backend + "\"}}}");
    return start("--config=" + config, "--listen=127.0.0.1:0");
  }

  private static int port(JarProcess process) {
    return Integer.parseInt(process.awaitLine("127\\.0\\.0\\.1:(\\d+)").group(1));
  }
}
