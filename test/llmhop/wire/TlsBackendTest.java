package llmhop.wire;

import static llmhop.kit.Steps.all;
import static llmhop.kit.Steps.answer;
import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.close;
import static llmhop.kit.Steps.drop;
import static llmhop.kit.Steps.echoBody;
import static llmhop.kit.Steps.holdUntilHangUp;
import static llmhop.kit.Steps.raw;
import static llmhop.kit.Steps.tunnelTo;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import llmhop.kit.Answer;
import llmhop.kit.Certificates;
import llmhop.kit.JarProcess;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Seen;
import llmhop.kit.Step;
import llmhop.kit.Waiting;
import llmhop.schedule.FairWorkers;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Backends behind TLS and behind proxies: whom the router trusts, who it says it is, and what it
/// does when they can't agree.
class TlsBackendTest {
  private static final Request CHAT = Request.post("/v1/chat/completions", "{\"model\":\"llama\"}");
  private static final Step FINE = answerJson(200, "{\"from\":\"tls\"}");

  private static Certificates certificates;

  @BeforeAll
  static void make() {
    certificates = Certificates.get();
  }

  private static String ca() {
    return "'tls': {'ca': '" + certificates.ca() + "'}";
  }

  private static RouterUnderTest at(String url, String members) {
    return RouterUnderTest.of("{'models': {'llama': {'url': '" + url + "', " + members + "}}}");
  }

  private static void assertFine(Answer answer) {
    assertEquals(200, answer.status(), answer::toString);
    assertEquals("{\"from\":\"tls\"}", answer.text());
  }

  private static void assertUnreachable(Answer answer) {
    assertEquals(502, answer.status(), answer::toString);
    assertEquals(Optional.of("backend_unreachable"), answer.jsonString("code"));
    assertEquals(Optional.of("true"), answer.field("x-should-retry"), "nothing was sent");
    assertFalse(answer.text().contains("localhost"), "addresses are nobody's business");
  }

  // ---- trust

  @Test
  void aBackendWhoseAuthorityIsKnownIsSpokenToOverOneConnection() throws IOException {
    try (var backend = ScriptedBackend.onTls(certificates.server());
        var router = RouterUnderTest.to(backend, ca())) {
      backend.always(FINE);
      for (int i = 0; i < 3; i++) {
        assertFine(router.ask(CHAT));
      }
      assertEquals(1, backend.connections());
      assertEquals(Optional.of("localhost"), backend.connection(1).serverName());
      assertEquals(Optional.of("localhost:" + backend.port()), backend.request(1).field("Host"));
      assertArrayEquals(CHAT.body(), backend.request(3).body());
    }
  }

  @Test
  void largeBodiesPassBothWaysByteForByte() throws IOException {
    byte[] body = new byte[1 << 20];
    new Random(11).nextBytes(body);
    Request request = Request.post("/route/llama/x", body, "application/octet-stream");
    try (var backend = ScriptedBackend.onTls(certificates.server());
        var router = RouterUnderTest.to(backend, ca())) {
      backend.always(echoBody());
      for (Request each : List.of(request, request.chunked(30_000))) {
        Answer answer = router.ask(each);
        assertEquals(200, answer.status(), () -> answer.head().toString());
        assertArrayEquals(body, answer.body());
      }
      assertEquals(1, backend.connections());
    }
  }

  @Test
  void anAuthorityThatNobodyKnowsIsRefused() throws IOException {
    try (var known = ScriptedBackend.onTls(certificates.server());
        var stranger = ScriptedBackend.onTls(certificates.stranger());
        var ofTheSystem = RouterUnderTest.to(known, "'unlisted': false");
        var ofTheFile = RouterUnderTest.to(stranger, ca())) {
      assertUnreachable(ofTheSystem.ask(CHAT));
      assertUnreachable(ofTheFile.ask(CHAT));
      assertEquals(0, known.requests().size() + stranger.requests().size());
    }
  }

  @Test
  void aCertificateForAnotherNameIsRefusedUnlessServerNameSaysSo() throws IOException {
    try (var backend = ScriptedBackend.onTls(certificates.serverElsewhere());
        var router = RouterUnderTest.to(backend, ca());
        var told =
            RouterUnderTest.to(
                backend,
                "'tls': {'ca': '%s', 'serverName': 'elsewhere.example'}"
                    .formatted(certificates.ca()))) {
      backend.always(FINE);
      assertUnreachable(router.ask(CHAT));
      assertEquals(0, backend.requests().size());
      assertFine(told.ask(CHAT));
      int last = backend.connections();
      assertEquals(Optional.of("elsewhere.example"), backend.connection(last).serverName());
    }
  }

