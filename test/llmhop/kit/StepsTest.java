package llmhop.kit;

import static llmhop.kit.Request.get;
import static llmhop.kit.Request.post;
import static llmhop.kit.Steps.answer;
import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.byRequest;
import static llmhop.kit.Steps.chunk;
import static llmhop.kit.Steps.chunks;
import static llmhop.kit.Steps.close;
import static llmhop.kit.Steps.closeAtNextRequest;
import static llmhop.kit.Steps.drip;
import static llmhop.kit.Steps.echoBody;
import static llmhop.kit.Steps.fill;
import static llmhop.kit.Steps.head;
import static llmhop.kit.Steps.hold;
import static llmhop.kit.Steps.holdUntilHangUp;
import static llmhop.kit.Steps.interim;
import static llmhop.kit.Steps.lastChunk;
import static llmhop.kit.Steps.partOfChunk;
import static llmhop.kit.Steps.raw;
import static llmhop.kit.Steps.readBody;
import static llmhop.kit.Steps.reset;
import static llmhop.kit.Steps.sse;
import static llmhop.kit.Steps.sseHead;
import static llmhop.kit.Steps.tunnelTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What scripts can do, seen by a raw caller.
@Timeout(60)
class StepsTest {
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
  void anAnswerComesInChunksAsTheyWereSent() {
    backend.next(
        head(200, "Transfer-Encoding: chunked"),
        chunks("one", "two"),
        raw("005;x=y\r\nthree\r\n"),
        lastChunk("Check: sum"));
    Answer answer = caller.ask(get("/"));
    assertEquals("onetwothree", answer.text());
    assertEquals(
        List.of("3:one", "3:two", "005;x=y:three"),
        answer.chunks().stream().map(Chunk::toString).toList());
    assertEquals(List.of(Field.of("Check: sum")), answer.trailers());
    assertEquals(Answer.End.LAST_CHUNK, answer.end());
    assertTrue(
        new String(answer.raw(), StandardCharsets.UTF_8).endsWith("\r\n0\r\nCheck: sum\r\n\r\n"));
  }

  @Test
  void theTestPlaysAStreamEventByEvent() {
    Stage stage = new Stage();
    backend.next(sseHead(), stage);
    caller.send(post(CHAT, "{}"));
    stage.perform();
    assertEquals(200, caller.readHead().status());
    stage.event("1");
    assertEquals("data: 1\n\n", caller.readChunk().orElseThrow().text());
    stage.event("2");
    stage.event("[DONE]");
    assertEquals("data: 2\n\ndata: [DONE]\n\n", caller.readUntil("[DONE]\n\n"));
    stage.end();
    assertEquals("data: 1\n\ndata: 2\n\ndata: [DONE]\n\n", caller.read().text());
    backend.next(sse("a", "[DONE]"));
    assertEquals("data: a\n\ndata: [DONE]\n\n", caller.ask(post(CHAT, "{}")).text());
  }

  @Test
  void aGateStallsTheAnswerUntilItIsOpened() {
    Gate gate = new Gate();
    backend.next(hold(gate), answer(204));
    caller.send(get("/"));
    gate.awaitReached();
    assertFalse(caller.isClosedByPeer());
    gate.open();
    assertEquals(Answer.End.NO_BODY, caller.read().end());
  }

  @Test
  void aCallerThatHangsUpIsSeenWhileTheScriptStalls() {
    Gate never = new Gate();
    backend.always(hold(never), answer(200));
    caller.send(get("/"));
    never.awaitReached();
    assertEquals(1, backend.openConnections());
    caller.close();
    backend.awaitHangUp(1);
    assertEquals(0, backend.openConnections());
    assertTrue(backend.connection(1).hungUp());
  }

  @Test
  void aStageTellsThatTheCallerHasGone() {
    Stage stage = new Stage();
    backend.next(sseHead(), stage);
    caller.send(get("/"));
    stage.event("1");
    caller.reset();
    backend.awaitHangUp(1);
    assertThrows(UncheckedIOException.class, () -> stage.perform(fill(64 << 20)));
  }

  @Test
  void anAnswerMayBeCutInEveryWay() {
    for (Step cut : List.of(close(), reset(), Steps.drop())) {
      assertCut(head(200, "Content-Length: 10"), raw("123"), cut);
      assertCut(head(200, "Transfer-Encoding: chunked"), chunk("123"), cut);
      assertCut(head(200, "Transfer-Encoding: chunked"), partOfChunk(10, "123"), cut);
    }
    backend.next(head(200), raw("123"), close());
    assertEquals(Answer.End.CLOSE, RawCaller.ask(backend.port(), get("/")).end());
  }

  private void assertCut(Step... steps) {
    backend.next(steps);
    Answer answer = RawCaller.ask(backend.port(), get("/"));
    assertEquals(Answer.End.CUT, answer.end());
    assertFalse(answer.clean());
  }

