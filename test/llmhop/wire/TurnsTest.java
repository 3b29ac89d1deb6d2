package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import llmhop.kit.JarProcess;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A caller that sends at the speed of memory does not keep the only carrier thread to itself.
@Timeout(120)
class TurnsTest {
  private static final int UPLOADS = 3;
  private static final int PIECES = 200;
  private static final int PIECE = 1024 * 1024;
  private static final long MAX_MEDIAN_MILLIS = 250;

  @TempDir Path folder;

  @Test
  void uploadsAtTheSpeedOfMemoryHoldUpNobody() throws IOException {
    List<RawCaller> callers = new ArrayList<>();
    try (ScriptedBackend backend = ScriptedBackend.onTcp()) {
      backend.always(answerJson(200, "{}"));
      Path config = folder.resolve("config.json");
      Files.writeString(
          config,
          "{\"maxBodyBytes\": \"1MiB\", \"models\":{\"llama\":{\"url\":\""
              + backend.url()
              + "\"}}}");
      try (JarProcess router =
          JarProcess.command("--config=" + config, "--listen=127.0.0.1:0")
              .jvm("-Djdk.virtualThreadScheduler.parallelism=1")
              .jvm("-Djdk.virtualThreadScheduler.maxPoolSize=1")
              .start()) {
        int port = Integer.parseInt(router.awaitLine("listens on 127\\.0\\.0\\.1:(\\d+)").group(1));
        Request health = Request.get("/health");
        assertEquals(200, RawCaller.ask(port, health).status());
        byte[] piece = new byte[PIECE];
        Arrays.fill(piece, (byte) 'x');
        for (int i = 0; i < UPLOADS; i++) {
          RawCaller upload = RawCaller.to(port);
          callers.add(upload);
          // Refused at once, and heard out for 128 MiB: reading that costs nothing but the reading.
          upload.send(
              "POST /v1/chat/completions HTTP/1.1\r\n"
                  + "Host: localhost\r\n"
                  + "Content-Length: 9000000000\r\n\r\n");
          upload.sendMeanwhile(piece, PIECES);
        }
        long[] nanos = new long[51];
        for (int i = 0; i < nanos.length; i++) {
          long begin = System.nanoTime();
          assertEquals(200, RawCaller.ask(port, health).status());
          nanos[i] = System.nanoTime() - begin;
        }
        Arrays.sort(nanos);
        long median = TimeUnit.NANOSECONDS.toMillis(nanos[nanos.length / 2]);
        assertTrue(median < MAX_MEDIAN_MILLIS, "the median is " + median + " ms");
        assertEquals(
            404, RawCaller.ask(port, Request.get("/v1/models/" + "n".repeat(5_000))).status());
      }
    } finally {
      callers.forEach(RawCaller::close);
    }
  }
}
