package llmhop.wire;

import static llmhop.kit.Steps.all;
import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.raw;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Optional;
import llmhop.kit.Answer;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Heads that must not reach a backend, as far as they reach the router.
class HeadsTest {
  private ScriptedBackend backend;
  private RouterUnderTest router;

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
    backend.always(answerJson(200, "{}"));
    router = RouterUnderTest.to(backend);
  }

  @AfterEach
  void end() {
    router.close();
    backend.close();
  }

  private Answer ask(String request) {
    try (RawCaller caller = router.caller()) {
      caller.send(request.translateEscapes());
      return caller.read();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /route/llama/x HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n",
        "GET /route/llama/x HTTP/1.0\\r\\n\\r\\n",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF /route/llama/x HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n",
        "PROPFIND /route/llama/x HTTP/1.1\\r\\nHost: localhost\\r\\nX: \\tb\\t\\r\\n\\r\\n"
      })
  void aCleanHeadPasses(String request) {
    assertEquals(200, ask(request).status());
    assertEquals(1, backend.executions());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CONNECT /route/llama/x HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n",
        "TRACE /route/llama/x HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG /route/llama/x HTTP/1.1\\r"
            + "\\n"
            + "Host: localhost\\r"
            + "\\n"
            + "\\r"
            + "\\n",
        "GET /route/llama/%ff HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n",
        "GET\\t/sleep\\tHTTP/1.1\\n\\nPOST /v1/x HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n",
        "GET /route/llama/x HTTP/1.1\\r\\n\\r\\n",
        "GET /route/llama/x HTTP/1.1\\r\\nHost: localhost\\r\\nHost: b\\r\\n\\r\\n",
        "G\\tT /route/llama/x HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n",
        "G(T /route/llama/x HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n",
        "GET /route/llama/x HTTP/1.1\\r\\nHost: localhost\\r\\nX: a\\1b\\r\\n\\r\\n",
        "GET /route/llama/x HTTP/1.1\\r\\nHost: localhost\\r\\nX: a\\177b\\r\\n\\r\\n",
        "POST /route/llama/x HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: +2\\r\\n\\r\\n{}",
        "POST /route/llama/x HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: 2\\r\\n"
            + "Transfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\n",
        "POST /route/llama/x HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: 2\\r\\n"
            + "Content-Length: 2\\r\\n\\r\\n{}",
        "POST /route/llama/x HTTP/1.0\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\n",
        "POST /route/llama/x HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Type: a/b\\r\\n"
            + "Content-Type: c/d\\r\\nContent-Length: 2\\r\\n\\r\\n{}"
      })
  void anAmbiguousOrForbiddenHeadIsRefusedAndTheConnectionClosed(String request) {
    Answer answer = ask(request);
    assertEquals(400, answer.status(), answer::toString);
    assertEquals(Optional.of("close"), answer.field("Connection").map(String::toLowerCase));
    assertEquals(0, backend.requests().size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"HTTP/2.0", "http/1.1", "HTTP/1.10", "HTTP/01.1"})
  void anotherVersionOfHttpIsRefusedInOurWords(String version) {
    Answer answer = ask("GET /route/llama/x " + version + "\\r\\nHost: localhost\\r\\n\\r\\n");
    assertEquals(505, answer.status());
    assertEquals(Optional.of("version_not_supported"), answer.jsonString("code"));
    assertEquals(Optional.of("version_not_supported"), answer.field("X-LLMhop-Error"));
    assertEquals(0, backend.requests().size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"Content-Length: 9223372036854775807", "Content-Length: 4398046511104"})
  void aLengthWithoutEndFitsNowhereEvenWithoutALimit(String length) {
    try (var unlimited =
        RouterUnderTest.of(
            "{'maxBodyBytes': 0, 'models': {'llama': {'url': '%s'}}}".formatted(backend.url()))) {
      try (RawCaller caller = unlimited.caller()) {
        caller.send("POST /v1/x HTTP/1.1\r\nHost: localhost\r\n" + length + "\r\n\r\n{");
        assertEquals(413, caller.read().status());
      }
    }
  }

  @Test
  void whoIsRefusedAndGoesOnSayingNothingIsNotHeardOutForLong() {
    try (var closed =
        RouterUnderTest.of(
            "{'log': 'text', 'authTokens': ['k'], 'models': {'llama': {'url': '%s'}}}"
                .formatted(backend.url()))) {
      try (RawCaller caller = closed.caller()) {
        caller.send("POST /v1/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n");
        assertEquals(401, caller.read().status());
        caller.awaitClosedByPeer();
        Waiting.await("the request is over", () -> closed.gauge("requests") == 0);
        Waiting.await("it is logged", () -> closed.out().contains(" 401 caller@authenticate "));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"HTTP/1.2", "HTTP/1.9"})
  void higherMinorVersionIsServedAsHttp11(String version) {
    String head = "POST /v1/x " + version + "\r\nHost: localhost\r\n";
    try (RawCaller caller = router.caller()) {
      for (int i = 1; i <= 2; i++) {
        caller.send(
            head + "Transfer-Encoding: chunked\r\n\r\n11\r\n{\"model\":\"llama\"}\r\n0\r\n\r\n");
        Answer answer = caller.read();
        assertEquals(200, answer.status(), answer::toString);
        assertTrue(new String(answer.raw()).startsWith("HTTP/1.1 200 "), answer::toString);
        assertEquals("{\"model\":\"llama\"}", backend.request(i).text());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"*", "http://localhost", "HTTP://localhost:80"})
  void optionsOfTheServerAreAnsweredWithoutATokenAndTheConnectionGoesOn(String target) {
    try (var closed =
            RouterUnderTest.of(
                "{'authTokens': ['k'], 'models': {'llama': {'url': '%s'}}, 'default': 'llama'}"
                    .formatted(backend.url()));
        RawCaller caller = closed.caller()) {
      for (int i = 0; i < 2; i++) {
        caller.send("OPTIONS " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Answer answer = caller.read();
        assertEquals(200, answer.status(), answer::toString);
        assertEquals(Optional.of("0"), answer.field("Content-Length"));
        assertTrue(answer.field("Allow").orElse("").contains("POST"), answer::toString);
      }
    }
    assertEquals(0, backend.requests().size());
  }

  @Test
  void optionsOfOwnPagesNameTheirMethods() {
    for (String page : new String[] {"/", "/health", "/v1/models", "/v1/models/llama", "/api/ps"}) {
      Answer answer = ask("OPTIONS " + page + " HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n");
      assertEquals(200, answer.status(), answer::toString);
      assertEquals(Optional.of("GET, HEAD, OPTIONS"), answer.field("Allow"), page);
      assertEquals(Optional.of("0"), answer.field("Content-Length"));
    }
    Answer show = ask("OPTIONS /api/show HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n");
    assertEquals(Optional.of("POST, OPTIONS"), show.field("Allow"));
    assertEquals(
        200, ask("OPTIONS /route/llama/x HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n").status());
    assertEquals("OPTIONS", backend.request(1).method());
  }

  @Test
  void optionsOfAPageThatNeedsATokenNeedOne() {
    try (var closed =
        RouterUnderTest.of(
            "{'authTokens': ['k'], 'models': {'llama': {'url': '%s'}}}".formatted(backend.url()))) {
      assertEquals(401, closed.ask(Request.of("OPTIONS", "/v1/models", new byte[0])).status());
      assertEquals(200, closed.ask(Request.of("OPTIONS", "/health", new byte[0])).status());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET http://user:secret@host/v1/models?key=secret",
        "GET HTTPS://secret@host/v1/models",
        "GET http://user:secret@host",
        "GET http://user:secret@host?secret",
        "GET http://:secret@/x",
        "GET http://a@secret@host/x",
        "GET http://user:secret@host\\\\x/v1/models",
        "GET http:user:secret@host/v1/models",
        "GET http:/user:secret@host/v1/models",
        "GET ftp://user:secret@host/v1/models",
        "GET user:secret@host/v1/models",
        "GET //user:secret@host/nowhere",
        "GET //secret@host/nowhere",
        "GET /http://user:secret@host/nowhere",
        "GET /http:%2F%2Fuser%3Asecret%40host/nowhere",
        "GET /nowhere?api_key=secret",
        "GET ?key=secret",
        "GET http://user:pass/secret@host/nowhere",
        "GET http://user:pass/secret?x@host/nowhere",
        "GET http://user:secret/x@host/nowhere",
        "GET http:///user:x/secret@host/nowhere",
        "GET //user:secret/x@host/nowhere",
        "GET /http://user:secret/x%40host/nowhere",
        "CONNECT user:secret@host:443",
        "OPTIONS http://user:secret@host",
        "GET http://user:secret@host/" + "x"
      })
  void passwordInATargetIsShownNowhere(String start) {
    try (var logged =
        RouterUnderTest.of(
            "{'log': 'text', 'models': {'llama': {'url': '%s'}}}".formatted(backend.url()))) {
      for (String rest : new String[] {" HTTP/1.1", " HTTP/3.0", " HTTP/1.1\r\nX : y"}) {
        try (RawCaller caller = logged.caller()) {
          caller.send(start.translateEscapes() + rest + "\r\nHost: localhost\r\n\r\n");
          Answer answer = caller.read();
          assertTrue(answer.status() >= 400, answer::toString);
          assertFalse(new String(answer.raw()).contains("secret"), answer::toString);
        }
      }
      Waiting.await("three lines", () -> logged.out().lines().count() >= 3);
      assertFalse(logged.out().contains("secret"), logged::out);
      assertFalse(logged.err().contains("secret"), logged::err);
    }
    assertEquals(0, backend.requests().size());
  }

  @Test
  void pathOfARefusedTargetIsLogged() {
    try (var logged =
        RouterUnderTest.of(
            "{'log': 'text', 'models': {'llama': {'url': '%s'}}}".formatted(backend.url()))) {
      try (RawCaller caller = logged.caller()) {
        caller.send("GET http://u:secret@host/v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assertEquals(400, caller.read().status());
      }
      Waiting.await("its line", () -> logged.out().contains(" /v1/models bad_request"));
    }
  }

  private static String chunks(int extensions) {
    String chunk = "1;" + "e".repeat(1023) + "\r\n \r\n";
    String json = "11\r\n{\"model\":\"llama\"}\r\n";
    return json
        + chunk.repeat(extensions / 1024)
        + "0"
        + ";".repeat(extensions % 1024)
        + "\r\n\r\n";
  }

  @Test
  void extensionsOfACallersChunksHaveALimitTogether() {
    String head =
        "POST /v1/x HTTP/1.1\\r\\nHost: localhost\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n";
    assertEquals(200, ask(head + chunks(64 * 1024)).status());
    assertEquals(400, ask(head + chunks(64 * 1024 + 1)).status());
    assertEquals(1, backend.executions());
  }

  @Test
  void extensionsOfABackendsChunksHaveALimitTogether() {
    byte[] head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".getBytes();
    backend.next(all(raw(head), raw(chunks(64 * 1024).getBytes())));
    Answer most = ask("GET /route/llama/x HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n");
    assertTrue(most.status() == 200 && most.clean(), most::toString);
    backend.next(all(raw(head), raw(chunks(64 * 1024 + 1).getBytes())));
    try (RawCaller caller = router.caller()) {
      caller.send("GET /route/llama/x HTTP/1.1\r\nHost: localhost\r\n\r\n");
      Answer answer = caller.read();
      assertTrue(answer.status() == 502 || !answer.clean(), answer::toString);
    }
  }

  @Test
  void aBodyThatBreaksOffIsNoRequest() {
    for (String body :
        new String[] {
          "Content-Length: 10\r\n\r\n{}", "Transfer-Encoding: chunked\r\n\r\n5\r\n{}"
        }) {
      try (RawCaller caller = router.caller()) {
        caller.send("POST /v1/x HTTP/1.1\r\nHost: localhost\r\n" + body);
        caller.halfClose();
        Answer answer = caller.read();
        assertEquals(400, answer.status());
        assertEquals(Optional.of("bad_request"), answer.jsonString("code"));
        assertTrue(answer.field("Connection").isPresent());
      }
    }
    assertEquals(0, backend.requests().size());
  }
}
