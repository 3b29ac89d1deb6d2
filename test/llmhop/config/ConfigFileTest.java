package llmhop.config;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.RandomAccessFile;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigFileTest {
  @TempDir Path folder;

  @Test
  void aFileIsReadWhole() throws Exception {
    Path file = Files.write(folder.resolve("c.json"), new byte[] {1, 2, 3});
    assertArrayEquals(new byte[] {1, 2, 3}, ConfigFile.read(file));
  }

  @Test
  void aMissingFileIsNamed() {
    Path file = folder.resolve("none.json");
    assertEquals(
        "the config file " + Words.quoted(file.toString()) + " can't be read, there is none",
        problem(file));
  }

  @Test
  void aFolderIsNoConfig() {
    assertEquals(
        "the config file " + Words.quoted(folder.toString()) + " can't be read, it is a directory",
        problem(folder));
  }

  @Test
  void aHugeFileIsRefused() throws Exception {
    Path file = folder.resolve("huge");
    try (RandomAccessFile huge = new RandomAccessFile(file.toFile(), "rw")) {
      huge.setLength(ConfigFile.MAX_BYTES);
      assertEquals(ConfigFile.MAX_BYTES, ConfigFile.read(file).length);
      huge.setLength(ConfigFile.MAX_BYTES + 1L);
    }
    assertTrue(problem(file).endsWith(" is larger than 16 MiB"), problem(file));
  }

  @Test
  void aClosedFileIsNamedWithItsModeAndOurUser() throws Exception {
    Path file = Files.createFile(folder.resolve("closed.json"));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    String reason = ConfigFile.reason(file, new AccessDeniedException(file.toString()));
    Object owner = Files.getAttribute(file, "unix:uid");
    assertTrue(reason.matches("access is denied to u(id|ser) .*"), reason);
    assertTrue(reason.endsWith(", its mode is 0640, its owner uid " + owner), reason);
  }

  private static String problem(Path file) {
    return assertThrows(ConfigException.class, () -> ConfigFile.read(file)).problems().getFirst();
  }
}
