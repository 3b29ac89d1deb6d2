package llmhop.config;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class PipeReaderTest {
  private static final Duration SHORT = Duration.ofMillis(50);

  @TempDir private Path folder;
  private Path pipe;

  @BeforeEach
  void makeAPipe() throws Exception {
    pipe = folder.resolve("pipe");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
  }

  private Process writer(String script) throws IOException {
    return new ProcessBuilder("sh", "-c", script, "sh", pipe.toString()).start();
  }

  @Test
  void pipeWithoutAWriterIsGivenUp() {
    var reader = new PipeReader(SHORT, Duration.ofMinutes(1));
    IOException e = assertThrows(PipeReader.PipeException.class, () -> reader.read(pipe, 10));
    assertTrue(e.getMessage().contains("nobody has opened for writing"), e.getMessage());
    assertTrue(e.getMessage().contains("use a file"), e.getMessage());
  }

  @Test
  void pipeWhoseWriterDoesNotEndIsGivenUp() throws IOException {
    Process writer = writer("exec 3>\"$1\"; printf half >&3; exec sleep 60");
    try {
      // As in most shells a read-write end is there at once.
      var reader = new PipeReader(Duration.ofSeconds(20), Duration.ofMillis(500));
      assertThrows(PipeReader.PipeException.class, () -> reader.read(pipe, 10));
    } finally {
      writer.destroyForcibly();
    }
  }

  @Test
  void pipeIsReadOnceAndKeepsWhatItHad() throws IOException {
    Process writer = writer("printf secret >\"$1\"");
    var reader = new PipeReader();
    byte[] secret = "secret".getBytes(StandardCharsets.UTF_8);
    assertThrows(PipeReader.PipeException.class, () -> reader.readAgain(pipe));
    assertArrayEquals(secret, reader.read(pipe, 10));
    assertArrayEquals(secret, reader.read(pipe, 10));
    assertArrayEquals(secret, reader.readAgain(pipe));
    assertFalse(writer.destroyForcibly() == null);
  }

  @Test
  void deviceWithoutAnEndIsReadUpToTheLimit() throws IOException {
    assertEquals(1000, new PipeReader().read(Path.of("/dev/zero"), 1000).length);
  }

  @Test
  void secretsNameThePipeAndTheNextStep() throws Exception {
    Secrets secrets =
        new StoredSecrets(
            _ -> Optional.empty(), SecretFiles.onDisk(new PipeReader(SHORT, Duration.ofHours(1))));
    UnresolvedException e =
        assertThrows(
            UnresolvedException.class, () -> secrets.resolve(Secrets.Kind.FILE, pipe.toString()));
    assertTrue(e.getMessage().contains("the file \"" + pipe + "\" can't be read"), e.getMessage());
    assertTrue(e.getMessage().contains("use a file"), e.getMessage());
    e =
        assertThrows(
            UnresolvedException.class, () -> secrets.resolve(Secrets.Kind.FILE, "/dev/zero"));
    assertTrue(e.getMessage().contains("larger than 64 KiB"), e.getMessage());
    e =
        assertThrows(
            UnresolvedException.class, () -> secrets.resolve(Secrets.Kind.FILE, "/dev/null"));
    assertTrue(e.getMessage().contains("is empty"), e.getMessage());
  }

  @Test
  void configMayComeFromAPipe() throws Exception {
    Files.writeString(folder.resolve("config"), "{}");
    writer("cat \"${1%pipe}config\" >\"$1\"");
    assertArrayEquals("{}".getBytes(StandardCharsets.UTF_8), ConfigFile.read(pipe));
    ConfigException e =
        assertThrows(
            ConfigException.class,
            () -> ConfigFile.read(pipe, new PipeReader(SHORT, Duration.ofHours(1))));
    assertTrue(e.problems().getFirst().contains("nobody has opened"), e.problems()::toString);
  }
}
