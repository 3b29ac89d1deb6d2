package llmhop.tool;

import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.drop;
import static llmhop.kit.Steps.holdUntilHangUp;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llmhop.kit.Certificates;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Seen;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `llmhop health` asks where the config says that the router listens. A scripted backend stands in
/// for the router, so that both sides are seen.
@Timeout(60)
class HealthTest {
  private static final String OK = "{\"status\":\"ok\",\"models\":1}";

  @TempDir Path folder;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void aRouterThatIsWellIsAskedOnceAndQuoted() throws IOException {
    try (ScriptedBackend router = ScriptedBackend.onTcp()) {
      router.next(answerJson(200, OK));
      assertEquals(0, health("'listen': '127.0.0.1:" + router.port() + "'"));
      assertEquals(OK + "\n", said(out));
      assertEquals("", said(err));
      Seen asked = router.request(1);
      assertEquals("GET /health", asked.method() + " " + asked.target());
      assertEquals(Optional.of("localhost"), asked.field("Host"));
    }
  }

  @ParameterizedTest
  @CsvSource({"':%d'", "'0.0.0.0:%d'", "'localhost:%d'"})
  void whoListensOnEveryInterfaceIsFoundOnThisMachine(String listen) throws IOException {
    try (ScriptedBackend router = ScriptedBackend.onTcp()) {
      router.next(answerJson(200, OK));
      assertEquals(0, health("'listen': '" + listen.formatted(router.port()) + "'"));
      assertEquals(1, router.executions());
    }
  }

  @Test
  void aUnixSocketIsAskedRatherThanAPort() throws IOException {
    Path socket = folder.resolve("http.sock");
    try (ScriptedBackend router = ScriptedBackend.onUnix(socket)) {
      router.next(answerJson(200, OK));
      assertEquals(0, health("'listen': ['127.0.0.1:1', 'unix://" + socket + "']"));
      assertEquals(1, router.executions());
    }
  }

  @Test
  void whatTheCommandLineSaysOfTheAddressWins() throws IOException {
    try (ScriptedBackend router = ScriptedBackend.onTcp()) {
      router.next(answerJson(200, OK));
      String there = "127.0.0.1:" + router.port();
      assertEquals(0, health("'listen': '127.0.0.1:0'", "--listen", there));
    }
  }

  @Test
  void readinessIsAnotherPathAndSaysNoWhileTheRouterLeaves() throws IOException {
    try (ScriptedBackend router = ScriptedBackend.onTcp()) {
      router.next(answerJson(503, "{\"status\":\"draining\"}"));
      assertEquals(1, health("'listen': '127.0.0.1:" + router.port() + "'", "--ready"));
      assertEquals("/ready", router.request(1).target());
      String told =
          "llmhop health: 127.0.0.1:" + router.port() + " says 503: {\"status\":\"draining\"}\n";
      assertEquals(told, said(err));
      assertEquals("", said(out));
    }
  }

  @Test
  void aRouterThatHasAllTheConnectionsItMayHaveIsWellButNotReady() throws IOException {
    try (ScriptedBackend router = ScriptedBackend.onTcp()) {
      String listen = "'listen': '127.0.0.1:" + router.port() + "'";
      router.always(answerJson(503, "{}", "X-LLMhop-Error: too_many_connections"));
      assertEquals(0, health(listen));
      assertEquals(1, health(listen, "--ready"));
    }
    try (ScriptedBackend router = ScriptedBackend.onTcp()) {
      router.next(answerJson(503, "{}", "X-LLMhop-Error: overloaded"));
      assertEquals(1, health("'listen': '127.0.0.1:" + router.port() + "'"));
    }
  }

