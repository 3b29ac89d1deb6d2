package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.echoBody;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import llmhop.kit.Answer;
import llmhop.kit.JarProcess;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A small heap and bodies far larger than it: refused or served, never the end of the process.
class MemoryTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final int UPLOADS = 20;
  private static final int UPLOAD_BYTES = 100 << 20;
  private static final int PIECE = 64 * 1024;
  private static final String BEGIN = "{\"model\":\"llama\",\"x\":\"";

  private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
  private ScriptedBackend backend;
  private JarProcess router;
  private int port;

  @BeforeEach
  void start(@TempDir Path folder) throws IOException {
    backend = ScriptedBackend.onTcp();
    Path config = folder.resolve("config.json");
    Files.writeString(config, "{\"models\":{\"llama\":{\"url\":\"" + backend.url() + "\"}}}");
    router =
        JarProcess.command("--config=" + config, "--listen=127.0.0.1:0").jvm("-Xmx128m").start();
    port = Integer.parseInt(router.awaitLine("listens on 127\\.0\\.0\\.1:(\\d+)").group(1));
  }

  @AfterEach
  void end() {
    router.close();
    backend.close();
    callers.shutdownNow();
  }

  private static <T> T result(Future<T> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new AssertionError("a caller failed: " + e.getCause(), e.getCause());
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted while callers ask", e);
    }
  }

  private <T> List<Future<T>> together(int times, Callable<T> call) {
    List<Future<T>> futures = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      futures.add(callers.submit(call));
    }
    return futures;
  }

  /// Sends 100 MiB, or what the router takes of it, and says what it was told.
  private Answer upload(boolean chunked) {
    String x = "x".repeat(PIECE);
    String chunk = Integer.toHexString(PIECE) + "\r\n" + x + "\r\n";
    String framing = chunked ? "Transfer-Encoding: chunked" : "Content-Length: " + UPLOAD_BYTES;
    String first = chunked ? Integer.toHexString(BEGIN.length()) + "\r\n" + BEGIN + "\r\n" : BEGIN;
    byte[] piece = (chunked ? chunk : x).getBytes(StandardCharsets.US_ASCII);
    try (RawCaller caller = RawCaller.to(port)) {
      caller.send(
          "POST " + CHAT + " HTTP/1.1\r\nHost: localhost\r\n" + framing + "\r\n\r\n" + first);
      caller.sendMeanwhile(piece, UPLOAD_BYTES / PIECE);
      return caller.read();
    }
  }

  private long gauge(String name) {
    String status = RawCaller.ask(port, Request.get("/llmhop/status")).text();
    return Long.parseLong(status.replaceAll(".*\"" + name + "\":([0-9]+).*", "$1"));
  }

  private void assertEverythingWasGivenBack() {
    Waiting.await(
        "no byte to be buffered any more", () -> gauge("bufferedBytes") == 0, router::toString);
    assertEquals(0, gauge("inFlight"));
    assertTrue(router.isAlive());
    assertTrue(
        router.err().stream().noneMatch(l -> l.contains("rror")), () -> "no fault: " + router);
  }

  @Test
  void manyUploadsThatTogetherExceedTheHeapDisturbNobody() {
    backend.always(answerJson(200, "{}"));
    Request small = Request.post(CHAT, BEGIN + "y".repeat(1024 - BEGIN.length() - 2) + "\"}");
    assertEquals(1024, small.body().length);

    List<Future<Answer>> declared = together(UPLOADS, () -> upload(false));
    List<Future<Answer>> counted = together(UPLOADS, () -> upload(true));
    var over = new AtomicBoolean();
    List<Future<Integer>> others =
        together(
            2,
            () -> {
              int asked = 0;
              try (RawCaller caller = RawCaller.to(port)) {
                for (; !over.get() || asked < 20; asked++) {
                  assertEquals(200, caller.ask(small).status());
                }
              }
              return asked;
            });

    for (Future<Answer> each : declared) {
      Answer answer = result(each);
      assertEquals(413, answer.status(), () -> "it could never fit: " + answer);
      assertEquals(Optional.of("request_too_large"), answer.jsonString("code"));
      assertTrue(answer.text().contains("maxBufferedBytes"), answer::text);
    }
    for (Future<Answer> each : counted) {
      Answer answer = result(each);
      assertTrue(answer.status() == 413 || answer.status() == 503, answer::toString);
      if (answer.status() == 503) {
        assertEquals(Optional.of("overloaded"), answer.jsonString("code"));
        assertTrue(answer.field("Retry-After").isPresent());
        assertEquals(Optional.of("true"), answer.field("x-should-retry"));
      }
    }
    over.set(true);
    int served = result(others.get(0)) + result(others.get(1));
    assertEverythingWasGivenBack();
    assertEquals(served, backend.executions(), "no large one came through");
    assertEquals(200, RawCaller.ask(port, small).status());
  }

  @Test
  void largeBodiesThatFitAreServedByteForByteAtTheSameTime() {
    backend.always(echoBody());
    List<Future<Boolean>> same = new ArrayList<>();
    for (int seed = 0; seed < 4; seed++) {
      byte[] x = new byte[10 << 20];
      new Random(seed).nextBytes(x);
      for (int i = 0; i < x.length; i++) {
        x[i] = (byte) ('a' + (x[i] & 15));
      }
      String json = BEGIN + new String(x, StandardCharsets.US_ASCII) + "\"}";
      Request request = Request.post(CHAT, json);
      Request framed = seed % 2 == 0 ? request : request.chunked(PIECE);
      same.add(
          callers.submit(
              () -> {
                Answer answer = RawCaller.ask(port, framed);
                assertEquals(200, answer.status(), () -> answer.head().toString());
                return Arrays.equals(framed.body(), answer.body());
              }));
    }
    same.forEach(each -> assertTrue(result(each), "what came back is what was sent"));
    assertEquals(4, backend.executions());
    assertEverythingWasGivenBack();
  }
}
