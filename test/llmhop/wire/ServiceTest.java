package llmhop.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Steps;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// The jar as a service: its socket comes from outside, and the service manager is told when it
/// serves and when it stops. A Python script does what systemd does.
@EnabledOnOs(OS.LINUX)
@Timeout(60)
class ServiceTest {
  /// Arguments: the file of the notifications' socket, then the command.
  private static final String MANAGER =
      """
      import os, socket, sys
      notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
      notices.bind(sys.argv[1])
      listener = socket.create_server(('127.0.0.1', 0))
      print(listener.getsockname()[1], flush=True)
      pid = os.fork()
      if pid == 0:
          os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1', NOTIFY_SOCKET=sys.argv[1])
          if listener.fileno() == 3:
              os.set_inheritable(3, True)
          else:
              os.dup2(listener.fileno(), 3)
          os.execv(sys.argv[2], sys.argv[2:])
      listener.close()
      print(pid, flush=True)
      print(notices.recv(4096).decode().replace('\\n', ' '), flush=True)
      print(notices.recv(4096).decode().replace('\\n', ' '), flush=True)
      print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
      """;

  @TempDir private Path folder;

  @Test
  void itServesOnTheSocketThatItIsGivenAndSaysSo() throws IOException, InterruptedException {
    try (ScriptedBackend backend = ScriptedBackend.onTcp()) {
      backend.always(Steps.echoBody());
      Path config = folder.resolve("config.json");
      Files.writeString(
          config,
          "{\"listen\": \"127.0.0.1:1\", \"models\": {\"llama\": {\"url\": \"%s\"}}}"
              .formatted(backend.url()));
      Process manager = manager("--config", config.toString());
      try (BufferedReader out = manager.inputReader()) {
        int port = Integer.parseInt(out.readLine());
        long pid = Long.parseLong(out.readLine());
        try {
          String ready = out.readLine();
          assertTrue(ready.startsWith("READY=1"), ready);
          assertTrue(ready.contains("127.0.0.1:" + port), ready);
          String body = "{\"model\":\"llama\"}";
          Request request = Request.post("/v1/chat/completions", body);
          assertEquals(body, RawCaller.ask(port, request).text());
          ProcessHandle.of(pid).orElseThrow().destroy();
          assertTrue(out.readLine().startsWith("STOPPING=1"));
          assertEquals("0", out.readLine());
        } finally {
          ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        }
        assertTrue(manager.waitFor(Waiting.PATIENCE.toMillis(), TimeUnit.MILLISECONDS));
      } finally {
        manager.destroyForcibly();
      }
    }
  }

  private Process manager(String... arguments) throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String jar = System.getProperty("llmhop.jar", "build/llmhop.jar");
    String notices = folder.resolve("notify").toString();
    List<String> words =
        new ArrayList<>(List.of("python3", "-c", MANAGER, notices, java, "-jar", jar));
    words.addAll(List.of(arguments));
    try {
      return new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    } catch (IOException e) {
      assumeTrue(false, "there is no python3 to stand for systemd: " + e.getMessage());
      throw e;
    }
  }
}
