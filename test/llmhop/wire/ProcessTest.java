package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.hold;
import static llmhop.kit.Steps.sseHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import llmhop.kit.Answer;
import llmhop.kit.Gate;
import llmhop.kit.JarProcess;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Stage;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The jar as an operator meets it: its command line, its exit codes, what it says, how it leaves.
class ProcessTest {
  private static final String CHAT = "/v1/chat/completions";

  @TempDir Path folder;
  private ScriptedBackend backend;

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
  }

  @AfterEach
  void end() {
    backend.close();
  }

  /// The text of a config with the model `llama`. Single quotes stand for double ones.
  private String llama(String members) {
    return "{" + members + "'models': {'llama': {'url': '" + backend.url() + "'}}}";
  }

  private Path file(String config) throws IOException {
    return Files.writeString(folder.resolve("router.json"), config.replace('\'', '"'));
  }

  private static JarProcess run(String... arguments) throws IOException {
    return command(arguments).start();
  }

  private static JarProcess.Command command(String... arguments) {
    return JarProcess.command(arguments).jvm("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");
  }

  private JarProcess serve(String config, String... more) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("--config", file(config).toString()));
    arguments.addAll(List.of(more));
    return run(arguments.toArray(String[]::new));
  }

  private static int port(JarProcess router) {
    return Integer.parseInt(router.awaitLine("listens on \\S+:(\\d+)").group(1));
  }

  private static void assertEnds(JarProcess process, int code) {
    assertEquals(code, process.exitCode(), process::toString);
    assertTrue(process.err().stream().noneMatch(line -> line.contains("\tat ")), process::toString);
  }

  private static void assertStops(JarProcess router) throws IOException {
    router.signal("TERM");
    assertEnds(router, 0);
  }

  private static String said(JarProcess process) {
    return String.join("\n", process.out()) + "\n" + String.join("\n", process.err());
  }

  // ---- the command line

  @Test
  void versionAndHelpAreSaidOnStdout() throws IOException {
    try (JarProcess version = run("--version");
        JarProcess help = run("--help");
        JarProcess shortHelp = run("-h")) {
      assertEnds(version, 0);
      assertTrue(said(version).matches("llmhop \\d+\\.\\d+\\.\\d+\\S*\n"), version::toString);
      assertEnds(help, 0);
      assertEquals(List.of(), help.err());
      for (String word : List.of("--config", "--listen", "--check", "simulate", "Exit codes:")) {
        assertTrue(said(help).contains(word), word);
      }
      assertEnds(shortHelp, 0);
      assertEquals(help.out(), shortHelp.out());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--colour|unknown argument '--colour'",
        "--config --check|--config needs a value",
        "--check=yes|--check takes no value",
        "--listen=:1 --listen=:2|--listen is given twice"
      })
  void wrongWordsAreNamedWithTheUsage(String words, String sentence) throws IOException {
    try (JarProcess process = run(words.split(" "))) {
      assertEnds(process, 1);
      assertEquals(List.of(), process.out());
      assertEquals("llmhop: " + sentence, process.err().getFirst());
      assertTrue(said(process).contains("Usage: java -jar llmhop.jar"), process::toString);
    }
  }

  @Test
  void aFlagAndItsValueMayStandInOneWordOrTwo() throws IOException {
    String config = file(llama("'listen': '127.0.0.1:1', ")).toString();
    try (JarProcess one = run("--config=" + config, "--listen=127.0.0.1:0");
        JarProcess two = run("--listen", "127.0.0.1:0", "--config", config)) {
      for (JarProcess router : List.of(one, two)) {
        assertEquals(200, RawCaller.ask(port(router), Request.get("/health")).status());
      }
    }
  }

  @Test
  void aWrongAddressIsExplained() throws IOException {
    try (JarProcess process = serve(llama(""), "--listen=8080")) {
      assertEnds(process, 1);
      assertTrue(process.err().getFirst().startsWith("llmhop: --listen: "), process::toString);
      assertTrue(process.err().getFirst().contains("127.0.0.1:8080"), "an example");
    }
  }

  // ---- the config file

  @Test
  void aMissingConfigIsNamed() throws IOException {
    try (JarProcess byDefault = command().in(folder).start();
        JarProcess given = run("--config=" + folder.resolve("nowhere.json"))) {
      assertEnds(byDefault, 1);
      assertEquals(
          List.of("llmhop: the config file \"config.json\" can't be read, there is none"),
          byDefault.err());
      assertEnds(given, 1);
      assertTrue(said(given).contains("nowhere.json"), given::toString);
    }
  }

  @Test
  void aFolderIsNoConfig() throws IOException {
    try (JarProcess process = run("--config", folder.toString())) {
      assertEnds(process, 1);
      assertTrue(said(process).contains(folder + "\" can't be read, it is a directory"));
    }
  }

  @Test
  void anUnreadableConfigIsNamedWithTheUserAndTheMode() throws IOException {
    Path config = file(llama(""));
    Files.setPosixFilePermissions(config, PosixFilePermissions.fromString("-w-------"));
    assumeFalse(Files.isReadable(config), "root reads everything");
    try (JarProcess process = run("--config", config.toString())) {
      assertEnds(process, 1);
      Object uid = Files.getAttribute(config, "unix:uid");
      assertTrue(said(process).contains(config.toString()), process::toString);
      assertTrue(said(process).contains("uid " + uid), process::toString);
      assertTrue(said(process).contains("mode is 0200"), process::toString);
    }
  }

  @Test
  void checkNeitherResolvesSecretsNorBindsNorOpensCertificates() throws IOException {
    Path config =
        file(
            """
            {'listen': '127.0.0.1:%d', 'authTokens': ['${env:LLMHOP_TEST_UNSET}'], 'models': {
               'a': {'url': 'https://localhost', 'tls': {'ca': '/nowhere/ca.pem'}},
               'b': {'url': '%s', 'headers': {'X-Key': '${file:/nowhere/key}'}}}}
            """
                .formatted(backend.port(), backend.url()));
    try (JarProcess process = run("--check", "--config=" + config)) {
      assertEnds(process, 0);
      assertEquals(List.of(config + " is fine: 2 models"), process.out());
      assertEquals(List.of(), process.err());
    }
  }

  @Test
  void allMistakesAreReportedAtOnceWithPathAndLine() throws IOException {
    String config =
        """
        {'listen': 'nonsense',
         'maxBodyBites': 1,
         'log': 'xml',
         'authTokens': [],
         'models': {
           'llama': {'url': 'localhost:8000'},
           'qwen': {'url': 'http://a', 'timeouts': {'connect': 5}}}}
        """;
    Path path = file(config);
    for (String[] words : new String[][] {{"--check", "--config=" + path}, {"--config=" + path}}) {
      try (JarProcess process = run(words)) {
        assertEnds(process, 1);
        assertEquals(List.of(), process.out());
        String[][] mistakes = {
          {"listen: ", "(line 1)"},
          {"maxBodyBites: ", "\"maxBodyBytes\"", "(line 2)"},
          {"log: ", "(line 3)"},
          {"authTokens: ", "(line 4)"},
          {"models.llama.url: ", "(line 6)"},
          {"models.qwen.timeouts.connect: ", "\"5s\"", "(line 7)"}
        };
        for (String[] mistake : mistakes) {
          assertTrue(
              process.err().stream()
                  .anyMatch(
                      line ->
                          line.startsWith("llmhop: " + mistake[0])
                              && Stream.of(mistake).allMatch(line::contains)),
              () -> String.join(" ", mistake) + " in " + process);
        }
        assertEquals(mistakes.length, process.err().size(), process::toString);
      }
    }
  }

  @Test
  void anUnresolvedSecretStopsTheStartAndNoValueIsEverShown() throws IOException {
    Path config =
        file(
            """
            {'listen': '127.0.0.1:0', 'authTokens': ['${env:LLMHOP_TEST_SET}'], 'models': {
               'llama': {'url': '%s', 'headers': {
                  'Authorization': 'Bearer ${env:LLMHOP_TEST_SET}${env:LLMHOP_TEST_UNSET}',
                  'X-Key': '${file:no-such-key}'}}}}
            """
                .formatted(backend.url()));
    try (JarProcess process =
        command("--config=" + config).env("LLMHOP_TEST_SET", "hunter2").in(folder).start()) {
      assertEnds(process, 1);
      String said = said(process);
      assertTrue(said.contains("models.llama.headers.Authorization: "), said);
      assertTrue(said.contains("LLMHOP_TEST_UNSET is not set"), said);
      assertTrue(said.contains("models.llama.headers.X-Key: "), said);
      assertTrue(said.contains("no-such-key"), said);
      assertFalse(said.contains("hunter2"), said);
    }
  }

  // ---- the start

  @Test
  void anAddressInUseIsATwo() throws IOException {
    try (JarProcess process = serve(llama("'listen': '127.0.0.1:" + backend.port() + "', "))) {
      assertEnds(process, 2);
      assertEquals(1, process.err().size(), process::toString);
      assertTrue(said(process).contains("can't start"), process::toString);
      assertTrue(said(process).contains("127.0.0.1:" + backend.port()), process::toString);
    }
  }

  @Test
  void aCertificateThatCanNotBeReadIsATwo() throws IOException {
    String config =
        "{'listen': '127.0.0.1:0', 'models': {'llama': {'url': 'https://localhost', 'tls':"
            + " {'ca': '%s'}}}}".formatted(folder.resolve("no-such-ca.pem"));
    try (JarProcess process = serve(config)) {
      assertEnds(process, 2);
      assertEquals(1, process.err().size(), process::toString);
      assertTrue(said(process).contains("no-such-ca.pem"), process::toString);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "127.0.0.1:0|key|listens on 127\\.0\\.0\\.1:\\d+, 1 model, callers need a token$|0",
        "127.0.0.1:0||listens on 127\\.0\\.0\\.1:\\d+, 1 model, callers need no token$|0",
        ":0||listens on \\*:\\d+, 1 model, callers need no token$|1",
        ":0|key|listens on \\*:\\d+, 1 model, callers need a token$|0"
      })
  void oneLineSaysWhereItListensAndAWarningFollowsWhenItIsOpenToOthers(
      String listen, String token, String line, int warnings) throws IOException {
    String auth = token == null ? "" : "'authTokens': ['" + token + "'], ";
    try (JarProcess router = serve(llama(auth), "--listen=" + listen)) {
      router.awaitLine("llmhop \\S+ " + line);
      assertEquals(200, RawCaller.ask(port(router), Request.get("/ready")).status());
      assertStops(router);
      long warned = router.err().stream().filter(l -> l.contains("warning: ")).count();
      assertEquals(warnings, warned, router::toString);
      assertEquals(warnings == 1, said(router).contains("authTokens"), router::toString);
      assertEquals(List.of(), router.out());
    }
  }

  @Test
  void severalAddressesAreAllSaidAndServed() throws IOException {
    String config =
        """
        {'listen': ['127.0.0.1:0', 'localhost:0'], 'models': {
           'a': {'url': '%1$s'}, 'b/*': {'url': '%1$s', 'rename': '*'}}}
        """
            .formatted(backend.url());
    try (JarProcess router = serve(config)) {
      var line =
          router.awaitLine("listens on 127\\.0\\.0\\.1:(\\d+), (\\S+):(\\d+), 2 models, callers");
      int first = Integer.parseInt(line.group(1));
      assertEquals(200, RawCaller.ask(first, Request.get("/health")).status());
      String host = line.group(2).replaceAll("[\\[\\]]", "");
      try (RawCaller caller =
          RawCaller.to(
              new InetSocketAddress(
                  InetAddress.ofLiteral(host), Integer.parseInt(line.group(3))))) {
        assertEquals(200, caller.ask(Request.get("/health")).status());
      }
    }
  }

  @Test
  void anOlderJavaIsToldWhatIsNeeded() throws IOException {
    Optional<Path> old = olderJava();
    assumeTrue(old.isPresent(), "no Java older than 25 stands beside this one");
    try (JarProcess process = JarProcess.command("--version").java(old.get()).start()) {
      assertEnds(process, 1);
      assertEquals(1, process.err().size(), process::toString);
      assertTrue(
          process
              .err()
              .getFirst()
              .matches("llmhop needs Java 25 or newer, this is (1\\.8|9|1\\d|2[0-4])\\b.*"),
          process::toString);
    }
  }

  /// The one that a system property names, or one that is installed beside the Java of this test.
  private static Optional<Path> olderJava() throws IOException {
    Optional<Path> given = Optional.ofNullable(System.getProperty("llmhop.old.java")).map(Path::of);
    Path home = Path.of(System.getProperty("java.home")).toRealPath();
    try (Stream<Path> homes = Files.list(home.getParent())) {
      return given.or(
          () ->
              homes
                  .filter(ProcessTest::isOlder)
                  .map(folder -> folder.resolve("bin").resolve("java"))
                  .filter(Files::isExecutable)
                  .findFirst());
    }
  }

  private static boolean isOlder(Path home) {
    Path release = home.resolve("release");
    try {
      Matcher version =
          Pattern.compile("JAVA_VERSION=\"(?:1\\.)?([0-9]+)")
              .matcher(Files.isReadable(release) ? Files.readString(release) : "");
      return version.find() && Integer.parseInt(version.group(1)) < 25;
    } catch (IOException e) {
      return false;
    }
  }

  // ---- the access log

  /// Asks three times and leaves: a routed request, a refused one and one for health.
  private JarProcess logged(String format) throws IOException {
    String auth = "'authTokens': [{'name': 'alice', 'token': 'hunter2'}], ";
    JarProcess router = serve(llama("'log': '" + format + "', " + auth), "--listen=127.0.0.1:0");
    int port = port(router);
    backend.always(answerJson(200, "{\"a\":1}"));
    Request chat =
        Request.post(CHAT + "?key=in-the-query", "{\"model\":\"llama\",\"x\":\"my prompt\"}");
    assertEquals(
        200, RawCaller.ask(port, chat.withToken("hunter2").with("X-Request-Id: id-1")).status());
    Request refused = chat.withToken("wrong-key").with("X-Request-Id: id-2");
    assertEquals(401, RawCaller.ask(port, refused).status());
    Request health = Request.get("/health?probe=in-the-query").with("X-Request-Id: id-3");
    assertEquals(200, RawCaller.ask(port, health).status());
    assertStops(router);
    assertEquals(3, router.out().size(), router::toString);
    for (String secret :
        List.of("hunter2", "wrong-key", "in-the-query", "prompt", "127.0.0.1:" + backend.port())) {
      assertFalse(said(router).contains(secret), () -> secret + " in " + router);
    }
    return router;
  }

  private static void assertLines(JarProcess router, String... patterns) {
    for (String pattern : patterns) {
      assertTrue(router.out().stream().anyMatch(l -> l.matches(pattern)), () -> pattern + router);
    }
  }

  @Test
  void theTextLogHasALineForEachRequestAndNoSecret() throws IOException {
    String time = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z";
    String timing = "head=\\d+\\.\\d first=\\d+\\.\\d total=\\d+\\.\\dms";
    try (JarProcess router = logged("text")) {
      assertLines(
          router,
          time
              + " 200 done@relay +alice +llama +llama +in=33 out=7 "
              + timing
              + " id-1 POST /v1/chat/completions",
          time
              + " 401 caller@authenticate +- +- +- +in=0 out=\\d+ "
              + timing
              + " id-2 POST /v1/chat/completions invalid_api_key",
          time + " 200 done@\\w+ +- +- +- +in=0 out=26 " + timing + " id-3 GET /health");
    }
  }

  @Test
  void theJsonLogHasAnObjectForEachRequestAndNoSecret() throws IOException {
    String time = "\\{\"time\":\"\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z\",";
    String timing =
        "\"head_ms\":[0-9.]+,\"first_byte_ms\":[0-9.]+,\"total_ms\":[0-9.]+,\"request_id\":";
    try (JarProcess router = logged("json")) {
      assertLines(
          router,
          time
              + "\"status\":200,\"ended_by\":\"done\",\"phase\":\"relay\",\"caller\":\"alice\","
              + "\"model\":\"llama\",\"backend\":\"llama\",\"bytes_in\":33,\"bytes_out\":7,"
              + timing
              + "\"id-1\",\"method\":\"POST\",\"path\":\"/v1/chat/completions\"}",
          time
              + "\"status\":401,\"ended_by\":\"caller\",\"phase\":\"authenticate\","
              + "\"caller\":\"-\",\"bytes_in\":0,\"bytes_out\":\\d+,"
              + timing
              + "\"id-2\",\"method\":\"POST\",\"path\":\"/v1/chat/completions\","
              + "\"error\":\"invalid_api_key\"}",
          time
              + "\"status\":200,\"ended_by\":\"done\",\"phase\":\"\\w+\",\"caller\":\"-\","
              + "\"bytes_in\":0,\"bytes_out\":26,"
              + timing
              + "\"id-3\",\"method\":\"GET\",\"path\":\"/health\"}");
    }
  }

  // ---- leaving

  private static boolean refusesConnections(int port) {
    try {
      RawCaller.to(port).close();
      return false;
    } catch (UncheckedIOException e) {
      return e.getCause() instanceof ConnectException;
    }
  }

  /// A stream through the router, of which the first event has come.
  private RawCaller stream(int port, Stage stage) {
    backend.next(sseHead(), stage);
    RawCaller caller = RawCaller.to(port);
    caller.send(Request.post(CHAT, "{\"model\":\"llama\",\"stream\":true}"));
    stage.event("first");
    assertEquals(200, caller.readHead().status());
    caller.readUntil("first\n\n");
    return caller;
  }

  @Test
  void aTermLetsRunningStreamsFinishAndEndsWithZero() throws IOException {
    Stage stage = new Stage();
    String config = llama("'drainDelay': '1000ms', 'drain': '60s', ");
    try (JarProcess router = serve(config, "--listen=127.0.0.1:0")) {
      int port = port(router);
      try (RawCaller caller = stream(port, stage)) {
        router.signal("TERM");
        router.awaitLine("llmhop: stopping(?=.*\\b60 s)(?=.*\\b1\\b)");
        Request ready = Request.get("/ready");
        Waiting.await(
            "/ready to say no", () -> RawCaller.ask(port, ready).status() == 503, router::toString);
        assertEquals("{\"status\":\"draining\"}", RawCaller.ask(port, ready).text());
        assertEquals(200, RawCaller.ask(port, Request.get("/health")).status());
        backend.next(answerJson(200, "{}"));
        Answer late = RawCaller.ask(port, Request.post(CHAT, "{\"model\":\"llama\"}"));
        assertEquals(200, late.status(), "drainDelay goes on taking requests");
        assertEquals(Optional.of("close"), late.field("Connection"));
        Waiting.await("new connections to be refused", () -> refusesConnections(port));
        assertTrue(router.isAlive());
        stage.event("second");
        assertEquals("data: second\n\n", caller.readUntil("second\n\n"));
        stage.end();
        assertEquals(Answer.End.LAST_CHUNK, caller.read().end());
      }
      assertEnds(router, 0);
      assertEquals("llmhop: stopped", router.err().getLast());
    }
  }

  @Test
  void whatOutlivesTheDrainIsCutAndCounted() throws IOException {
    Stage stage = new Stage();
    String config = llama("'drain': '100ms', ");
    try (JarProcess router = serve(config, "--listen=127.0.0.1:0");
        RawCaller caller = stream(port(router), stage)) {
      router.signal("TERM");
      assertEnds(router, 0);
      assertTrue(router.err().getLast().matches("llmhop: stopped.*\\b1\\b.*"), router::toString);
      assertEquals(Answer.End.CUT, caller.read().end());
      backend.awaitHangUp(1);
    }
  }

  @Test
  void requestThatOutlivesTheDrainHearsThatTheRouterStopsAndNoBackendIsBlamed() throws IOException {
    Gate gate = new Gate();
    backend.next(hold(gate));
    String config = llama("'drain': '100ms', 'log': 'text', ");
    try (JarProcess router = serve(config, "--listen=127.0.0.1:0");
        RawCaller caller = RawCaller.to(port(router))) {
      caller.send(Request.post(CHAT, "{\"model\":\"llama\"}"));
      backend.awaitRequests(1);
      router.signal("TERM");
      Answer answer = caller.read();
      assertEquals(503, answer.status(), answer::text);
      assertEquals(Optional.of("draining"), answer.field("X-LLMhop-Error"));
      assertEquals(Optional.of("false"), answer.field("x-should-retry"), "it may have run");
      assertEquals(Optional.empty(), answer.field("Retry-After"), "clients would send it again");
      assertEnds(router, 0);
      gate.open();
    }
  }

  @Test
  void anInterruptEndsWithZeroWhenNothingRunsOrWhatRunsIsDone() throws IOException {
    Stage stage = new Stage();
    String config = llama("'drainDelay': '60s', ");
    try (JarProcess idle = serve(config, "--listen=127.0.0.1:0");
        JarProcess busy = serve(config, "--listen=127.0.0.1:0")) {
      assertEquals(200, RawCaller.ask(port(idle), Request.get("/health")).status());
      idle.signal("INT");
      try (RawCaller caller = stream(port(busy), stage)) {
        busy.signal("INT");
        busy.awaitLine("llmhop: stopping(?=.*\\b5 s)(?=.*\\b1\\b)");
        stage.end();
        assertEquals(Answer.End.LAST_CHUNK, caller.read().end());
      }
      assertEnds(idle, 0);
      assertEnds(busy, 0);
      assertEquals("llmhop: stopped", busy.err().getLast());
    }
  }

  @ParameterizedTest
  @CsvSource({"TERM, TERM, 143", "INT, INT, 130"})
  void aSecondSignalEndsItAtOnce(String first, String second, int code) throws IOException {
    Stage stage = new Stage();
    try (JarProcess router = serve(llama(""), "--listen=127.0.0.1:0");
        RawCaller caller = stream(port(router), stage)) {
      router.signal(first);
      router.awaitLine("llmhop: stopping");
      Waiting.await("new connections to be refused", () -> refusesConnections(port(router)));
      router.signal(second);
      assertEnds(router, code);
      assertEquals(Answer.End.CUT, caller.read().end());
    }
  }

  /// The shell sends both before the first can have been dealt with.
  @Test
  void twoSignalsInQuickSuccessionAreTwo() throws IOException, InterruptedException {
    Stage stage = new Stage();
    try (JarProcess router = serve(llama(""), "--listen=127.0.0.1:0");
        RawCaller caller = stream(port(router), stage)) {
      String both = "kill -TERM " + router.pid() + "; kill -INT " + router.pid();
      assertEquals(0, new ProcessBuilder("sh", "-c", both).inheritIO().start().waitFor());
      assertTrue(Set.of(143, 130).contains(router.exitCode()), router::toString);
      assertEquals(Answer.End.CUT, caller.read().end());
    }
  }

  @Test
  void whoeverReadsTheStartLineMayStopItAtOnce() throws IOException {
    try (JarProcess router = serve(llama(""), "--listen=127.0.0.1:0")) {
      port(router);
      assertStops(router);
    }
  }

  // ---- pipes in the place of files

  private Path pipe(String name) throws IOException, InterruptedException {
    Path pipe = folder.resolve(name);
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    return pipe;
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void secretInAPipeThatNobodyWritesToEndsTheStart() throws Exception {
    Path pipe = pipe("key");
    String config = llama("'authTokens': ['${file:" + pipe + "}'], ");
    try (JarProcess router = serve(config)) {
      assertEnds(router, 1);
      assertTrue(said(router).contains("authTokens[0]"), router::toString);
      assertTrue(said(router).contains(pipe + "\" can't be read, it is a pipe"), router::toString);
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void configInAPipeThatNobodyWritesToEndsTheStart() throws Exception {
    Path pipe = pipe("config");
    try (JarProcess router = run("--config", pipe.toString());
        JarProcess check = run("--check", "--config", pipe.toString())) {
      for (JarProcess each : List.of(router, check)) {
        assertEnds(each, 1);
        assertTrue(said(each).contains(pipe + "\" can't be read, it is a pipe"), each::toString);
      }
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void certificateInAPipeEndsTheStart() throws Exception {
    Path pipe = pipe("cert");
    String files = "{'cert': '" + pipe + "', 'key': '" + pipe + "'}";
    String front = llama("'listen': '127.0.0.1:0', 'tls': " + files + ", ");
    try (JarProcess router = serve(front)) {
      assertEnds(router, 2);
      assertTrue(said(router).contains("tls: " + pipe + ": it is a pipe"), router::toString);
    }
    String back =
        "{'models': {'m': {'url': 'https://127.0.0.1:1', 'tls': {'ca': '" + pipe + "'}}}}";
    try (JarProcess router = serve(back)) {
      assertEnds(router, 2);
      assertTrue(said(router).contains("models.m.tls: " + pipe), router::toString);
    }
    String system = "{'models': {'m': {'url': 'https://127.0.0.1:1'}}}";
    Path config = file(system);
    try (JarProcess router =
        command("--config", config.toString()).env("SSL_CERT_FILE", pipe.toString()).start()) {
      assertEnds(router, 2);
      assertTrue(said(router).contains(pipe + ": it is a pipe"), router::toString);
    }
  }

  /// As with `<(...)` of a shell: what a pipe has given is used by reloads, too.
  @Test
  @EnabledOnOs(OS.LINUX)
  void configAndSecretsMayComeFromPipes() throws Exception {
    Path pipe = pipe("key");
    Path config = file(llama("'listen': '127.0.0.1:0', 'authTokens': ['${file:" + pipe + "}'], "));
    Process writer = new ProcessBuilder("sh", "-c", "printf tk-1 >\"$0\"", pipe.toString()).start();
    String json = Files.readString(config);
    String shell = "exec \"$@\" --config /dev/stdin <<'END'\n" + json + "\nEND\n";
    try (JarProcess router = command().shell(shell).start()) {
      int port = port(router);
      backend.always(answerJson(200, "{}"));
      Request chat = Request.post(CHAT, "{\"model\":\"llama\"}");
      assertEquals(200, RawCaller.ask(port, chat.withToken("tk-1")).status());
      assertEquals(401, RawCaller.ask(port, chat.withToken("tk-2")).status());
    } finally {
      writer.destroyForcibly();
    }
    Process again = new ProcessBuilder("sh", "-c", "printf tk-1 >\"$0\"", pipe.toString()).start();
    try (JarProcess router = run("--config", config.toString())) {
      int port = port(router);
      router.signal("HUP");
      router.awaitLine("the config was read anew: nothing has changed");
      Request chat = Request.post(CHAT, "{\"model\":\"llama\"}");
      assertEquals(200, RawCaller.ask(port, chat.withToken("tk-1")).status());
      assertStops(router);
    } finally {
      again.destroyForcibly();
    }
  }
}
