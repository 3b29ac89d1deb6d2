package llmhop.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import llmhop.kit.JarProcess;
import llmhop.kit.Waiting;
import llmhop.tool.Aot;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// `llmhop aot` makes a cache that Java takes, and touches nothing else.
@DisabledOnOs(OS.WINDOWS)
@Timeout(240)
class AotTest {
  private static final String FLAG = "-XX:+UseSerialGC";

  @TempDir Path folder;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void theCacheFitsTheJavaAndTheFlagsThatItWasMadeWithAndReplacesAnOldOne() throws IOException {
    Path cache = folder.resolve("llmhop.aot");
    Files.writeString(cache, "an old one");
    try (JarProcess aot =
        JarProcess.command("aot", cache.toString())
            .jvm(FLAG, "-Xlog:disable", "-XX:AOTCache=" + cache, "-XX:AOTMode=auto")
            .start()) {
      // Some seconds of two cores' work.
      assertEquals(0, aot.exitCode(Duration.ofMinutes(3)), () -> aot.err().toString());
    }
    assertTrue(Files.size(cache) > 1_000_000, "it is a real one");
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(cache), files.toList());
    }
    // With "on" a cache that doesn't fit is an error.
    String[] flags = {FLAG, "-XX:AOTMode=on", "-XX:AOTCache=" + cache};
    try (JarProcess version = JarProcess.command("--version").jvm(flags).start()) {
      assertEquals(0, version.exitCode(), () -> version.out() + "\n" + version.err());
    }
  }

  @Test
  void whereNoCacheCanBeWrittenItSaysSoAndLeavesNothing() throws IOException {
    Path missing = folder.resolve("missing");
    try (JarProcess aot =
        JarProcess.command("aot", missing.resolve("llmhop.aot").toString()).jvm(FLAG).start()) {
      assertEquals(2, aot.exitCode());
      assertTrue(aot.err().getFirst().startsWith("llmhop aot: "), () -> aot.err().toString());
    }
    assertFalse(Files.exists(missing));
  }

  @Test
  void aFolderIsNoFile() {
    assertEquals(2, run(folder.toString()));
    assertTrue(said(err).contains(folder + " is no file"), said(err));
  }

  @Test
  void whoIsToldToStopEndsTheRouterAndLeavesNothing() throws IOException, InterruptedException {
    Path cache = folder.resolve("llmhop.aot");
    Path temporary = Files.createDirectory(folder.resolve("tmp"));
    try (JarProcess aot =
        JarProcess.command("aot", cache.toString())
            .jvm(FLAG, "-Djava.io.tmpdir=" + temporary)
            .start()) {
      ProcessHandle self = ProcessHandle.of(aot.pid()).orElseThrow();
      Waiting.await("the router of the training", () -> self.children().findAny().isPresent());
      ProcessHandle router = self.children().findAny().orElseThrow();
      aot.signal("TERM");
      assertEquals(143, aot.exitCode());
      Waiting.await("the router's end", () -> !router.isAlive());
    }
    try (Stream<Path> files = Files.walk(folder)) {
      assertEquals(List.of(folder, temporary), files.sorted().toList());
    }
  }

  @Test
  void itHasToBeStartedAsTheJarIs() {
    assertEquals(2, run(folder.resolve("llmhop.aot").toString()));
    assertTrue(said(err).contains("run it as: java"), said(err));
  }

  @Test
  void aWrongCommandLineIsExplained() {
    for (List<String> words : List.of(List.<String>of(), List.of("a", "b"), List.of("--file"))) {
      assertEquals(1, run(words.toArray(String[]::new)));
      assertTrue(said(err).contains("name the file"), said(err));
    }
    assertEquals(0, run("--help"));
    assertTrue(said(out).contains("-XX:AOTCache=FILE"), said(out));
  }

  private int run(String... words) {
    return Aot.run(List.of(words), print(out), print(err));
  }

  private static String said(ByteArrayOutputStream stream) {
    return stream.toString(StandardCharsets.UTF_8);
  }

  private static PrintStream print(ByteArrayOutputStream stream) {
    return new PrintStream(stream, true, StandardCharsets.UTF_8);
  }
}
