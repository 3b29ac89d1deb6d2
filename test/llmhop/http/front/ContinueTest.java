package llmhop.http.front;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import llmhop.kit.Answer;
import llmhop.kit.RawCaller;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.Test;

/// `100 Continue` (RFC 9110 section 10.1.1): to who waits for it, when its body is wanted, and to
/// nobody else.
class ContinueTest {
  private static final String POST = "POST /a HTTP/1.1\r\nHost: a\r\n";
  private static final String EXPECT = "Expect: 100-continue\r\n";
  private static final String LENGTH = "Content-Length: 2\r\n";
  private static final String CHUNKED = "Transfer-Encoding: chunked\r\n";

  private static void assertNoInterim(Answer answer, int status) {
    assertEquals(status, answer.status());
    assertEquals(List.of(), answer.interim());
  }

  @Test
  void aCallerThatWaitsIsToldOnceTheBodyIsRead() {
    for (String framing : List.of(LENGTH, CHUNKED)) {
      var asked = new CountDownLatch(1);
      var read = new CountDownLatch(1);
      try (var front =
              FrontUnderTest.of(
                  http -> {
                    asked.countDown();
                    Waiting.await("the body to be wanted", () -> read.getCount() == 0);
                    Bodies.echoOrRefuse(RawExchange.of(http));
                  });
          RawCaller caller = front.caller()) {
        caller.send(POST + EXPECT + framing + "\r\n");
        Waiting.await("the handler", () -> asked.getCount() == 0);
        read.countDown();
        assertEquals(100, caller.readHead().status());
        caller.send(framing.equals(LENGTH) ? "{}" : "2\r\n{}\r\n0\r\n\r\n");
        Answer answer = caller.read();
        assertEquals("/a {}", answer.text());
        assertEquals(1, answer.interim().size(), "told once");
        assertEquals("Continue", answer.interim().getFirst().reason());
        caller.send(POST + LENGTH + "\r\n{}");
        assertNoInterim(caller.read(), 200);
      }
    }
  }

  @Test
  void aHandlerThatRefusesWithoutReadingTellsNobodyToGoOn() {
    for (String framing : List.of(LENGTH, CHUNKED)) {
      try (var front =
              FrontUnderTest.of(http -> FrontUnderTest.answer(RawExchange.of(http), 401, "no"));
          RawCaller caller = front.caller()) {
        caller.send(POST + EXPECT + framing + "\r\n");
        Answer answer = caller.read();
        assertNoInterim(answer, 401);
        assertEquals(Optional.of("close"), answer.field("Connection"));
        caller.awaitClosedByPeer();
      }
    }
  }

  @Test
  void aHandlerThatReadsAfterItsAnswerHasBegunTellsNobodyToGoOn() {
    try (var front =
            FrontUnderTest.of(
                http -> {
                  RawExchange x = RawExchange.of(http);
                  FrontUnderTest.answer(x, 200, "first");
                  Bodies.read(x);
                });
        RawCaller caller = front.caller()) {
      caller.send(POST + EXPECT + LENGTH + "\r\n");
      assertNoInterim(caller.read(), 200);
      caller.send("{}");
      caller.awaitClosedByPeer();
    }
  }

  @Test
  void whoDoesNotWaitIsNotToldSo() {
    try (var front = FrontUnderTest.of(http -> Bodies.echoOrRefuse(RawExchange.of(http)));
        RawCaller caller = front.caller()) {
      caller.send(POST + EXPECT + LENGTH + "\r\n{}");
      assertNoInterim(caller.read(), 200);
      caller.send(POST + EXPECT + CHUNKED + "\r\n2\r\n{}\r\n0\r\n\r\n");
      assertNoInterim(caller.read(), 200);
      caller.send(POST + EXPECT + "Content-Length: 0\r\n\r\n");
      assertNoInterim(caller.read(), 200);
      caller.send("GET / HTTP/1.1\r\nHost: a\r\n" + EXPECT + "\r\n");
      assertNoInterim(caller.read(), 200);
    }
  }

  @Test
  void whoSpeaksHttp10IsNotToldSo() {
    try (var front = FrontUnderTest.of(http -> Bodies.echoOrRefuse(RawExchange.of(http)));
        RawCaller caller = front.caller()) {
      caller.send("POST /a HTTP/1.0\r\n" + EXPECT + LENGTH + "\r\n");
      Waiting.await("it to be taken", () -> front.server().connections() == 1);
      caller.send("{}");
      assertNoInterim(caller.read(), 200);
    }
  }
}
