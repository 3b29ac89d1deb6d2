package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.tunnelTo;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.Optional;
import llmhop.kit.Answer;
import llmhop.kit.Certificates;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Steps;
import org.junit.jupiter.api.Test;

/// Backends behind TLS and behind a proxy.
class SecureBackendTest {
  private static final Request CHAT = Request.post("/v1/chat/completions", "{\"model\":\"llama\"}");
  private static final Certificates PEM = Certificates.get();
  private static final String TRUSTED = "'ca': '" + PEM.ca() + "'";

  private static void assertUnreachable(RouterUnderTest router) {
    Answer answer = router.ask(CHAT);
    assertEquals(502, answer.status(), answer::toString);
    assertEquals(Optional.of("backend_unreachable"), answer.jsonString("code"));
  }

  @Test
  void aTrustedBackendIsReachedAndItsConnectionKept() throws IOException {
    try (var backend = ScriptedBackend.onTls(PEM.server());
        var router = RouterUnderTest.to(backend, "'tls': {" + TRUSTED + "}")) {
      backend.always(answerJson(200, "{}"));
      for (int i = 0; i < 5; i++) {
        assertEquals(200, router.ask(CHAT).status());
      }
      assertEquals(1, backend.connections(), "session tickets are no reason to drop it");
      assertEquals(Optional.of("localhost"), backend.connection(1).serverName());
    }
  }

  @Test
  void largeBodiesPassBothWays() throws IOException {
    byte[] body = new byte[3_000_000];
    new java.util.Random(4).nextBytes(body);
    body[0] = 'x';
    try (var backend = ScriptedBackend.onTls(PEM.server());
        var router = RouterUnderTest.to(backend, "'tls': {" + TRUSTED + "}")) {
      backend.always(Steps.echoBody());
      for (int i = 0; i < 3; i++) {
        Answer answer = router.ask(Request.post("/route/llama/x", body, "a/b"));
        assertArrayEquals(body, answer.body());
      }
    }
  }

  @Test
  void aStrangerAndAnotherNameAreRefused() throws IOException {
    try (var stranger = ScriptedBackend.onTls(PEM.stranger());
        var elsewhere = ScriptedBackend.onTls(PEM.serverElsewhere());
        var byStranger = RouterUnderTest.to(stranger, "'tls': {" + TRUSTED + "}");
        var byDefaultTrust = RouterUnderTest.to(elsewhere);
        var byName = RouterUnderTest.to(elsewhere, "'tls': {" + TRUSTED + "}");
        var byServerName =
            RouterUnderTest.to(
                elsewhere, "'tls': {" + TRUSTED + ", 'serverName': 'elsewhere.example'}")) {
      elsewhere.always(answerJson(200, "{}"));
      assertUnreachable(byStranger);
      assertUnreachable(byDefaultTrust);
      assertUnreachable(byName);
      assertEquals(200, byServerName.ask(CHAT).status());
      assertEquals(1, elsewhere.executions());
      stranger.forgetProblems();
      elsewhere.forgetProblems();
    }
  }

  @Test
  void aBackendThatAsksForACertificateGetsOurs() throws IOException {
    String ours = ", 'cert': '%s', 'key': '%s'".formatted(PEM.clientCertificate(), PEM.clientKey());
    try (var backend = ScriptedBackend.onMutualTls(PEM.server());
        var router = RouterUnderTest.to(backend, "'tls': {" + TRUSTED + ours + "}")) {
      backend.always(answerJson(200, "{}"));
      assertEquals(200, router.ask(CHAT).status());
    }
  }

  @Test
  void aPortThatSpeaksNoTlsIsUnreachable() throws IOException {
    try (var plain = ScriptedBackend.onTcp();
        var router =
            RouterUnderTest.of(
                "{'models': {'llama': {'url': 'https://localhost:" + plain.port() + "'}}}")) {
      assertUnreachable(router);
      plain.forgetProblems();
    }
  }

  @Test
  void aProxyIsAskedForATunnelWithItsCredentialsOnly() throws IOException {
    try (var backend = ScriptedBackend.onTls(PEM.server());
        var proxy = ScriptedBackend.onTcp();
        var router =
            RouterUnderTest.to(
                backend,
                "'tls': {"
                    + TRUSTED
                    + "}, 'headers': {'Authorization': 'Bearer k'}, 'proxy':"
                    + " 'http://user:pass%40word@127.0.0.1:"
                    + proxy.port()
                    + "'")) {
      backend.always(answerJson(200, "{}"));
      proxy.nextBeforeBody(tunnelTo(backend.port()));
      assertEquals(200, router.ask(CHAT).status());
      assertEquals(200, router.ask(CHAT).status());
      assertEquals(1, proxy.requests().size());
      assertEquals("CONNECT", proxy.requests().getFirst().method());
      assertEquals("localhost:" + backend.port(), proxy.requests().getFirst().target());
      assertEquals(
          Optional.of("Basic dXNlcjpwYXNzQHdvcmQ="),
          proxy.requests().getFirst().field("Proxy-Authorization"));
      assertEquals(Optional.empty(), proxy.requests().getFirst().field("Authorization"));
      assertEquals(Optional.empty(), backend.request(1).field("Proxy-Authorization"));
    }
  }

  @Test
  void aProxyThatRefusesMakesTheBackendUnreachable() throws IOException {
    try (var proxy = ScriptedBackend.onTcp();
        var router =
            RouterUnderTest.of(
                "{'models': {'llama': {'url': 'https://backend.invalid', 'proxy':"
                    + " 'http://127.0.0.1:"
                    + proxy.port()
                    + "'}}}")) {
      proxy.always(Steps.answer(407, "Proxy-Authenticate: Basic"));
      assertUnreachable(router);
    }
  }
}
