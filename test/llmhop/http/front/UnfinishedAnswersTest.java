package llmhop.http.front;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import llmhop.http.wire.Fields;
import llmhop.kit.Answer;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.Test;

/// What becomes of answers that a handler leaves unfinished: none of them looks whole, and the
/// connection is given back.
class UnfinishedAnswersTest {
  private static final byte[] HELLO = "hello".getBytes(StandardCharsets.US_ASCII);
  private static final OptionalLong FIVE = OptionalLong.of(5);

  private static void hello(com.sun.net.httpserver.HttpExchange http) throws IOException {
    FrontUnderTest.answer(RawExchange.of(http), 200, "hello");
  }

  private static Request get(String target, String... fields) {
    return Request.get(target).with(fields);
  }

  private static String http10(String target, String fields) {
    return "GET " + target + " HTTP/1.0\r\n" + fields + "\r\n";
  }

  /// A handler that fails by itself only at `/fail`.
  private static HttpHandler failing(HttpHandler failing) {
    return http -> {
      if (RawExchange.of(http).target().equals("/fail")) {
        failing.handle(http);
      } else {
        hello(http);
      }
    };
  }

  private static void begin(RawExchange x, OptionalLong length) throws IOException {
    x.begin(200, "", new Fields(), length);
    x.write(HELLO, 0, 3);
    x.flush();
  }

  /// Nothing comes for the request that fails; the connection is given back, and others go on.
  private static List<Throwable> assertClosedWithoutAnAnswer(HttpHandler failing) {
    try (var front = FrontUnderTest.of(failing(failing)).expectFaults()) {
      for (int round = 0; round < 20; round++) {
        try (RawCaller caller = front.caller()) {
          assertEquals("hello", caller.ask(get("/")).text());
          caller.send(get("/fail"));
          caller.awaitClosedByPeer();
        }
      }
      Waiting.await("nothing to be left", () -> front.server().connections() == 0);
      assertEquals("hello", RawCaller.ask(front.port(), get("/")).text());
      return front.faults();
    }
  }

  @Test
  void aHandlerThatThrowsClosesTheConnection() {
    assertEquals(
        List.of(),
        assertClosedWithoutAnAnswer(
            http -> {
              throw new IOException("the backend is gone, say");
            }));
    assertEquals(
        20,
        assertClosedWithoutAnAnswer(
                http -> {
                  throw new IllegalStateException("on purpose");
                })
            .size());
    List<Throwable> errors =
        assertClosedWithoutAnAnswer(
            http -> {
              throw new StackOverflowError("on purpose");
            });
    assertTrue(errors.size() == 20 && errors.getFirst() instanceof StackOverflowError);
  }

  @Test
  void aHandlerThatAbortsClosesTheConnection() {
    assertClosedWithoutAnAnswer(
        http -> {
          throw RawExchange.of(http).abort("enough");
        });
    assertClosedWithoutAnAnswer(http -> RawExchange.of(http).abort("and returns"));
  }

  @Test
  void aHandlerThatNeverAnswersIsAnsweredFor() {
    try (var front = FrontUnderTest.of(failing(http -> {}))) {
      for (Request request : List.of(get("/fail"), Request.post("/fail", "unread"))) {
        try (RawCaller caller = front.caller()) {
          Answer answer = caller.ask(request);
          assertEquals(500, answer.status());
          assertEquals(Optional.of("close"), answer.field("Connection"));
          assertTrue(answer.clean());
          caller.awaitClosedByPeer();
        }
      }
    }
  }

  /// What came of an answer that its handler left unfinished.
  private static Answer cut(String request, HttpHandler failing) {
    try (var front = FrontUnderTest.of(failing).expectFaults();
        RawCaller caller = front.caller()) {
      caller.send(request);
      Answer answer = caller.read();
      Waiting.await("nothing to be left", () -> front.server().connections() == 0);
      return answer;
    }
  }

  @Test
  void anUnfinishedAnswerNeverLooksWhole() {
    String request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    for (OptionalLong length : List.of(FIVE, OptionalLong.empty())) {
      List<HttpHandler> unfinished =
          List.of(
              http -> begin(RawExchange.of(http), length),
              http -> {
                begin(RawExchange.of(http), length);
                throw new IOException("on purpose");
              },
              http -> {
                begin(RawExchange.of(http), length);
                throw new StackOverflowError("on purpose");
              },
              http -> {
                begin(RawExchange.of(http), length);
                throw RawExchange.of(http).abort("enough");
              },
              http -> {
                begin(RawExchange.of(http), length);
                RawExchange.of(http).write(HELLO, 3, 1);
                RawExchange.of(http).abort("enough");
                RawExchange.of(http).finish();
              });
      for (HttpHandler handler : unfinished) {
        Answer answer = cut(request, handler);
        assertEquals(Answer.End.CUT, answer.end());
        assertTrue(answer.text().startsWith("hel"), answer::toString);
      }
    }
  }

  /// Only a reset tells who speaks HTTP/1.0 that the end is none.
  @Test
  void anUnfinishedAnswerUntilTheCloseEndsWithAReset() {
    List<HttpHandler> unfinished =
        List.of(
            http -> begin(RawExchange.of(http), OptionalLong.empty()),
            http -> {
              begin(RawExchange.of(http), OptionalLong.empty());
              throw new IllegalStateException("on purpose");
            },
            http -> {
              begin(RawExchange.of(http), OptionalLong.empty());
              throw RawExchange.of(http).abort("enough");
            });
    for (HttpHandler handler : unfinished) {
      assertEquals(Answer.End.CUT, cut(http10("/", ""), handler).end());
    }
  }

  @Test
  void anAnswerIsNeitherShorterNorLongerThanItSays() {
    var told = new java.util.concurrent.CopyOnWriteArrayList<String>();
    String request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    Answer tooShort =
        cut(
            request,
            http -> {
              RawExchange x = RawExchange.of(http);
              begin(x, FIVE);
              try {
                x.finish();
              } catch (IOException e) {
                told.add(e.getMessage());
                throw e;
              }
            });
    assertEquals(Answer.End.CUT, tooShort.end());
    Answer tooLong =
        cut(
            request,
            http -> {
              RawExchange x = RawExchange.of(http);
              begin(x, FIVE);
              try {
                x.write(HELLO, 0, 5);
              } catch (IOException e) {
                told.add(e.getMessage());
                throw e;
              }
            });
    assertEquals("hel", tooLong.text());
    assertEquals(Answer.End.CUT, tooLong.end());
    assertEquals(
        List.of(
            "the answer is shorter than its Content-Length",
            "the answer is longer than its Content-Length"),
        told);
  }
}
