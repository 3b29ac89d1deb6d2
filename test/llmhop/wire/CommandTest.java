package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.readBody;
import static llmhop.kit.Steps.sseHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import llmhop.kit.Answer;
import llmhop.kit.JarProcess;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Stage;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The jar as an operator runs it: arguments, exit codes, what it says, how it stops.
class CommandTest {
  @TempDir private Path folder;
  private ScriptedBackend backend;

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
    backend.always(answerJson(200, "{}"));
  }

  @AfterEach
  void end() {
    backend.close();
  }

  private Path config(String json) throws IOException {
    Path file = folder.resolve("config.json");
    return Files.writeString(file, json.replace('\'', '"'));
  }

  private Path routing(String more) throws IOException {
    return config(
        "{'listen': '127.0.0.1:0', %s 'models': {'llama': {'url': '%s'}}}"
            .formatted(more, backend.url()));
  }

  private static JarProcess run(String... arguments) throws IOException {
    return JarProcess.command(arguments).start();
  }

  private static int port(JarProcess router) {
    return Integer.parseInt(router.awaitLine("listens on \\S+:(\\d+), ").group(1));
  }

  private static String text(List<String> lines) {
    return String.join("\n", lines);
  }

  @ParameterizedTest
  @CsvSource({
    "--version, 0, llmhop 0.1.0",
    "--help, 0, Exit codes",
    "--nonsense, 1, unknown argument '--nonsense'",
    "--check=yes, 1, --check takes no value",
    "--config, 1, --config needs a value",
    "--config=/no/such/file, 1, /no/such/file"
  })
  void argumentsAreAnsweredWithASentenceAndAnExitCode(String argument, int code, String said)
      throws IOException {
    try (JarProcess process = run(argument)) {
      assertEquals(code, process.exitCode());
      String all = text(process.out()) + text(process.err());
      assertTrue(all.contains(said), all);
    }
  }

  @Test
  void checkReportsEveryMistakeAtOnceAndNeedsNoSecret() throws IOException {
    Path wrong = config("{'lisen': ':1',\n 'models': {'a': {'url': 'nonsense'}, 'b': {}}}");
    try (JarProcess process = run("--check", "--config", wrong.toString())) {
      assertEquals(1, process.exitCode());
      String err = text(process.err());
      assertTrue(err.contains("lisen") && err.contains("did you mean \"listen\""), err);
      assertTrue(err.contains("models.a.url") && err.contains("(line 2)"), err);
      assertTrue(err.contains("models.b"), err);
    }
    Path fine = routing("'authTokens': ['${env:LLMHOP_TEST_NOT_SET}'],");
    try (JarProcess process = run("--check", "--config=" + fine)) {
      assertEquals(0, process.exitCode());
    }
  }

  @Test
  void anUnresolvedSecretStopsTheStartAndAResolvedOneIsNeverShown() throws IOException {
    Path file = routing("'log': 'text', 'authTokens': ['${env:LLMHOP_TEST_TOKEN}'],");
    try (JarProcess process = run("--config", file.toString())) {
      assertEquals(1, process.exitCode());
      assertTrue(text(process.err()).contains("authTokens[0]"), process::toString);
    }
    var command = JarProcess.command("--config", file.toString());
    try (JarProcess router = command.env("LLMHOP_TEST_TOKEN", "hidden-token-1").start()) {
      int port = port(router);
      Request chat =
          Request.post("/v1/x?key=hidden-query", "{\"model\":\"llama\",\"p\":\"hidden\"}");
      assertEquals(200, RawCaller.ask(port, chat.withToken("hidden-token-1")).status());
      assertEquals(401, RawCaller.ask(port, chat.withToken("hidden-token-2")).status());
      assertEquals(200, RawCaller.ask(port, Request.get("/health")).status());
      Waiting.await("three lines in the log", () -> router.out().size() == 3);
      String log = text(router.out());
      assertTrue(log.contains(" 200 done@relay "), log);
      assertTrue(log.contains(" 401 caller@authenticate "), log);
      assertTrue(log.contains("token-1 ") && log.contains("/v1/x invalid_api_key"), log);
      assertFalse((log + text(router.err())).contains("hidden"), "no secret, query or prompt");
      router.signal("TERM");
      assertEquals(0, router.exitCode());
    }
  }

  @Test
  void anAddressInUseIsExitCode2() throws IOException {
    Path file = routing("");
    try (JarProcess process =
        run("--config", file.toString(), "--listen", "127.0.0.1:" + backend.port())) {
      assertEquals(2, process.exitCode());
      assertTrue(text(process.err()).contains("can't listen on 127.0.0.1:"), process::toString);
    }
  }

  @Test
  void theStartLineWarnsWhenStrangersCanReachAnOpenRouter() throws IOException {
    Path file = routing("");
    try (JarProcess router = run("--config", file.toString(), "--listen=:0")) {
      router.awaitLine("listens on \\*:\\d+, 1 model, callers need no token");
      router.awaitLine("warning: anyone who reaches this port");
    }
    try (JarProcess router = run("--config", file.toString())) {
      router.awaitLine("listens on 127.0.0.1:\\d+, 1 model, callers need no token");
      router.signal("INT");
      assertEquals(0, router.exitCode());
      assertFalse(text(router.err()).contains("warning"), router::toString);
    }
  }

  @Test
  void aStopFinishesWhatRunsAndTakesNothingNew() throws IOException {
    Stage stage = new Stage();
    backend.next(readBody(), sseHead(), stage);
    Path file = routing("'log': 'json', 'drainDelay': '2s',");
    try (JarProcess router = run("--config", file.toString());
        RawCaller caller = RawCaller.to(port(router))) {
      int port = port(router);
      assertEquals(200, RawCaller.ask(port, Request.get("/ready")).status());
      caller.send(Request.post("/v1/chat/completions", "{\"model\":\"llama\"}"));
      caller.readHead();
      stage.event("one");
      caller.readUntil("one\n\n");
      router.signal("TERM");
      router.awaitLine("stopping, requests in hand: 1");
      Waiting.await(
          "/ready says no while requests are still taken",
          () -> RawCaller.ask(port, Request.get("/ready")).status() == 503);
      Answer late = RawCaller.ask(port, Request.post("/v1/x", "{\"model\":\"llama\"}"));
      assertEquals(200, late.status());
      Waiting.await("the port is closed", () -> !accepts(port));
      stage.event("two");
      stage.end();
      Answer rest = caller.read();
      assertEquals(Answer.End.LAST_CHUNK, rest.end());
      assertTrue(rest.text().contains("two"));
      assertEquals(0, router.exitCode());
      assertTrue(text(router.out()).contains("\"ended_by\":\"done\",\"phase\":\"relay\""));
    }
  }

  private static boolean accepts(int port) {
    try (var socket = new java.net.Socket("127.0.0.1", port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void whatADrainCutsOffIsLoggedAndASecondSignalEndsAtOnce() throws IOException {
    for (boolean impatient : new boolean[] {false, true}) {
      Stage stage = new Stage();
      backend.next(readBody(), sseHead(), stage);
      Path file = routing("'log': 'text', 'drain': '" + (impatient ? "600s" : "1s") + "',");
      try (JarProcess router = run("--config", file.toString());
          RawCaller caller = RawCaller.to(port(router))) {
        caller.send(Request.post("/v1/chat/completions", "{\"model\":\"llama\"}"));
        caller.readHead();
        router.signal("TERM");
        router.awaitLine("stopping, requests in hand: 1");
        if (impatient) {
          router.signal("TERM");
          assertEquals(128 + 15, router.exitCode());
        } else {
          assertEquals(0, router.exitCode());
          assertTrue(text(router.err()).contains("cut off while running: 1"), router::toString);
          assertEquals(1, router.out().size(), router::toString);
        }
        stage.leave();
      } catch (java.io.UncheckedIOException gone) {
        // The stage's connection is cut with the rest.
      }
    }
    backend.forgetProblems();
  }

  @Test
  void aCertificateThatCannotBeReadIsExitCode2AndNamed() throws IOException {
    Path file =
        config("{'models': {'a': {'url': 'https://localhost', 'tls': {'ca': '/no/such.pem'}}}}");
    try (JarProcess process = run("--config", file.toString())) {
      assertEquals(2, process.exitCode());
      assertTrue(text(process.err()).contains("models.a.tls"), process::toString);
      assertTrue(text(process.err()).contains("/no/such.pem"), process::toString);
    }
  }

  @Test
  void twentyDeclaredAndTwentyChunkedUploadsOf100MiBLeaveRoomForSmallRequests() throws Exception {
    Path file = routing("");
    var command = JarProcess.command("--config", file.toString()).jvm("-Xmx128m");
    try (JarProcess router = command.start()) {
      int port = port(router);
      byte[] piece = "a".repeat(64 * 1024).getBytes(java.nio.charset.StandardCharsets.UTF_8);
      byte[] chunk =
          ("10000\r\n" + "a".repeat(64 * 1024) + "\r\n")
              .getBytes(java.nio.charset.StandardCharsets.UTF_8);
      List<RawCaller> callers = new java.util.ArrayList<>();
      try {
        for (int i = 0; i < 40; i++) {
          RawCaller caller = RawCaller.to(port);
          callers.add(caller);
          boolean declared = i % 2 == 0;
          caller.send(
              "POST /v1/x HTTP/1.1\r\nHost: a\r\n"
                  + (declared
                      ? "Content-Length: 104857600\r\n\r\n{\"model\":\"llama\",\"x\":\""
                      : "Transfer-Encoding: chunked\r\n\r\n"
                          + "16\r\n"
                          + "{\"model\":\"llama\",\"x\":\"\r\n"));
          caller.sendMeanwhile(declared ? piece : chunk, 1600);
        }
        Request small =
            Request.post("/v1/x", "{\"model\":\"llama\",\"x\":\"" + "y".repeat(950) + "\"}");
        for (int i = 0; i < 100; i++) {
          assertEquals(200, RawCaller.ask(port, small).status(), "small request " + i);
        }
        for (int i = 0; i < 40; i++) {
          int status = callers.get(i).read().status();
          assertTrue(status == 413 || status == 503, "upload " + i + " got " + status);
        }
      } finally {
        callers.forEach(RawCaller::close);
      }
      Waiting.await(
          "the budget is back at zero",
          () ->
              RawCaller.ask(port, Request.get("/llmhop/status"))
                  .text()
                  .contains("\"bufferedBytes\":0,"));
      assertEquals(
          Optional.empty(), router.err().stream().filter(l -> l.contains("Error")).findAny());
    }
  }
}
