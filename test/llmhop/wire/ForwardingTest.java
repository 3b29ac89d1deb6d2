package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Seen;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The head of a request as the backend gets it.
class ForwardingTest {
  private static final Request CHAT = Request.post("/v1/chat/completions", "{\"model\":\"llama\"}");

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

  private Seen seen(RouterUnderTest router, Request request) {
    assertEquals(200, router.ask(request).status());
    return backend.request(backend.executions());
  }

  @Test
  void endToEndFieldsPassAndHopByHopOnesDoNot() {
    try (var router = RouterUnderTest.to(backend)) {
      Seen seen =
          seen(
              router,
              CHAT.with(
                  "X-Custom: a",
                  "X-Custom: b",
                  "Accept: text/event-stream",
                  "Accept-Encoding: gzip",
                  "Cookie: c=1",
                  "traceparent: 00-ab-cd-01",
                  "OpenAI-Organization: o",
                  "Connection: X-Private, keep-alive",
                  "X-Private: 1",
                  "Keep-Alive: timeout=5",
                  "TE: trailers",
                  "Trailer: T",
                  "Upgrade: h2c",
                  "HTTP2-Settings: AAA",
                  "Proxy-Authorization: Basic eA==",
                  "Proxy-Connection: x"));
      assertEquals(List.of("a", "b"), seen.fields("X-Custom"));
      for (String kept :
          List.of("Accept", "Accept-Encoding", "Cookie", "traceparent", "OpenAI-Organization")) {
        assertTrue(seen.field(kept).isPresent(), kept);
      }
      for (String dropped :
          List.of(
              "X-Private",
              "Keep-Alive",
              "TE",
              "Trailer",
              "Upgrade",
              "HTTP2-Settings",
              "Proxy-Authorization",
              "Proxy-Connection",
              "Expect",
              "Transfer-Encoding")) {
        assertEquals(Optional.empty(), seen.field(dropped), dropped);
      }
      assertEquals(Optional.of("127.0.0.1:" + backend.port()), seen.field("Host"));
    }
  }

  @Test
  void whatDescribesTheBodyCannotBeTalkedAway() {
    try (var router = RouterUnderTest.to(backend)) {
      Seen seen = seen(router, CHAT.with("Connection: Content-Type, Content-Length"));
      assertEquals(Optional.of("application/json"), seen.field("Content-Type"));
      assertEquals(Optional.of("17"), seen.field("Content-Length"));
    }
  }

  @Test
  void forwardedFieldsAreSetAnewForStrangersAndContinuedForTrustedProxies() {
    Request request =
        CHAT.with(
            "X-Forwarded-For: 1.2.3.4",
            "X-Forwarded-Proto: https",
            "X-Forwarded-Host: evil",
            "Forwarded: for=1.2.3.4",
            "X-Real-IP: 1.2.3.4",
            "X-Forwarded-User: root",
            "X_Forwarded_For: 1.2.3.4");
    try (var router = RouterUnderTest.to(backend)) {
      Seen seen = seen(router, request);
      assertEquals(Optional.of("127.0.0.1"), seen.field("X-Forwarded-For"));
      assertEquals(Optional.of("http"), seen.field("X-Forwarded-Proto"));
      assertEquals(Optional.of("localhost"), seen.field("X-Forwarded-Host"));
      assertEquals(Optional.empty(), seen.field("Forwarded"));
      for (String name : List.of("X-Real-IP", "X-Forwarded-User", "X_Forwarded_For")) {
        assertEquals(Optional.empty(), seen.field(name), name);
      }
    }
    try (var router =
        RouterUnderTest.of(
            "{'trustedProxies': ['127.0.0.0/8'], 'models': {'llama': {'url': '%s'}}}"
                .formatted(backend.url()))) {
      Seen seen = seen(router, request);
      assertEquals(Optional.of("1.2.3.4, 127.0.0.1"), seen.field("X-Forwarded-For"));
      assertEquals(Optional.of("https"), seen.field("X-Forwarded-Proto"));
      assertEquals(Optional.of("evil"), seen.field("X-Forwarded-Host"));
    }
  }

