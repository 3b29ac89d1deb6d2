package llmhop.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class LineOutputTest {
  /// A disk with room for so many bytes.
  private static final class Disk implements WritableByteChannel {
    final ByteArrayOutputStream written = new ByteArrayOutputStream();
    int room;

    @Override
    public int write(ByteBuffer buffer) throws IOException {
      if (room == 0) {
        throw new IOException("No space left on device");
      }
      byte[] bytes = new byte[Math.min(room, Math.min(buffer.remaining(), 7))];
      buffer.get(bytes);
      written.writeBytes(bytes);
      room -= bytes.length;
      return bytes.length;
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}

    String text() {
      return written.toString(StandardCharsets.UTF_8);
    }
  }

  private final Disk disk = new Disk();
  private final LineOutput output = new LineOutput(disk);

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void lineThatTheDiskFilledUpInTheMiddleOfIsCompletedLater() {
    disk.room = 9;
    assertEquals(1, output.lines(bytes("first\nsecond\nthird\n")));
    assertEquals("No space left on device", output.failure());
    disk.room = 2;
    assertEquals(2, output.lines(bytes("a\nb\n")), "not before the rest of the second");
    disk.room = 100;
    assertEquals(0, output.lines(bytes("c\n")));
    assertEquals("first\nsecond\nc\n", disk.text());
  }

  @Test
  void linesOfAMessageStayTogether() {
    disk.room = 3;
    assertTrue(output.message(bytes("error:\n\tat a\n\tat b\n")));
    assertFalse(output.message(bytes("lost\n")));
    disk.room = 100;
    assertTrue(output.message(bytes("next\n")));
    assertEquals("error:\n\tat a\n\tat b\nnext\n", disk.text());
  }

  @Test
  void lineAtWhoseBeginningTheDiskIsFullIsLost() {
    disk.room = 6;
    assertEquals(2, output.lines(bytes("first\nsecond\nthird\n")));
    disk.room = 100;
    assertEquals(0, output.lines(bytes("fourth\n")));
    assertEquals("first\nfourth\n", disk.text());
  }

  @Test
  void everyLineIsWrittenWholeOrCountedWhereverTheDiskIsFull() {
    for (long seed = 1; seed <= 300; seed++) {
      var random = new SplittableRandom(seed);
      var disk = new Disk();
      var output = new LineOutput(disk);
      List<String> sent = new ArrayList<>();
      int lost = 0;
      for (int i = 0; i < 50; i++) {
        if (random.nextInt(3) == 0) disk.room = random.nextInt(60);
        StringBuilder batch = new StringBuilder();
        for (int j = random.nextInt(4); j >= 0; j--) {
          String line = "line-" + sent.size() + "-" + "x".repeat(random.nextInt(20));
          sent.add(line);
          batch.append(line).append('\n');
        }
        lost += output.lines(bytes(batch.toString()));
      }
      disk.room = 100_000;
      assertEquals(0, output.lines(bytes("end\n")));
      List<String> got = disk.text().lines().toList();
      sent.add("end");
      assertTrue(sent.containsAll(got), "a torn line, seed " + seed + ": " + got);
      assertEquals(sent.size() - lost, got.size(), "seed " + seed);
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void fileOnAFullDiskSaysWhatTheSystemSays() throws IOException {
    try (var full = new FileOutputStream("/dev/full")) {
      LineOutput file = LineOutput.to(full);
      assertEquals(2, file.lines(bytes("a\nb\n")));
      assertEquals("No space left on device", file.failure());
    }
  }
}
