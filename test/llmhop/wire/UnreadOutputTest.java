package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import llmhop.kit.JarProcess;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// The jar whose stdout and stderr are pipes that nobody reads, or files on a full disk.
@Timeout(180)
class UnreadOutputTest {
  /// Far more than a pipe holds (64 KiB on Linux) and than the router keeps for stderr.
  private static final int MANY = 3000;

  private static final Request CHAT = Request.post("/v1/chat/completions", "{\"model\":\"llama\"}");
  private static final Request STATUS = Request.get("/llmhop/status");

  @TempDir Path folder;
  private ScriptedBackend backend;
  private int port;

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
    backend.keepOfEachBody(0);
    backend.always(answerJson(200, "{}"));
    port = ScriptedBackend.unusedPort();
  }

  @AfterEach
  void end() {
    backend.close();
  }

  private Path write(String json) throws IOException {
    Path unfinished = Files.writeString(folder.resolve("unfinished"), json.replace('\'', '"'));
    return Files.move(
        unfinished, folder.resolve("router.json"), StandardCopyOption.REPLACE_EXISTING);
  }

  private String good(String more) {
    return "{'listen': '127.0.0.1:%d', 'watch': '0s', 'log': 'json', 'models': {'llama': {'url': '%s'}%s}}"
        .formatted(port, backend.url(), more);
  }

  /// A config with so many mistakes, each of which is told in a line of over 100 characters.
  private static String broken(int mistakes) {
    return IntStream.range(0, mistakes)
        .mapToObj(i -> "'mistake-%d-%s': 1".formatted(i, "x".repeat(60)))
        .collect(Collectors.joining(", ", "{", "}"));
  }

  private static JarProcess.Command command(String... arguments) {
    return JarProcess.command(arguments).jvm("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");
  }

  private JarProcess.Command router() throws IOException {
    return command("--config", write(good("")).toString());
  }

  private boolean isUp() {
    try {
      return RawCaller.ask(port, Request.get("/health")).status() == 200;
    } catch (RuntimeException e) {
      return false;
    }
  }

  private long gauge(RawCaller caller, String name) {
    Matcher value = Pattern.compile("\"" + name + "\":(\\d+)").matcher(caller.ask(STATUS).text());
    assertTrue(value.find(), name);
    return Long.parseLong(value.group(1));
  }

  private static void await(String what, BooleanSupplier condition) {
    Waiting.await(what, condition);
  }

  private void breakReloadsUntilMessagesAreLost(JarProcess router, RawCaller caller)
      throws IOException {
    write(broken(300));
    while (gauge(caller, "lostMessages") == 0) {
      router.signal("HUP");
      await(
          "the new config to be refused",
          () -> caller.ask(Request.get("/health")).text().contains("stale"));
    }
  }

  @Test
  void unreadStdoutAndStderrHoldUpNeitherRequestsNorReloadsNorTheEnd() throws IOException {
    try (JarProcess router = router().unread().start()) {
      await("the router", this::isUp);
      try (RawCaller caller = RawCaller.to(port)) {
        breakReloadsUntilMessagesAreLost(router, caller);
        for (int i = 0; i < MANY; i++) assertEquals(200, caller.ask(CHAT).status());
        assertEquals(
            404, caller.ask(Request.post("/v1/chat/completions", "{\"model\":\"x\"}")).status());
        write(good(", 'two': {'url': 'http://127.0.0.1:9'}"));
        router.signal("HUP");
        await(
            "the good config",
            () -> caller.ask(Request.get("/health")).text().contains("\"models\":2"));
      }
      router.signal("TERM");
      await("the router to end", () -> !router.isAlive());
      router.readOutput();
      assertEquals(0, router.exitCode());
    }
  }

  @Test
  void outputThatIsReadAgainHasWholeLinesInOrderAndSaysWhatIsMissing() throws IOException {
    try (JarProcess router = router().unread().start()) {
      await("the router", this::isUp);
      try (RawCaller caller = RawCaller.to(port)) {
        breakReloadsUntilMessagesAreLost(router, caller);
        for (int i = 0; i < MANY; i++) assertEquals(200, caller.ask(CHAT).status());
        router.readOutput();
        router.awaitLine(
            "llmhop: \\d+ messages were dropped here: stderr was not read fast enough");
        write(good(""));
        router.signal("HUP");
        router.awaitLine("the config was read anew");
      }
      router.signal("TERM");
      assertEquals(0, router.exitCode());
      List<String> odd = new ArrayList<>(router.err());
      odd.removeIf(line -> line.matches("llmhop: mistake-\\d+-x{60}: unknown key.*\\(line 1\\)"));
      odd.removeIf(line -> line.contains("there are no \"models\""));
      odd.removeIf(
          line -> line.equals("llmhop: the config stays as it was, the new one can't be used:"));
      assertTrue(odd.removeFirst().contains(" listens on "), odd::toString);
      assertTrue(odd.size() <= 6, odd::toString);
      assertEquals(Optional.of("llmhop: stopped"), Optional.of(odd.getLast()));
      assertTrue(router.out().size() >= MANY);
      for (String line : router.out()) assertTrue(line.startsWith("{") && line.endsWith("}"), line);
    }
  }

  @Test
  void backendsThatComeAndGoAreServedWithAnUnreadStderr() throws IOException {
    String down = "'http://127.0.0.1:%d'".formatted(ScriptedBackend.unusedPort());
    String both =
        "{'listen': '127.0.0.1:%d', 'watch': '0s', 'models': {'llama': {'urls': [%s, '%s']}}}"
            .formatted(port, down, backend.url());
    write(both);
    try (JarProcess router =
        command("--config", folder.resolve("router.json").toString()).unread().start()) {
      await("the router", this::isUp);
      try (RawCaller caller = RawCaller.to(port)) {
        breakReloadsUntilMessagesAreLost(router, caller);
        write(both.replace(down, "'http://127.0.0.1:%d'".formatted(ScriptedBackend.unusedPort())));
        router.signal("HUP");
        await(
            "the other backends",
            () -> !caller.ask(Request.get("/health")).text().contains("stale"));
        for (int i = 0; i < 20; i++) assertEquals(200, caller.ask(CHAT).status());
        assertTrue(caller.ask(STATUS).text().contains("down"));
      }
      router.signal("TERM");
      await("the router to end", () -> !router.isAlive());
      router.readOutput();
      assertEquals(0, router.exitCode());
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void linesThatAFullDiskTakesNotAreCounted() throws IOException {
    try (JarProcess router = router().shell("exec \"$@\" >/dev/full 2>/dev/full").start()) {
      await("the router", this::isUp);
      try (RawCaller caller = RawCaller.to(port)) {
        assertEquals(200, caller.ask(CHAT).status());
        await("a lost line", () -> gauge(caller, "lostLogLines") > 0);
        await("a lost message", () -> gauge(caller, "lostMessages") > 0);
      }
      router.signal("TERM");
      assertEquals(0, router.exitCode());
    }
  }

  @Test
  void mistakesOfAConfigThatIsReadAreAllTold() throws IOException {
    try (JarProcess router = command("--config", write(broken(9000)).toString()).start()) {
      assertEquals(1, router.exitCode());
      long told = router.err().stream().filter(line -> line.contains(": unknown key")).count();
      assertEquals(9000, told);
    }
  }

  @Test
  void mistakesOfAConfigThatNobodyReadsEndTheStart() throws IOException {
    String config = write(broken(9000)).toString();
    for (String[] arguments :
        new String[][] {
          {"--config", config}, {"--check", "--config", config}, {"health", "--config", config}
        }) {
      try (JarProcess router = command(arguments).unread().start()) {
        await("the process to end", () -> !router.isAlive());
        router.readOutput();
        assertEquals(1, router.exitCode());
      }
    }
  }

  @Test
  void simulatorWithAnUnreadStdoutAnswersAndEnds() throws IOException {
    try (JarProcess simulator =
        command(
                "simulate",
                "--port",
                "" + port,
                "--model",
                "llama",
                "--ttft",
                "0ms",
                "--tokens",
                "1")
            .unread()
            .start()) {
      await("the simulator", this::isUp);
      Request chat =
          Request.post(
              "/v1/chat/completions",
              "{\"model\":\"llama\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}");
      try (RawCaller caller = RawCaller.to(port)) {
        for (int i = 0; i < MANY; i++) assertEquals(200, caller.ask(chat).status());
      }
      simulator.signal("TERM");
      await("the simulator to end", () -> !simulator.isAlive());
      simulator.readOutput();
      assertEquals(143, simulator.exitCode());
    }
  }
}