  @Test
  void fieldsThatNameAnotherPathOrMethodReachNoBackend() {
    List<String> names =
        List.of(
            "X-Forwarded-Prefix",
            "x_forwarded_prefix",
            "SCRIPT_NAME",
            "Script-Name",
            "X-Script-Name",
            "PATH_INFO",
            "X-Original-URL",
            "X-Rewrite-Url",
            "X-HTTP-Method-Override",
            "X_HTTP_METHOD_OVERRIDE",
            "X-HTTP-Method",
            "X-Method-Override");
    Request request = CHAT.with(names.stream().map(name -> name + ": /v1").toArray(String[]::new));
    String trusting = "{'trustedProxies': ['127.0.0.0/8'], 'models': {'llama': {'url': '%s'}}}";
    try (var router = RouterUnderTest.to(backend);
        var behindProxy = RouterUnderTest.of(trusting.formatted(backend.url()))) {
      for (RouterUnderTest each : List.of(router, behindProxy)) {
        Seen seen = seen(each, request);
        for (String name : names) assertEquals(Optional.empty(), seen.field(name), name);
      }
    }
    try (var router = RouterUnderTest.to(backend, "'headers': {'X-Forwarded-Prefix': '/ours'}")) {
      assertEquals(List.of("/ours"), seen(router, request).fields("X-Forwarded-Prefix"));
    }
  }

  @Test
  void underscoreForAHyphenLetsNoFieldThrough() {
    try (var router =
        RouterUnderTest.of(
            "{'authTokens': ['t'], 'models': {'llama': {'url': '%s', 'headers': {'X-Tenant': 'a'}}}}"
                .formatted(backend.url()))) {
      Seen seen =
          seen(
              router,
              CHAT.withToken("t")
                  .with(
                      "x_api_key: t",
                      "Api_Key: t",
                      "X_Tenant: b",
                      "X_Request_Id: c",
                      "my_field: d"));
      for (String name : List.of("x_api_key", "Api_Key", "X_Tenant", "X_Request_Id")) {
        assertEquals(Optional.empty(), seen.field(name), name);
      }
      assertEquals(Optional.of("a"), seen.field("X-Tenant"));
      assertEquals(Optional.of("d"), seen.field("my_field"));
    }
  }

  @Test
  void aCleanRequestIdIsKeptAndEachAttemptGetsASuffixOfItsOwn() {
    try (var router = RouterUnderTest.to(backend)) {
      Request request = CHAT.with("X-Request-Id: my-id.1:2_3");
      assertEquals(Optional.of("my-id.1:2_3"), router.ask(request).field("X-Request-Id"));
      router.ask(request);
      String first = backend.request(1).field("X-Request-Id").orElseThrow();
      String second = backend.request(2).field("X-Request-Id").orElseThrow();
      assertTrue(first.startsWith("my-id.1:2_3-"), first);
      assertTrue(second.startsWith("my-id.1:2_3-"), second);
      assertNotEquals(first, second, "engines break on an id that comes twice");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b", "a\"b", "a;b", "ä", "{id}"})
  void anOddRequestIdIsReplaced(String id) {
    try (var router = RouterUnderTest.to(backend)) {
      String given = router.ask(CHAT.with("X-Request-Id: " + id)).field("X-Request-Id").get();
      assertTrue(given.matches("req-[0-9a-f]{16}"), given);
    }
  }

  @Test
  void aRequestIdAtTheLimitIsKeptAndALongerOneIsNot() {
    try (var router = RouterUnderTest.to(backend)) {
      String at = "i".repeat(128);
      assertEquals(
          Optional.of(at), router.ask(CHAT.with("X-Request-Id: " + at)).field("X-Request-Id"));
      String over = "i".repeat(129);
      assertNotEquals(
          Optional.of(over), router.ask(CHAT.with("X-Request-Id: " + over)).field("X-Request-Id"));
    }
  }

  @Test
  void withTokensTheCallersCredentialStaysHere() {
    try (var router =
        RouterUnderTest.of(
            "{'authTokens': ['key-1'], 'models': {'llama': {'url': '%s'}}}"
                .formatted(backend.url()))) {
      for (Request request :
          List.of(
              CHAT.withToken("key-1"),
              CHAT.with("x-api-key: key-1"),
              CHAT.with("api-key: key-1", "Authorization: bearer key-1"))) {
        Seen seen = seen(router, request);
        assertFalse(seen.toString().contains("key-1"), seen::toString);
        for (String name : List.of("Authorization", "x-api-key", "api-key")) {
          assertEquals(Optional.empty(), seen.field(name), name);
        }
      }
    }
  }