  @Test
  void whatIsSaidStaysOneLineOfPlainText() throws IOException {
    try (ScriptedBackend router = ScriptedBackend.onTcp()) {
      router.next(answerJson(200, "one\r\ntwo \u001b[2J" + "x".repeat(5000)));
      assertEquals(0, health("'listen': '127.0.0.1:" + router.port() + "'"));
      assertTrue(said(out).startsWith("one??two ?[2Jxxx"), said(out).substring(0, 20));
      assertEquals(4096 + 1, said(out).length());
    }
  }

  @Test
  void nobodyThereIsToldWithTheAddress() throws IOException {
    int port = ScriptedBackend.unusedPort();
    assertEquals(1, health("'listen': '127.0.0.1:" + port + "'"));
    assertTrue(said(err).startsWith("llmhop health: 127.0.0.1:" + port + ": can't connect"));
  }

  @Test
  void aRouterThatSaysNothingIsNotWaitedForLongerThanTheLimit() throws IOException {
    try (ScriptedBackend router = ScriptedBackend.onTcp()) {
      router.next(holdUntilHangUp());
      List<String> arguments = arguments("'listen': '127.0.0.1:" + router.port() + "'");
      int code = Health.run(arguments, Duration.ofSeconds(1), print(out), print(err));
      assertEquals(1, code);
      assertTrue(said(err).contains("over the limit"), said(err));
      router.awaitHangUp(1);
    }
  }

  @Test
  void overTlsTheOneWithTheConfiguredCertificateIsAsked() throws IOException {
    Certificates certificates = Certificates.get();
    try (ScriptedBackend router = ScriptedBackend.onTls(certificates.server())) {
      router.next(answerJson(200, OK));
      assertEquals(0, health(tls(router, certificates.serverCertificate(), "")));
      assertEquals(OK + "\n", said(out));
    }
  }

  @Test
  void overTlsNobodyElseIsAsked() throws IOException {
    Certificates certificates = Certificates.get();
    try (ScriptedBackend router = ScriptedBackend.onTls(certificates.stranger())) {
      assertEquals(1, health(tls(router, certificates.serverCertificate(), "")));
      assertTrue(said(err).contains("another certificate than"), said(err));
      assertEquals(0, router.executions());
      router.forgetProblems();
    }
  }

  @Test
  void whoAsksForACertificateOfOursIsWellWhenItsOwnIsRight() throws IOException {
    Certificates certificates = Certificates.get();
    try (ScriptedBackend router = ScriptedBackend.onMutualTls(certificates.server())) {
      String clientCa = ", 'clientCa': '" + certificates.ca() + "'";
      String config = tls(router, certificates.serverCertificate(), clientCa);
      assertEquals(0, health(config));
      assertTrue(said(out).contains("asks for one of ours"), said(out));
      assertEquals(1, health(config, "--ready"));
      assertTrue(said(err).contains("listen on a Unix socket, too"), said(err));
      assertEquals(0, router.executions());
      router.forgetProblems();
    }
  }

  @Test
  void whoMayAskForACertificateIsNotWellWhenItHangsOrRefusesOrIsAnotherOrIsGone()
      throws IOException {
    Certificates certificates = Certificates.get();
    String clientCa = ", 'clientCa': '" + certificates.ca() + "'";
    try (ScriptedBackend router = ScriptedBackend.onTls(certificates.server())) {
      router.next(holdUntilHangUp());
      List<String> arguments = arguments(tls(router, certificates.serverCertificate(), clientCa));
      assertEquals(1, Health.run(arguments, Duration.ofSeconds(1), print(out), print(err)));
      router.next(answerJson(503, "{}"));
      assertEquals(1, health(tls(router, certificates.serverCertificate(), clientCa)));
      router.next(drop());
      assertEquals(1, health(tls(router, certificates.serverCertificate(), clientCa)));
    }
    String gone;
    try (ScriptedBackend router = ScriptedBackend.onMutualTls(certificates.stranger())) {
      gone = tls(router, certificates.serverCertificate(), clientCa);
      assertEquals(1, health(gone));
      router.forgetProblems();
    }
    assertEquals(1, health(gone));
    assertEquals("", said(out));
  }

