package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.holdUntilHangUp;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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

/// The process at its ends: no descriptor left, no memory left, thousands that wait. It refuses,
/// costs nothing meanwhile, and recovers.
@Timeout(180)
class ExhaustionTest {
  private static final Request CHAT =
      Request.post("/v1/chat/completions", "{\"model\":\"llama\",\"stream\":true}");
  private static final int WAITERS = Boolean.getBoolean("llmhop.long") ? 5_000 : 200;
  private static final long MEASURED_MILLIS = 2_000;
  private static final double MOST_CPU = 0.05;

  @TempDir Path folder;
  private ScriptedBackend backend;
  private final List<RawCaller> callers = new ArrayList<>();

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
  }

  @AfterEach
  void end() {
    leave();
    backend.close();
  }

  private void leave() {
    callers.forEach(RawCaller::close);
    callers.clear();
  }

  /// A router whose process may have so many descriptors.
  private JarProcess router(int descriptors, String... flags) throws IOException {
    Path config = folder.resolve("config.json");
    Files.writeString(config, "{\"models\":{\"llama\":{\"url\":\"" + backend.url() + "\"}}}");
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    Path limited = folder.resolve("java");
    Files.writeString(
        limited, "#!/bin/sh\nulimit -n " + descriptors + "\nexec '" + java + "' \"$@\"\n");
    Files.setPosixFilePermissions(limited, PosixFilePermissions.fromString("rwx------"));
    return JarProcess.command("--config=" + config, "--listen=127.0.0.1:0")
        .java(limited)
        .jvm("-XX:+UseSerialGC")
        .jvm(flags)
        .start();
  }

  private static int port(JarProcess router) {
    return Integer.parseInt(router.awaitLine("listens on 127\\.0\\.0\\.1:(\\d+)").group(1));
  }

  private static Duration cpu(JarProcess router) {
    return ProcessHandle.of(router.pid())
        .flatMap(process -> process.info().totalCpuDuration())
        .orElseThrow();
  }

  /// At best of three, since the compiler's threads work on for a while.
  private static void assertIdle(JarProcess router) {
    double least = 1;
    for (int i = 0; i < 3 && least >= MOST_CPU; i++) {
      Duration before = cpu(router);
      WaitingTime.pass(MEASURED_MILLIS);
      least = Math.min(least, cpu(router).minus(before).toMillis() / (double) MEASURED_MILLIS);
    }
    assertTrue(least < MOST_CPU, "it takes %.1f %% of a CPU".formatted(least * 100));
  }

  private static void awaitAnswer(int port, JarProcess router) {
    Waiting.await(
        "it to answer again",
        () -> {
          try {
            return RawCaller.ask(port, CHAT).status() == 200;
          } catch (AssertionError | UncheckedIOException e) {
            return false;
          }
        },
        router::toString);
  }

  @Test
  void waitersCostNothing() throws IOException {
    backend.always(holdUntilHangUp());
    try (JarProcess router = router(20_000)) {
      int port = port(router);
      for (int i = 0; i < WAITERS; i++) {
        RawCaller caller = RawCaller.to(port);
        callers.add(caller);
        caller.send(CHAT);
      }
      backend.awaitRequests(WAITERS);
      assertIdle(router);
      leave();
      Waiting.await("all backends to be let go", () -> backend.openConnections() == 0);
    }
  }

  @Test
  void withoutDescriptorsItRestsAndAnswersAgainWhenThereAreSome() throws IOException {
    backend.always(answerJson(200, "{}"));
    try (JarProcess router = router(150)) {
      int port = port(router);
      assertEquals(200, RawCaller.ask(port, CHAT).status());
      for (int i = 0; i < 200; i++) {
        callers.add(RawCaller.to(port));
      }
      assertIdle(router);
      assertTrue(router.isAlive());
      leave();
      awaitAnswer(port, router);
      for (int i = 0; i < 20; i++) {
        assertEquals(200, RawCaller.ask(port, CHAT).status());
      }
    }
  }

  /// The last descriptors go to callers, none is left for their backends.
  @Test
  void withoutDescriptorsForBackendsItRefusesAndRecovers() throws IOException {
    backend.always(answerJson(200, "{}"));
    try (JarProcess router = router(150)) {
      int port = port(router);
      assertEquals(200, RawCaller.ask(port, CHAT.with("Connection: close")).status());
      for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 200; i++) {
          RawCaller caller = RawCaller.to(port);
          callers.add(caller);
          caller.send(CHAT);
        }
        WaitingTime.pass(300);
        leave();
        awaitAnswer(port, router);
      }
      assertTrue(router.isAlive());
    }
  }

  /// Each connection that is taken finds a descriptor for its backend.
  @Test
  void connectionsThatAreTakenReachTheirBackends() throws IOException {
    backend.always(holdUntilHangUp());
    try (JarProcess router = router(400)) {
      router.awaitLine(
          "'http.maxConnections' is 10000, and the limit of 400 file descriptors has room for 104");
      int port = port(router);
      for (int i = 0; i < 300; i++) {
        RawCaller caller = RawCaller.to(port);
        callers.add(caller);
        caller.send(CHAT);
      }
      backend.awaitRequests(104);
      int refused = 0;
      for (RawCaller caller : callers) {
        if (caller.isClosedByPeer()) {
          refused++;
        }
      }
      assertTrue(refused <= 300 - 104, "refused: " + refused);
      assertEquals(200, RawCaller.ask(port, Request.get("/health")).status());
    }
  }

  @Test
  void withoutMemoryItRefusesAndRecovers() throws IOException {
    backend.always(answerJson(200, "{}"));
    try (JarProcess router = router(4_000, "-Xmx32m")) {
      int port = port(router);
      String head = "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nX: " + "h".repeat(60_000);
      for (int i = 0; i < 800; i++) {
        RawCaller caller = RawCaller.to(port);
        callers.add(caller);
        caller.sendMeanwhile(head.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
      }
      WaitingTime.pass(1_500);
      assertTrue(router.isAlive(), router::toString);
      leave();
      awaitAnswer(port, router);
      String body = "{\"model\":\"llama\",\"x\":\"" + "y".repeat(4_000_000) + "\"}";
      Request large = Request.post("/v1/chat/completions", body);
      for (int i = 0; i < 30; i++) {
        RawCaller caller = RawCaller.to(port);
        callers.add(caller);
        caller.sendMeanwhile(large.bytes());
      }
      for (RawCaller caller : callers) {
        try {
          Answer answer = caller.read();
          assertTrue(List.of(200, 413, 503).contains(answer.status()), answer::toString);
        } catch (AssertionError e) {
          // Cut: that is allowed too, as long as the others live.
        }
      }
      leave();
      awaitAnswer(port, router);
      assertIdle(router);
    }
  }
}