  @Test
  void aResetIsToldFromAClose() {
    backend.next(reset());
    caller.send(get("/"));
    caller.awaitClosedByPeer();
    assertTrue(caller.wasReset());
    backend.next(close());
    try (RawCaller other = RawCaller.to(backend.port())) {
      other.send(get("/"));
      other.awaitClosedByPeer();
      assertFalse(other.wasReset());
      assertTrue(other.isClosedByPeer());
    }
  }

  @Test
  void anAnswerMayDripAndComeAfterInterimOnesAndTwice() {
    backend.next(
        interim(100),
        interim(103, "Link: </a>"),
        drip("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
        answer(404));
    Answer first = caller.ask(get("/"));
    assertEquals(List.of(100, 103), first.interim().stream().map(AnswerHead::status).toList());
    assertEquals("ok", first.text());
    assertEquals(404, caller.read().status());
  }

  @Test
  void anAnswerMayComeBeforeTheBodyWasRead() {
    Gate gate = new Gate();
    backend.nextBeforeBody(answer(413), hold(gate), readBody());
    Request large = post(CHAT, "x".repeat(32 << 20));
    caller.sendHead(large);
    Thread sending = caller.sendMeanwhile(large.framedBody());
    assertEquals(413, caller.read().status());
    gate.awaitReached();
    assertTrue(sending.isAlive(), "nobody reads, so it can't have sent all");
    assertEquals(0, backend.executions());
    gate.open();
    backend.awaitRequests(1);
    assertEquals(32 << 20, backend.request(1).body().length);
  }

  @Test
  void anIdleConnectionMayCloseUnderTheNextRequest() {
    backend.next(answer(200), closeAtNextRequest());
    assertEquals(200, caller.ask(get("/")).status());
    caller.send(get("/"));
    caller.awaitClosedByPeer();
    backend.awaitClosed(1);
    assertEquals(1, backend.executions());
  }

  @Test
  void aBackendMayWaitForTheHangUp() {
    backend.next(sseHead(), holdUntilHangUp());
    caller.send(get("/"));
    caller.readHead();
    caller.close();
    backend.awaitHangUp(1);
  }

  @Test
  void theHeadIsAllThatHeadGets() {
    backend.always(answerJson(200, "{}"));
    Answer answer = caller.ask(Request.of("HEAD", "/", new byte[0]));
    assertEquals(Answer.End.NO_BODY, answer.end());
    assertEquals(Optional.of("2"), answer.field("Content-Length"));
    assertEquals("{}", caller.ask(get("/")).text());
  }

  @Test
  void aScriptMayDependOnTheRequest() {
    backend.always(byRequest(seen -> seen.target().equals("/a") ? answer(201) : answer(202)));
    assertEquals(201, caller.ask(get("/a")).status());
    assertEquals(202, caller.ask(get("/b")).status());
  }

  @Test
  void aStepThatFailsIsAProblem() {
    backend.next(
        visit -> {
          throw new IllegalStateException("the test is wrong");
        });
    caller.send(get("/"));
    caller.awaitClosedByPeer();
    Waiting.await("the problem", () -> !backend.problems().isEmpty());
    assertTrue(backend.problems().getFirst().contains("the test is wrong"));
    backend.forgetProblems();
  }

  @Test
  void aTunnelCarriesBothWays() throws IOException {
    backend.next(tunnelTo(backend.port()));
    backend.next(answerJson(200, "{\"through\":1}"));
    caller.send("CONNECT far.example:443 HTTP/1.1\r\nHost: far.example:443\r\n\r\n");
    assertEquals(200, caller.readHead().status());
    caller.send(get("/inner"));
    assertTrue(caller.readUntil("}").contains("{\"through\":1}"));
    assertEquals("/inner", backend.request(2).target());
    caller.halfClose();
    caller.awaitClosedByPeer();
  }

  @Test
  void anAnswerThatIsNotHttpFailsTheTest() {
    for (String bad :
        List.of(
            "HTTP/1.1 200 OK\n\n",
            "HTTP/1.1 20 OK\r\n\r\n",
            "HTTP/1.1 200\r\n\r\n",
            "hello\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")) {
      backend.next(raw(bad), close());
      assertThrows(AssertionError.class, () -> RawCaller.ask(backend.port(), get("/")), bad);
    }
  }

  @Test
  void unixSocketsDoTheSame(@TempDir Path folder) throws IOException {
    Path path = folder.resolve("b.sock");
    try (ScriptedBackend local = ScriptedBackend.onUnix(path);
        RawCaller near = RawCaller.to(UnixDomainSocketAddress.of(path))) {
      assertEquals("unix://" + path, local.url());
      local.next(echoBody());
      assertEquals("{}", near.ask(post(CHAT, "{}")).text());
      local.next(head(200, "Content-Length: 9"), reset());
      assertEquals(Answer.End.CUT, near.ask(post(CHAT, "{}")).end());
    }
  }
}
