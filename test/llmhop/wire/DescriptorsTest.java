package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.byRequest;
import static llmhop.kit.Steps.holdUntilHangUp;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import llmhop.kit.Answer;
import llmhop.kit.JarProcess;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A process without a descriptor left for its backends: that is its own fault, and the backends
/// stay up.
@Timeout(120)
class DescriptorsTest {
  private static final int DESCRIPTORS = 150;
  private static final int CALLERS = 130;
  private static final String PATH = "/v1/chat/completions";
  private static final Request CHAT = Request.post(PATH, "{\"model\":\"llama\"}");
  private static final Request LONG = Request.post(PATH, "{\"model\":\"llama\",\"x\":\"long\"}");

  @TempDir Path folder;
  private final List<ScriptedBackend> backends = new ArrayList<>();
  private final List<RawCaller> callers = new ArrayList<>();
  private final List<Answer> answers = new CopyOnWriteArrayList<>();

  @BeforeEach
  void start() throws IOException {
    for (int i = 0; i < 3; i++) {
      ScriptedBackend backend = ScriptedBackend.onTcp();
      backend.always(
          byRequest(
              seen -> seen.text().contains("long") ? holdUntilHangUp() : answerJson(200, "{}")));
      backends.add(backend);
    }
  }

  @AfterEach
  void end() {
    leave();
    backends.forEach(ScriptedBackend::close);
  }

  private void leave() {
    callers.forEach(RawCaller::close);
    callers.clear();
  }

  /// A fleet whose backends are probed, on as few descriptors as a process can begin with.
  private JarProcess router(String host) throws IOException {
    List<String> urls = new ArrayList<>();
    for (ScriptedBackend backend : backends) {
      urls.add("\"http://" + host + ":" + backend.port() + "\"");
    }
    Path config = folder.resolve("config.json");
    Files.writeString(
        config,
        """
        {"models": {"llama": {"urls": [%s], "whenAllDown": "refuse", "keepAlive": "0s",
          "health": {"path": "/health", "every": "1s", "down": 1, "up": 1}}}}
        """
            .formatted(String.join(", ", urls)));
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    Path limited = folder.resolve("java");
    Files.writeString(
        limited, "#!/bin/sh\nulimit -n " + DESCRIPTORS + "\nexec '" + java + "' \"$@\"\n");
    Files.setPosixFilePermissions(limited, PosixFilePermissions.fromString("rwx------"));
    return JarProcess.command("--config=" + config, "--listen=127.0.0.1:0")
        .java(limited)
        .jvm("-XX:+UseSerialGC")
        .start();
  }

  private static int port(JarProcess router) {
    return Integer.parseInt(router.awaitLine("listens on 127\\.0\\.0\\.1:(\\d+)").group(1));
  }

  private static boolean answers(int port) {
    try {
      return RawCaller.ask(port, CHAT).status() == 200;
    } catch (AssertionError | UncheckedIOException e) {
      return false;
    }
  }

  private void keepAnswer(RawCaller caller) {
    try {
      answers.add(caller.read());
    } catch (AssertionError | UncheckedIOException e) {
      // It got none before it left.
    }
  }

  private void assertThatNoBackendIsBlamed(String host) throws IOException {
    try (JarProcess router = router(host)) {
      int port = port(router);
      Waiting.await("the first answer", () -> answers(port), router::toString);
      for (int i = 0; i < CALLERS; i++) {
        RawCaller caller = RawCaller.to(port);
        callers.add(caller);
        caller.send(LONG);
        Thread.ofVirtual().start(() -> keepAnswer(caller));
      }
      // Two rounds of probes meet the shortage too.
      WaitingTime.pass(3_000);
      List<Answer> refused = List.copyOf(answers);
      assertFalse(refused.isEmpty(), "the descriptors sufficed");
      for (Answer answer : refused) {
        assertEquals(503, answer.status(), answer::toString);
        String code = answer.field("X-LLMhop-Error").orElse("");
        assertTrue(List.of("overloaded", "too_many_connections").contains(code), answer::toString);
        assertEquals(Optional.of("true"), answer.field("x-should-retry"));
      }
      assertFalse(router.toString().contains("is down"), router::toString);
      leave();
      Waiting.await("it to answer again", () -> answers(port), router::toString);
      for (int i = 0; i < 20; i++) {
        assertEquals(200, RawCaller.ask(port, CHAT).status());
      }
      assertFalse(router.toString().contains("is down"), router::toString);
    }
  }

  @Test
  void processOutOfDescriptorsBlamesNoBackend() throws IOException {
    assertThatNoBackendIsBlamed("127.0.0.1");
  }

  /// A look-up needs descriptors too.
  @Test
  void processOutOfDescriptorsBlamesNoBackendThatHasAName() throws IOException {
    assertThatNoBackendIsBlamed("localhost");
  }
}
