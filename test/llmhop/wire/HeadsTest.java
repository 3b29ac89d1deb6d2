package llmhop.wire;

import static llmhop.kit.Steps.all;
import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.raw;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Optional;
import llmhop.kit.Answer;
import llmhop.kit.RawCaller;
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
  @ValueSource(strings = {"HTTP/2.0", "http/1.1", "HTTP/1.2"})
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