  @Test
  void everyInterfaceOfIpv6IsFoundOnThisMachine() throws IOException {
    try (ScriptedBackend router = ScriptedBackend.onTcp("::1", 0)) {
      router.next(answerJson(200, OK));
      assertEquals(0, health("'listen': '[::]:" + router.port() + "'"));
    }
  }

  @Test
  void aCertificateThatCantBeReadIsNamed() throws IOException {
    Path missing = folder.resolve("none.pem");
    String config =
        "'listen': '127.0.0.1:1', 'tls': {'cert': '" + missing + "', 'key': '" + missing + "'}";
    assertEquals(1, health(config));
    assertTrue(said(err).contains("none.pem"), said(err));
  }

  @Test
  void aPortThatTheSystemChoosesHasToBeSaid() throws IOException {
    assertEquals(1, health("'listen': '127.0.0.1:0'"));
    assertTrue(said(err).contains("say it with --listen"), said(err));
  }

  @Test
  void secretsNeedNotBeThereAndAreNotShown() throws IOException {
    try (ScriptedBackend router = ScriptedBackend.onTcp()) {
      router.next(answerJson(200, OK));
      String token = "'authTokens': ['${file:/nowhere/at/all}'], ";
      assertEquals(0, health(token + "'listen': '127.0.0.1:" + router.port() + "'"));
      assertEquals(Optional.empty(), router.request(1).field("Authorization"));
    }
  }

  @Test
  void aConfigThatIsWrongIsToldLineByLine() throws IOException {
    assertEquals(1, health("'lisen': ':1', 'port': 'x'"));
    assertEquals(2, said(err).lines().filter(line -> line.startsWith("llmhop health: ")).count());
  }

  @Test
  void aPipeInPlaceOfTheConfigIsNotWaitedFor() throws IOException, InterruptedException {
    Path pipe = folder.resolve("pipe");
    Process made = new ProcessBuilder("mkfifo", pipe.toString()).start();
    assertEquals(0, made.waitFor());
    assertEquals(1, Health.run(List.of("--config", pipe.toString()), print(out), print(err)));
    assertTrue(said(err).contains("is a pipe"), said(err));
  }

  @ParameterizedTest
  @CsvSource({
    "--redy, did you mean --ready",
    "--ready=yes, takes no value",
    "--listen=nonsense, not an address to listen on",
    "--config, needs a value",
    "extra, Unknown option"
  })
  void aWrongCommandLineIsExplained(String word, String said) throws IOException {
    assertEquals(1, health("'listen': ':1'", word));
    assertTrue(said(err).contains(said), said(err));
  }

  @Test
  void helpIsHelp() {
    assertEquals(0, Health.run(List.of("--help"), print(out), print(err)));
    assertTrue(said(out).contains("--ready"), said(out));
  }

  private static String tls(ScriptedBackend router, Path certificate, String more) {
    return "'listen': '127.0.0.1:%d', 'tls': {'cert': '%s', 'key': 'unread.pem'%s}"
        .formatted(router.port(), certificate, more);
  }

  private int health(String members, String... more) throws IOException {
    return Health.run(arguments(members, more), print(out), print(err));
  }

  /// The arguments for a config with these members. Single quotes stand for double ones.
  private List<String> arguments(String members, String... more) throws IOException {
    Path config = folder.resolve("config.json");
    String json = "{" + members + ", 'models': {'m': {'url': 'http://127.0.0.1:1'}}}";
    Files.writeString(config, json.replace('\'', '"'));
    List<String> arguments = new ArrayList<>(List.of(more));
    arguments.addAll(0, List.of("--config", config.toString()));
    return arguments;
  }

  private static String said(ByteArrayOutputStream stream) {
    return stream.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
  }

  private static PrintStream print(ByteArrayOutputStream stream) {
    return new PrintStream(stream, true, StandardCharsets.UTF_8);
  }
}
