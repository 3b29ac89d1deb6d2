package llmhop.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class MessageLogTest {
  /// A stream that can stand still, and fail.
  private static final class Pipe extends OutputStream {
    final ByteArrayOutputStream read = new ByteArrayOutputStream();
    final CountDownLatch entered = new CountDownLatch(1);
    final CountDownLatch readerComes = new CountDownLatch(1);
    volatile boolean full;

    @Override
    public void write(int octet) {
      throw new UnsupportedOperationException("the log writes messages");
    }

    @Override
    public void write(byte[] bytes) throws IOException {
      entered.countDown();
      boolean interrupted = false;
      while (readerComes.getCount() > 0) {
        // As a pipe that nobody reads: no interrupt gets a write out of it.
        try {
          readerComes.await();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) Thread.currentThread().interrupt();
      if (full) {
        throw new IOException("No space left on device");
      }
      read.writeBytes(bytes);
    }

    List<String> lines() {
      return read.toString(StandardCharsets.UTF_8).lines().toList();
    }
  }

  private final Pipe pipe = new Pipe();
  private final MessageLog log = new MessageLog("stderr", pipe);
  private final PrintStream stream = log.stream();

  /// The first message is in the hands of the writer, which stands still.
  private void stick() throws InterruptedException {
    stream.println("first");
    pipe.entered.await();
    log.serving();
  }

  @Test
  void messagesAreWrittenInOrderAndAllOfThemByTheEnd() {
    pipe.readerComes.countDown();
    List<String> said = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      said.add("message " + i);
      stream.println("message " + i);
    }
    stream.print("an unfinished one");
    said.add("an unfinished one");
    log.close();
    assertEquals(said, pipe.lines());
    assertEquals(0, log.lost());
  }

  @Test
  void asManyMessagesWaitAsMayAndNotOneMore() throws InterruptedException {
    stick();
    for (int i = 0; i < MessageLog.MAX_MESSAGES + 7; i++) stream.println("message " + i);
    assertEquals(7, log.lost());
    pipe.readerComes.countDown();
    log.flush();
    stream.println("last");
    log.flush();
    List<String> lines = pipe.lines();
    assertEquals(1 + MessageLog.MAX_MESSAGES + 2, lines.size());
    assertEquals("message " + (MessageLog.MAX_MESSAGES - 1), lines.get(MessageLog.MAX_MESSAGES));
    assertEquals(
        List.of("llmhop: 7 messages were dropped here: stderr was not read fast enough", "last"),
        lines.subList(MessageLog.MAX_MESSAGES + 1, lines.size()));
    assertEquals(7, log.lost());
  }

  @Test
  void asManyBytesWaitAsMayAndNotOneMore() throws InterruptedException {
    stick();
    int each = MessageLog.MAX_MESSAGE_BYTES;
    String text = "x".repeat(each - 1);
    // Its first message counts as long as it is being written.
    for (int i = 0; i < MessageLog.MAX_BYTES / each; i++) stream.println(text);
    assertEquals(1, log.lost());
    stream.println("a short one has room");
    assertEquals(1, log.lost());
    pipe.readerComes.countDown();
    log.flush();
    assertTrue(pipe.lines().get(pipe.lines().size() - 2).contains("1 messages were dropped here"));
  }

  @Test
  void messageThatIsTooLongIsCutAndSaysSo() {
    pipe.readerComes.countDown();
    stream.println("x".repeat(MessageLog.MAX_MESSAGE_BYTES + 100));
    stream.println("next");
    log.close();
    List<String> lines = pipe.lines();
    assertEquals(2, lines.size());
    assertTrue(lines.getFirst().endsWith("xxx... (101 bytes more)"), "the line break is cut, too");
    assertEquals("next", lines.getLast());
  }

  @Test
  void messageOfManyLinesIsWrittenWholeOrNotAtAll() throws InterruptedException {
    stick();
    String trace = StackTraces.text("fault:", new IllegalStateException("x\ny"));
    long lines = trace.lines().count();
    assertTrue(lines > 5);
    int sent = 3 * MessageLog.MAX_BYTES / trace.length();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    for (int j = 0; j < sent / 4; j++) stream.println(trace);
                  }));
    }
    for (Thread each : threads) each.join();
    assertTrue(log.lost() > 0);
    pipe.readerComes.countDown();
    log.flush();
    List<String> got = pipe.lines();
    List<String> expected = new ArrayList<>(List.of("first"));
    while (expected.size() + lines <= got.size()) expected.addAll(trace.lines().toList());
    assertEquals(expected, got.subList(0, expected.size()));
    assertEquals(expected.size() + 1, got.size(), "and the line that tells of the others");
  }

  @Test
  void messagesThatTheSystemRefusesAreCountedAndTold() {
    pipe.readerComes.countDown();
    pipe.full = true;
    for (int i = 0; i < 5; i++) stream.println("message " + i);
    log.flush();
    assertEquals(5, log.lost());
    pipe.full = false;
    stream.println("there is room again");
    log.close();
    assertEquals(
        List.of(
            "llmhop: 5 messages could not be written: No space left on device",
            "there is room again"),
        pipe.lines());
  }

  @Test
  void streamThatIsNotReadHoldsUpTheEndForAMomentOnly() throws InterruptedException {
    stick();
    stream.println("second");
    long begin = System.nanoTime();
    log.close();
    long millis = (System.nanoTime() - begin) / 1_000_000;
    assertTrue(millis >= 900, "it was given a chance, " + millis);
    assertFalse(pipe.lines().contains("second"));
    pipe.readerComes.countDown();
  }
}