  @Test
  void withoutTokensTheCallersCredentialPasses() {
    try (var router = RouterUnderTest.to(backend)) {
      Seen seen = seen(router, CHAT.withToken("theirs").with("x-api-key: theirs-too"));
      assertEquals(Optional.of("Bearer theirs"), seen.field("Authorization"));
      assertEquals(Optional.of("theirs-too"), seen.field("x-api-key"));
    }
  }

  @Test
  void theModelsHeadersWinOverTheCallers() {
    try (var router =
        RouterUnderTest.to(
            backend,
            "'headers': {'Authorization': 'Bearer backend-key', 'Host': 'api.example',"
                + " 'X-Custom': 'ours'}")) {
      Seen seen = seen(router, CHAT.withToken("theirs").with("x-custom: a", "X-Custom: b"));
      assertEquals(List.of("Bearer backend-key"), seen.fields("Authorization"));
      assertEquals(List.of("api.example"), seen.fields("Host"));
      assertEquals(List.of("ours"), seen.fields("X-Custom"));
    }
  }

  @Test
  void aHostedBackendLearnsNothingAboutTheCallers() {
    try (var router =
        RouterUnderTest.to(backend, "'hosted': true, 'headers': {'Authorization': 'Bearer k'}")) {
      Seen seen =
          seen(
              router,
              CHAT.withToken("theirs")
                  .with(
                      "Cookie: c=1",
                      "x-api-key: theirs",
                      "api-key: theirs",
                      "X-Forwarded-For: 1.2.3.4",
                      "X-Forwarded-User: u",
                      "X-Forwarded-Access-Token: t",
                      "X-Auth-Request-Email: a@b",
                      "CF-Connecting-IP: 1.2.3.4",
                      "True-Client-IP: 1.2.3.4",
                      "Referer: http://intranet/",
                      "X-OpenWebUI-User-Email: a@b",
                      "X-Custom: kept"));
      for (String name :
          List.of(
              "Cookie",
              "x-api-key",
              "api-key",
              "X-Forwarded-For",
              "X-Forwarded-Host",
              "X-Forwarded-Proto",
              "X-Forwarded-User",
              "X-Forwarded-Access-Token",
              "X-Auth-Request-Email",
              "CF-Connecting-IP",
              "True-Client-IP",
              "Referer",
              "X-OpenWebUI-User-Email")) {
        assertEquals(Optional.empty(), seen.field(name), name);
      }
      assertEquals(Optional.of("Bearer k"), seen.field("Authorization"));
      assertEquals(Optional.of("kept"), seen.field("X-Custom"));
    }
  }

  @Test
  void severalBackendsTakeTurnsAndADeadOneIsSteppedOver() throws IOException {
    try (var second = ScriptedBackend.onTcp();
        var router =
            RouterUnderTest.of(
                """
                {'models': {'llama': {'urls': ['%s', {'url': '%s', 'weight': 2},
                    'http://127.0.0.1:%d']}}}
                """
                    .formatted(backend.url(), second.url(), ScriptedBackend.unusedPort()))) {
      second.always(answerJson(200, "{}"));
      for (int i = 0; i < 8; i++) {
        assertEquals(200, router.ask(CHAT).status());
      }
      assertEquals(8, backend.executions() + second.executions());
      assertTrue(backend.executions() >= 2 && second.executions() >= 4);
    }
  }

  @Test
  void aUnixSocketIsABackendToo() throws IOException {
    var folder = java.nio.file.Files.createTempDirectory("llmhop");
    try (var unix = ScriptedBackend.onUnix(folder.resolve("s"));
        var router = RouterUnderTest.to(unix)) {
      unix.always(answerJson(200, "{\"u\":1}"));
      assertEquals("{\"u\":1}", router.ask(CHAT).text());
      assertEquals("{\"u\":1}", router.ask(CHAT).text());
      assertEquals(1, unix.connections());
    }
    java.nio.file.Files.deleteIfExists(folder);
  }
}
