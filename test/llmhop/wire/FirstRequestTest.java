package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import llmhop.kit.JarProcess;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the JVM need not do before the first answer: make code for the methods of records, for
/// switches over types, for joined strings. Each takes tens of milliseconds, and 7 MB that are not
/// given back.
class FirstRequestTest {
  private static final List<String> MAKERS =
      List.of(
          "java.lang.runtime.ObjectMethods ",
          "java.lang.runtime.SwitchBootstraps ",
          "java.lang.invoke.StringConcatFactory ");

  @TempDir Path folder;

  @Test
  void noCodeIsMadeForTheRoutersOwnClasses() throws IOException {
    Path loaded = folder.resolve("loaded");
    try (ScriptedBackend backend = ScriptedBackend.onTcp()) {
      backend.next(answerJson(200, "{}"));
      Path config = folder.resolve("config.json");
      String models = "{\"models\": {\"llama\": {\"url\": \"%s\"}}, \"authTokens\": [\"key\"]}";
      Files.writeString(config, models.formatted(backend.url()));
      String[] words = {"--config", config.toString(), "--listen", "127.0.0.1:0"};
      try (JarProcess router =
          JarProcess.command(words).jvm("-Xlog:class+load:file=" + loaded).start()) {
        int port = Integer.parseInt(router.awaitLine("listens on \\S+:(\\d+)").group(1));
        String body = "{\"model\": \"llama\"}";
        Request chat = Request.post("/v1/chat/completions", body).withToken("key");
        assertEquals(200, RawCaller.ask(port, chat).status());
        router.signal("TERM");
        assertEquals(0, router.exitCode());
      }
    }
    assertTrue(Files.size(loaded) > 10_000, "there is a list of classes");
    try (Stream<String> lines = Files.lines(loaded)) {
      assertEquals(List.of(), lines.filter(FirstRequestTest::isMaker).toList());
    }
  }

  private static boolean isMaker(String line) {
    return MAKERS.stream().anyMatch(line::contains);
  }
}