  @Test
  void aServerNameThatTheCertificateDoesNotHaveIsRefused() throws IOException {
    try (var backend = ScriptedBackend.onTls(certificates.server());
        var router =
            RouterUnderTest.to(
                backend,
                "'tls': {'ca': '%s', 'serverName': 'elsewhere.example'}"
                    .formatted(certificates.ca()))) {
      assertUnreachable(router.ask(CHAT));
      assertEquals(0, backend.requests().size());
    }
  }

  @Test
  void anAddressIsVerifiedButNotSentAsAName() throws IOException {
    try (var backend = ScriptedBackend.onTls(certificates.server());
        var router = at("https://127.0.0.1:" + backend.port(), ca())) {
      backend.always(FINE);
      assertFine(router.ask(CHAT));
      assertEquals(Optional.empty(), backend.connection(1).serverName());
    }
  }

  @Test
  void aBackendThatWantsACertificateGetsOursAndRefusesWhoHasNone() throws IOException {
    try (var backend = ScriptedBackend.onMutualTls(certificates.server());
        var known =
            RouterUnderTest.to(
                backend,
                "'tls': {'ca': '%s', 'cert': '%s', 'key': '%s'}"
                    .formatted(
                        certificates.ca(),
                        certificates.clientCertificate(),
                        certificates.clientKey()));
        var unknown = RouterUnderTest.to(backend, ca())) {
      backend.always(FINE);
      assertFine(known.ask(CHAT));
      assertEquals(Optional.of("CN=llmhop test client"), backend.connection(1).peerName());
      // With TLS 1.3 the refusal comes after the request was written, so either code is true.
      assertEquals(502, unknown.ask(CHAT).status());
      assertEquals(1, backend.requests().size());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'ca': '%s/no-such-file'",
        "'ca': '%s/empty'",
        "'ca': '%s/rubbish'",
        "'ca': '%s'",
        "'cert': '%s/rubbish', 'key': '%s/rubbish'"
      })
  void aFileThatIsNoCertificateStopsTheStartAndIsNamed(String tls, @TempDir Path folder)
      throws IOException {
    Files.createFile(folder.resolve("empty"));
    Files.writeString(
        folder.resolve("rubbish"),
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
            + "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    String members = "'tls': {" + tls.replace("%s", folder.toString()) + "}";
    IOException refused =
        assertThrows(UncheckedIOException.class, () -> at("https://localhost:1", members))
            .getCause();
    String named = folder + tls.replaceAll(".*%s([^']*)'$", "$1");
    assertTrue(refused.getMessage().contains(named), refused.getMessage());
  }

  // ---- misunderstandings

  @Test
  void plainHttpToATlsPortIsABadReply() throws IOException {
    try (var backend = ScriptedBackend.onTls(certificates.server());
        var router = at("http://localhost:" + backend.port(), "'unlisted': false")) {
      Answer answer = router.ask(CHAT);
      assertEquals(502, answer.status(), answer::toString);
      assertEquals(Optional.of("backend_bad_reply"), answer.jsonString("code"));
      assertEquals(0, backend.requests().size());
    }
  }

  @Test
  void tlsToAPlainPortIsUnreachableInTime() throws IOException {
    try (var backend = ScriptedBackend.onTcp();
        var router =
            at(
                "https://localhost:" + backend.port(),
                ca() + ", 'timeouts': {'connect': '300ms'}")) {
      assertUnreachable(router.ask(CHAT));
      backend.awaitClosed(1);
      assertEquals(0, backend.requests().size());
      assertEquals(0, router.gauge("backendConnections"));
      backend.forgetProblems();
    }
  }

  @Test
  void anAnswerWithoutALengthIsWholeOnlyWithTlssFarewell() throws IOException {
    Step untilTheEnd = raw("HTTP/1.1 200 OK\r\n\r\nabc");
    try (var backend = ScriptedBackend.onTls(certificates.server());
        var router = RouterUnderTest.to(backend, ca())) {
      backend.next(untilTheEnd, close());
      Answer whole = router.ask(CHAT);
      assertEquals("abc", whole.text());
      assertTrue(whole.clean());
      backend.next(untilTheEnd, drop());
      Answer cut = router.ask(CHAT);
      assertEquals("abc", cut.text());
      assertFalse(cut.clean(), "anyone on the line could have cut it here");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aBackendThatClosesAfterItsAnswersLosesNoRequest(boolean farewell) throws IOException {
    int times = 20;
    try (var backend = ScriptedBackend.onTls(certificates.server());
        var router = RouterUnderTest.to(backend, ca());
        RawCaller caller = router.caller()) {
      backend.always(FINE, farewell ? close() : drop());
      for (int i = 0; i < times; i++) {
        assertFine(caller.ask(CHAT));
      }
      assertEquals(times, backend.executions());
    }
  }

  @Test
  void aCallerThatLeavesEndsTheTlsConnection() throws IOException {
    try (var backend = ScriptedBackend.onTls(certificates.server());
        var router = RouterUnderTest.to(backend, ca() + ", 'timeouts': {'firstByte': '80ms'}")) {
      backend.next(holdUntilHangUp());
      assertEquals(504, router.ask(CHAT).status());
      backend.awaitHangUp(1);
      assertEquals(0, router.gauge("backendConnections"));
    }
  }

  // ---- through a proxy

  private static String throughProxy(ScriptedBackend proxy, String credentials) {
    return "'proxy': 'http://" + credentials + "127.0.0.1:" + proxy.port() + "'";
  }

  @Test
  void aTunnelIsAskedForWithItsCredentialsAndKept() throws IOException {
    try (var backend = ScriptedBackend.onTls(certificates.server());
        var proxy = ScriptedBackend.onTcp();
        var router =
            RouterUnderTest.to(backend, ca() + ", " + throughProxy(proxy, "me:p%40ss%3A@"))) {
      backend.always(FINE);
      proxy.always(tunnelTo(backend.port()));
      assertFine(router.ask(CHAT));
      assertFine(router.ask(CHAT));
      assertEquals(1, proxy.requests().size(), "one tunnel for both");
      Seen connect = proxy.request(1);
      String target = "localhost:" + backend.port();
      assertEquals("CONNECT", connect.method());
      assertEquals(target, connect.target());
      assertEquals(Optional.of(target), connect.field("Host"));
      String expected =
          "Basic "
              + Base64.getEncoder().encodeToString("me:p@ss:".getBytes(StandardCharsets.UTF_8));
      assertEquals(Optional.of(expected), connect.field("Proxy-Authorization"));
      assertEquals(2, connect.fields().size(), "the proxy learns nothing else: " + connect);
      assertEquals(Optional.empty(), backend.request(1).field("Proxy-Authorization"));
      assertEquals(Optional.of("localhost"), backend.connection(1).serverName());
    }
  }

  @Test
  void withoutCredentialsNoneAreSentAndAPlainBackendIsTunnelledToo() throws IOException {
    try (var backend = ScriptedBackend.onTcp();
        var proxy = ScriptedBackend.onTcp();
        var router = RouterUnderTest.to(backend, throughProxy(proxy, ""))) {
      backend.always(FINE);
      proxy.always(tunnelTo(backend.port()));
      assertFine(router.ask(CHAT));
      assertEquals("127.0.0.1:" + backend.port(), proxy.request(1).target());
      assertEquals(Optional.empty(), proxy.request(1).field("Proxy-Authorization"));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {407, 403, 502, 301})
  void aRefusedTunnelIsUnreachable(int status) throws IOException {
    try (var backend = ScriptedBackend.onTls(certificates.server());
        var proxy = ScriptedBackend.onTcp();
        var router =
            RouterUnderTest.of(
                "{'log': 'json', 'models': {'llama': {'url': '%s', %s, %s}}}"
                    .formatted(backend.url(), ca(), throughProxy(proxy, "me:hunter2@")))) {
      proxy.next(answer(status, "no".getBytes(StandardCharsets.UTF_8), "Connection: close"));
      Answer refused = router.ask(CHAT);
      assertUnreachable(refused);
      assertEquals(0, backend.connections());
      Waiting.await("the log line", () -> router.out().endsWith("\n"), router::out);
      assertTrue(router.out().contains("status " + status), router::out);
      for (String secret : List.of("hunter2", "bWU6aHVudGVyMg")) {
        assertFalse((router.out() + refused).contains(secret), secret);
      }
    }
  }

  @Test
  void bytesBehindTheProxysYesAreNotTakenForTheBackends() throws IOException {
    try (var proxy = ScriptedBackend.onTcp();
        var router = at("http://llama.invalid:80", throughProxy(proxy, ""))) {
      String forged = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged";
      proxy.next(all(raw("HTTP/1.1 200 OK\r\n\r\n" + forged), holdUntilHangUp()));
      assertUnreachable(router.ask(CHAT));
    }
  }

  @Test
  void aProxyThatIsDownOrSilentIsUnreachable() throws IOException {
    try (var silent = ScriptedBackend.onTcp();
        var router =
            at(
                "https://llama.invalid",
                throughProxy(silent, "") + ", 'timeouts': {'connect': '200ms'}");
        var down =
            at(
                "https://llama.invalid",
                "'proxy': 'http://127.0.0.1:" + ScriptedBackend.unusedPort() + "'")) {
      silent.next(holdUntilHangUp());
      assertUnreachable(router.ask(CHAT));
      silent.awaitHangUp(1);
      assertUnreachable(down.ask(CHAT));
    }
  }

  @Test
  void theEnvironmentsProxyTakesHttpsBackendsButForThoseThatNoProxyNames(@TempDir Path folder)
      throws IOException {
    try (var backend = ScriptedBackend.onTls(certificates.server());
        var plain = ScriptedBackend.onTcp();
        var proxy = ScriptedBackend.onTcp()) {
      Path config = folder.resolve("config.json");
      Files.writeString(
          config,
          """
          {'listen': '127.0.0.1:0', 'models': {
             'far': {'url': '%1$s', 'tls': {'ca': '%2$s'}},
             'near': {'url': 'https://127.0.0.1:%3$d', 'tls': {'ca': '%2$s'}},
             'plain': {'url': 'http://localhost:%4$d'}}}
          """
              .formatted(backend.url(), certificates.ca(), backend.port(), plain.port())
              .replace('\'', '"'));
      backend.always(FINE);
      plain.always(FINE);
      proxy.always(tunnelTo(backend.port()));
      JarProcess.Command command =
          JarProcess.command("--config", config.toString())
              .jvm("-XX:TieredStopAtLevel=1")
              .env("https_proxy", "")
              .env("no_proxy", "")
              .env("HTTPS_PROXY", "http://me:key@127.0.0.1:" + proxy.port())
              .env("NO_PROXY", "example.org, 127.0.0.0/8");
      try (JarProcess router = command.start()) {
        int port = Integer.parseInt(router.awaitLine("listens on 127\\.0\\.0\\.1:(\\d+)").group(1));
        String body = "{\"model\":\"%s\"}";
        assertFine(RawCaller.ask(port, Request.post("/v1/x", body.formatted("near"))));
        assertFine(RawCaller.ask(port, Request.post("/v1/x", body.formatted("plain"))));
        assertEquals(0, proxy.connections());
        assertFine(RawCaller.ask(port, Request.post("/v1/x", body.formatted("far"))));
        assertEquals("localhost:" + backend.port(), proxy.request(1).target());
        assertEquals(Optional.of("Basic bWU6a2V5"), proxy.request(1).field("Proxy-Authorization"));
      }
    }
  }

  /// Handshakes of 4,096 addresses fill the callers' lane; one worker needs seconds for them.
  @Test
  void handshakeWithABackendDoesNotWaitForThoseOfCallers() throws IOException {
    try (var backend = ScriptedBackend.onTls(certificates.server());
        var router = RouterUnderTest.to(backend, ca())) {
      backend.next(FINE);
      List<FairWorkers.Task> flood = new ArrayList<>();
      for (int i = 0; i < 4096; i++) {
        FairWorkers.SHARED
            .submit("address " + i, TlsBackendTest::twoMilliseconds)
            .ifPresent(flood::add);
      }
      assertTrue(flood.size() > 3_000, () -> flood.size() + " in the queue");
      long begin = System.nanoTime();
      assertFine(router.ask(CHAT));
      long millis = (System.nanoTime() - begin) / 1_000_000;
      assertTrue(FairWorkers.SHARED.waiting() > 0, "the flood has ended too early");
      flood.forEach(FairWorkers.Task::cancel);
      assertTrue(millis < 1_000, millis + " ms");
    }
  }

  private static void twoMilliseconds() {
    long end = System.nanoTime() + 2_000_000;
    while (System.nanoTime() < end) {
      Thread.onSpinWait();
    }
  }
}
