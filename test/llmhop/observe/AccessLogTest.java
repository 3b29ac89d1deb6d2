package llmhop.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import llmhop.config.LogFormat;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.Test;

class AccessLogTest {
  private static Outcome outcome(String caller, String path, String id) {
    return new Outcome(
        Instant.parse("2026-11-21T10:11:12.345678Z"),
        id,
        caller,
        "POST",
        path,
        Optional.of("llama"),
        Optional.of("llama#1"),
        2,
        3_000_000,
        502,
        1000,
        20,
        OptionalLong.of(1_500_000),
        OptionalLong.empty(),
        2_000_000,
        EndedBy.BACKEND,
        Phase.FORWARD,
        Optional.of("backend_unreachable"),
        Optional.of("refused"));
  }

  private static String logged(LogFormat format, Outcome... outcomes) {
    var out = new ByteArrayOutputStream();
    try (Observer log = AccessLog.of(format, out)) {
      for (Outcome outcome : outcomes) {
        log.record(outcome);
      }
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void offIsAnObject() {
    assertSame(Observer.NONE, AccessLog.of(LogFormat.OFF, OutputStream.nullOutputStream()));
  }

  @Test
  void aTextLineSaysWhoseFaultItWas() {
    String line = logged(LogFormat.TEXT, outcome("alice", "/v1/chat/completions", "req-1"));
    assertEquals(1, line.lines().count());
    assertTrue(line.startsWith("2026-11-21T10:11:12.345Z 502 backend@forward "), line);
    assertTrue(line.contains(" alice "), line);
    assertTrue(line.contains(" tried=2 queued=3.0 "), line);
    assertTrue(line.contains("in=1000 out=20 head=1.5 first=- total=2.0ms"), line);
    assertTrue(line.endsWith("req-1 POST /v1/chat/completions backend_unreachable \"refused\"\n"));
  }

  @Test
  void aJsonLineHoldsTheSame() {
    assertEquals(
        "{\"time\":\"2026-11-21T10:11:12.345Z\",\"status\":502,\"ended_by\":\"backend\","
            + "\"phase\":\"forward\",\"caller\":\"alice\",\"model\":\"llama\","
            + "\"backend\":\"llama#1\",\"tried\":2,\"queued_ms\":3.0,"
            + "\"bytes_in\":1000,\"bytes_out\":20,"
            + "\"head_ms\":1.5,\"total_ms\":2.0,\"request_id\":\"req-1\",\"method\":\"POST\","
            + "\"path\":\"/x\",\"error\":\"backend_unreachable\",\"detail\":\"refused\"}\n",
        logged(LogFormat.JSON, outcome("alice", "/x", "req-1")));
  }

  @Test
  void nothingOfOutsideOriginCanForgeALineOrAColumn() {
    for (LogFormat format : new LogFormat[] {LogFormat.TEXT, LogFormat.JSON}) {
      String text =
          logged(format, outcome("eve 200\n2026 200", "/x\r\ny\u001b[31m\u2028", "a b\"\\"));
      assertEquals(1, text.chars().filter(c -> c == '\n').count(), text);
      assertFalse(text.chars().anyMatch(c -> c < ' ' && c != '\n' || c == 0x7f), text);
      assertFalse(text.contains("\u2028"), text);
    }
    String line = logged(LogFormat.TEXT, outcome("eve 200", "/x", "id"));
    assertTrue(line.contains(" \"eve 200\" "), line);
  }

  @Test
  void aLongTextIsCut() {
    String line = logged(LogFormat.TEXT, outcome("alice", "/" + "x".repeat(5000), "id"));
    assertTrue(line.length() < 700, "length " + line.length());
    assertTrue(line.contains("x..."), line);
  }

  @Test
  void whenNobodyReadsTheLogLinesAreDroppedAndCountedAndRequestsGoOn() throws Exception {
    var stuck = new CountDownLatch(1);
    var entered = new CountDownLatch(1);
    var out = new ByteArrayOutputStream();
    OutputStream slow =
        new OutputStream() {
          @Override
          public void write(int octet) {
            throw new UnsupportedOperationException("the log writes lines");
          }

          @Override
          public void write(byte[] bytes) {
            entered.countDown();
            // As a pipe that nobody reads: no interrupt gets a write out of it.
            while (stuck.getCount() > 0) {
              Thread.onSpinWait();
            }
            out.writeBytes(bytes);
          }
        };
    Outcome outcome = outcome("alice", "/x", "id");
    AccessLog log = (AccessLog) AccessLog.of(LogFormat.TEXT, slow);
    log.record(outcome);
    entered.await();
    for (int i = 0; i < AccessLog.QUEUE + 7; i++) {
      log.record(outcome);
    }
    assertEquals(7, log.dropped());
    stuck.countDown();
    log.close();
    String text = out.toString(StandardCharsets.UTF_8);
    assertEquals(1 + AccessLog.QUEUE + 1, text.lines().count());
    assertTrue(text.endsWith("# 7 lines were dropped: the log was not read fast enough\n"));
  }

  @Test
  void linesThatTheSystemRefusesAreCountedAndTold() {
    var out = new ByteArrayOutputStream();
    var full = new AtomicBoolean(true);
    OutputStream disk =
        new OutputStream() {
          @Override
          public void write(int octet) {
            throw new UnsupportedOperationException("the log writes lines");
          }

          @Override
          public void write(byte[] bytes) throws IOException {
            if (full.get()) {
              throw new IOException("No space left on device");
            }
            out.writeBytes(bytes);
          }
        };
    AccessLog log = (AccessLog) AccessLog.of(LogFormat.TEXT, disk);
    for (int i = 0; i < 5; i++) log.record(outcome("alice", "/x", "id"));
    Waiting.await("5 lines to be lost", () -> log.lost() == 5);
    Waiting.await("they are to be told", () -> log.dropped() == 5);
    full.set(false);
    log.record(outcome("alice", "/x", "id"));
    log.close();
    List<String> lines = out.toString(StandardCharsets.UTF_8).lines().toList();
    assertEquals(2, lines.size());
    assertEquals(
        "# 5 lines were dropped: the log could not be written, No space left on device",
        lines.getLast());
    assertEquals(5, log.lost());
  }
}
