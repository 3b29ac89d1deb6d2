package llmhop.tool;

import static llmhop.kit.Steps.answerJson;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import llmhop.http.upstream.UpstreamException;
import llmhop.kit.ScriptedBackend;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// What a training run says of a router that isn't what it should be. A shell stands in for it; the
/// config that is added to its command is its `$2`.
@DisabledOnOs(OS.WINDOWS)
@Timeout(60)
class TrainingTest {
  private static final Duration LONG = Duration.ofSeconds(30);

  @TempDir Path folder;

  @Test
  void aRouterThatDoesNotStartIsQuoted() throws IOException {
    String said = failure("echo no such flag >&2; exit 1", LONG);
    assertTrue(said.startsWith("the router doesn't start"), said);
    assertTrue(said.endsWith("\n  no such flag"), said);
  }

  @Test
  void ofALongOutputTheEndIsQuoted() throws IOException {
    String said = failure("for i in $(seq 30); do echo line $i; done", LONG);
    assertFalse(said.contains("line 10\n"), said);
    assertTrue(said.contains("\n  line 11\n"), said);
    assertTrue(said.endsWith("\n  line 30"), said);
  }

  @Test
  void aRouterThatHangsIsEndedAtTheLimit() throws IOException {
    String said = failure("sleep 600 & wait", Duration.ofMillis(300));
    assertTrue(said.startsWith("the router doesn't start"), said);
  }

  @Test
  void anAnswerThatIsNotTheExpectedOneEndsItAndNothingIsLeft()
      throws IOException, UpstreamException {
    Path note = folder.resolve("note");
    Path made = Files.writeString(folder.resolve("made"), "half a cache");
    try (ScriptedBackend router = ScriptedBackend.onTcp()) {
      router.next(answerJson(500, "{}"));
      String script =
          "echo \"$2\" >%s; echo ' listens on 127.0.0.1:%d'; sleep 600 & wait"
              .formatted(note, router.port());
      try (Training training = Training.start(shell(script), List.of(made), LONG)) {
        var e = assertThrows(IOException.class, training::run);
        String expected = "/v1/chat/completions was answered with 500";
        assertTrue(e.getMessage().startsWith(expected), e.getMessage());
        Path config = Path.of(Files.readString(note).strip());
        assertTrue(Files.exists(config));
        Optional<String> asked = router.request(1).field("Authorization");
        String token = asked.orElseThrow().substring("Bearer ".length());
        assertTrue(Files.readString(config).contains('"' + token + '"'), "a token of its own");
        assertEquals(32, token.length());
        assertFalse(e.getMessage().contains(token));
      }
    }
    assertFalse(Files.exists(Path.of(Files.readString(note).strip())), "the config is removed");
    assertFalse(Files.exists(made), "what was half made is removed");
  }

  @Test
  void aCommandThatIsNoneLeavesNoConfig() {
    assertThrows(
        IOException.class,
        () -> Training.start(List.of(folder.resolve("none").toString()), List.of(), LONG));
  }

  private static List<String> shell(String script) {
    return List.of("sh", "-c", script, "sh");
  }

  private static String failure(String script, Duration longest) throws IOException {
    try (Training training = Training.start(shell(script), List.of(), longest)) {
      return assertThrows(IOException.class, training::run).getMessage();
    }
  }
}
