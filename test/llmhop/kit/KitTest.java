package llmhop.kit;

import static llmhop.kit.Request.get;
import static llmhop.kit.Request.post;
import static llmhop.kit.Steps.answer;
import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.echoBody;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The scripted backend and the raw caller, against each other: what was sent is what is recorded.
@Timeout(60)
class KitTest {
  private static final String CHAT = "/v1/chat/completions";

  private ScriptedBackend backend;
  private RawCaller caller;

  @BeforeEach
  void connect() throws IOException {
    backend = ScriptedBackend.onTcp();
    caller = RawCaller.to(backend.port());
  }

  @AfterEach
  void closeBoth() {
    caller.close();
    backend.close();
  }

  @Test
  void aRequestIsRecordedToTheByte() {
    backend.next(answerJson(200, "{\"ok\":true}"));
    Request request = post(CHAT, "{\"model\":\"grün\"}").with("x-OdD: a", "X-oDd: b");
    Answer answer = caller.ask(request);
    assertEquals("{\"ok\":true}", answer.text());
    Seen seen = backend.request(1);
    assertEquals(
        "POST /v1/chat/completions HTTP/1.1",
        seen.method() + " " + seen.target() + " " + seen.version());
    assertEquals("{\"model\":\"grün\"}", seen.text());
    assertEquals(List.of("a", "b"), seen.fields("X-ODD"));
    assertEquals(new Field("x-OdD", "a"), seen.fields().get(2));
    assertArrayEquals(request.head(), seen.rawHead());
    assertTrue(seen.complete());
    assertEquals(1, backend.executions());
  }

  @Test
  void bytesComeBackAsTheyWent() {
    backend.always(echoBody());
    byte[] every = new byte[256 * 1024];
    for (int i = 0; i < every.length; i++) {
      every[i] = (byte) (i * 31 >> 3);
    }
    Request upload = post("/echo", every, "application/octet-stream");
    assertArrayEquals(every, caller.ask(upload).body());
    assertArrayEquals(every, caller.ask(upload.chunked(1000)).body());
    assertEquals(Optional.empty(), backend.request(2).field("Content-Length"));
  }

  @Test
  void aRequestMayComeOneByteAtATimeOrInPieces() {
    backend.always(echoBody());
    caller.sendByteByByte(post(CHAT, "{\"a\":1}").chunked(2));
    assertEquals("{\"a\":1}", caller.read().text());
    Request request = post(CHAT, "{\"a\":2}");
    for (int at = 1; at < request.bytes().length; at += 7) {
      caller.sendSplit(request, at);
      assertEquals("{\"a\":2}", caller.read().text());
    }
  }

  @Test
  void connectionsAndTheirRequestsAreCounted() {
    backend.always(answer(200));
    caller.ask(get("/1"));
    caller.ask(get("/2"));
    RawCaller.ask(backend.port(), get("/3"));
    assertEquals(2, backend.connections());
    assertEquals(
        List.of("1.1", "1.2", "2.1"),
        backend.requests().stream().map(s -> s.connection() + "." + s.number()).toList());
    backend.awaitHangUp(2);
    assertEquals(1, backend.openConnections());
  }

  @Test
  void anUploadThatIsCutIsNoExecution() {
    Request request = post(CHAT, "{\"model\":\"a\"}");
    caller.send(request.head());
    caller.send("{\"mod");
    backend.awaitHeads(1);
    caller.reset();
    backend.awaitHangUp(1);
    Waiting.await("the five bytes", () -> backend.requests().getFirst().body().length == 5);
    assertFalse(backend.requests().getFirst().complete());
    assertEquals(0, backend.executions());
  }

  @Test
  void anUploadMayBeLargerThanWhatIsKept() {
    backend.keepOfEachBody(10);
    backend.next(answer(200));
    int times = 512;
    caller.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + times * 65536 + "\r\n\r\n");
    caller.sendMeanwhile(new byte[65536], times);
    assertEquals(200, caller.read().status());
    assertEquals(10, backend.request(1).body().length);
    assertEquals(times * 65536, backend.request(1).length());
  }

  @Test
  void whatIsNotHttpIsAProblemThatFailsTheTest() {
    for (String bad :
        List.of(
            "GET / HTTP/1.1\nHost: a\r\n\r\n",
            "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: \u0001\r\n\r\n",
            "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n1",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n1",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\n1\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\n"
                + "Host: a\r\n"
                + "Transfer-Encoding: chunked\r\n"
                + "Content-Length: 1\r\n\r\n"
                + "1")) {
      try (RawCaller sloppy = RawCaller.to(backend.port())) {
        sloppy.send(bad);
        Waiting.await("a problem with " + bad, () -> !backend.problems().isEmpty());
        sloppy.awaitClosedByPeer();
      }
      backend.forgetProblems();
    }
    caller.ask(get("/nobody-has-a-script-for-this"));
    AssertionError failure = assertThrows(AssertionError.class, backend::close);
    assertTrue(failure.getMessage().contains("no script for GET"), failure.getMessage());
  }
}
