package llmhop.http.front;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Semaphore;
import llmhop.http.wire.Fields;
import llmhop.kit.Answer;
import llmhop.kit.AnswerHead;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Answers in their framing (RFC 9112 sections 6 and 9, RFC 9110 sections 6.6, 8.6, 9.3 and 15),
/// and when their bytes leave.
class AnswersTest {
  private static final byte[] HELLO = "hello".getBytes(StandardCharsets.US_ASCII);
  private static final OptionalLong FIVE = OptionalLong.of(5);

  private static Fields fields(String... pairs) {
    var fields = new Fields();
    for (int i = 0; i < pairs.length; i += 2) {
      fields.add(pairs[i], pairs[i + 1]);
    }
    return fields;
  }

  /// The path says what to answer: `/STATUS/LENGTH` or `/STATUS/chunks`.
  private static void hello(com.sun.net.httpserver.HttpExchange http) throws IOException {
    RawExchange x = RawExchange.of(http);
    String[] words = x.target().split("/");
    int status = words.length < 2 ? 200 : Integer.parseInt(words[1]);
    boolean chunks = words.length > 2 && words[2].equals("chunks");
    x.begin(status, "", new Fields(), chunks ? OptionalLong.empty() : FIVE);
    x.write(HELLO, 0, 5);
    x.finish();
  }

  private static Request get(String target, String... fields) {
    return Request.get(target).with(fields);
  }

  private static String http10(String target, String fields) {
    return "GET " + target + " HTTP/1.0\r\n" + fields + "\r\n";
  }

  // ---- framing

  @Test
  void headHasTheLengthAndNoBody() {
    try (var front = FrontUnderTest.of(AnswersTest::hello);
        RawCaller caller = front.caller()) {
      for (int round = 0; round < 2; round++) {
        Answer answer = caller.ask(Request.of("HEAD", "/200/5", new byte[0]));
        assertEquals(Optional.of("5"), answer.field("Content-Length"));
        assertEquals(0, answer.body().length);
        Answer open = caller.ask(Request.of("HEAD", "/200/chunks", new byte[0]));
        assertEquals(Optional.empty(), open.field("Content-Length"));
      }
      assertEquals("hello", caller.ask(get("/200/5")).text(), "and nothing is left over");
    }
  }

  @ParameterizedTest
  @CsvSource({"204,5,", "204,chunks,", "304,5,5", "304,chunks,"})
  void someStatusesHaveNoBodyWhateverIsWritten(int status, String kind, String length) {
    try (var front = FrontUnderTest.of(AnswersTest::hello);
        RawCaller caller = front.caller()) {
      Answer answer = caller.ask(get("/" + status + "/" + kind));
      assertEquals(status, answer.status());
      assertEquals(Optional.ofNullable(length), answer.field("Content-Length"));
      assertEquals(Optional.empty(), answer.field("Transfer-Encoding"));
      assertEquals("hello", caller.ask(get("/200/5")).text(), "and nothing is left over");
    }
  }

  @Test
  void chunksAreOnlyForWhoKnowsThem() {
    try (var front = FrontUnderTest.of(AnswersTest::hello)) {
      try (RawCaller caller = front.caller()) {
        Answer answer = caller.ask(get("/200/chunks"));
        assertEquals(Answer.End.LAST_CHUNK, answer.end());
        assertEquals(Optional.of("chunked"), answer.field("Transfer-Encoding"));
        assertEquals(Optional.empty(), answer.field("Content-Length"));
        assertEquals(List.of("5:hello"), answer.chunks().stream().map(c -> "" + c).toList());
      }
      for (String keep : List.of("", "Connection: keep-alive\r\n")) {
        try (RawCaller caller = front.caller()) {
          caller.send(http10("/200/chunks", keep));
          Answer answer = caller.read();
          assertEquals("HTTP/1.0", answer.head().version());
          assertEquals(Answer.End.CLOSE, answer.end());
          assertEquals(Optional.empty(), answer.field("Transfer-Encoding"));
          assertEquals(Optional.of("close"), answer.field("Connection"));
          assertEquals("hello", answer.text());
        }
      }
    }
  }

  @Test
  void whoSpeaksHttp10GoesOnWhenItAsksForThat() {
    try (var front = FrontUnderTest.of(AnswersTest::hello)) {
      try (RawCaller caller = front.caller()) {
        for (int round = 0; round < 3; round++) {
          caller.send(http10("/200/5", "Connection: Keep-Alive\r\n"));
          Answer answer = caller.read();
          assertEquals(Optional.of("keep-alive"), answer.field("Connection"));
          assertEquals("hello", answer.text());
        }
      }
      try (RawCaller caller = front.caller()) {
        caller.send(http10("/200/5", ""));
        Answer answer = caller.read();
        assertEquals(Answer.End.LENGTH, answer.end());
        assertEquals(Optional.of("close"), answer.field("Connection"));
        caller.awaitClosedByPeer();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"close", "Close", "x, close", "close ,x", "keep-alive, close"})
  void aCallerThatWantsToCloseGetsThat(String value) {
    try (var front = FrontUnderTest.of(AnswersTest::hello);
        RawCaller caller = front.caller()) {
      caller.send(get("/", "Connection: " + value));
      caller.send(get("/"));
      Answer answer = caller.read();
      assertEquals(Optional.of("close"), answer.field("Connection"));
      caller.awaitClosedByPeer();
    }
  }

  @Test
  void aHandlerThatWantsToCloseGetsThat() {
    try (var front =
            FrontUnderTest.of(
                http -> {
                  RawExchange.of(http).closeAfterwards();
                  hello(http);
                });
        RawCaller caller = front.caller()) {
      Answer answer = caller.ask(get("/"));
      assertEquals(Optional.of("close"), answer.field("Connection"));
      caller.awaitClosedByPeer();
    }
  }

  @Test
  void aConnectionThatGoesOnSaysNothingOfIt() {
    try (var front = FrontUnderTest.of(AnswersTest::hello);
        RawCaller caller = front.caller()) {
      assertEquals(Optional.empty(), caller.ask(get("/")).field("Connection"));
      assertEquals(200, caller.ask(get("/")).status());
    }
  }

  @Test
  void theDateIsThereOnceAndTheHandlersOwnIsKept() {
    try (var front =
            FrontUnderTest.of(
                http -> {
                  RawExchange x = RawExchange.of(http);
                  x.begin(
                      200,
                      "Fine",
                      x.target().equals("/own") ? fields("dAte", "then", "X", "1") : fields(),
                      OptionalLong.of(0));
                });
        RawCaller caller = front.caller()) {
      Answer usual = caller.ask(get("/"));
      assertTrue(
          usual
              .field("Date")
              .orElseThrow()
              .matches("[A-Z][a-z]{2}, \\d\\d [A-Z][a-z]{2} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT"),
          usual::toString);
      assertEquals("Fine", usual.head().reason());
      assertEquals(List.of("then"), caller.ask(get("/own")).fields("Date"));
    }
  }

  // ---- when bytes leave

  @Test
  void eachFlushedPieceLeavesAtOnceInOneSegment() throws IOException {
    var next = new Semaphore(0);
    try (var front =
            FrontUnderTest.of(
                http -> {
                  RawExchange x = RawExchange.of(http);
                  x.begin(200, "", new Fields(), OptionalLong.empty());
                  x.flush();
                  for (int i = 0; i < 3; i++) {
                    next.acquireUninterruptibly();
                    x.write(HELLO, 0, 5);
                    x.write(HELLO, 0, 5);
                    x.flush();
                  }
                  next.acquireUninterruptibly();
                  x.finish();
                });
        var socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), front.port())) {
      socket.setSoTimeout((int) Waiting.PATIENCE.toMillis());
      socket.getOutputStream().write(get("/").bytes());
      assertTrue(oneRead(socket.getInputStream()).endsWith("\r\n\r\n"), "the whole head");
      for (int i = 0; i < 3; i++) {
        next.release();
        assertEquals("5\r\nhello\r\n5\r\nhello\r\n", oneRead(socket.getInputStream()));
      }
      next.release();
      assertEquals("0\r\n\r\n", oneRead(socket.getInputStream()));
    }
  }

  private static String oneRead(InputStream in) throws IOException {
    byte[] some = new byte[10_000];
    return new String(some, 0, in.read(some), StandardCharsets.ISO_8859_1);
  }

  @Test
  void aHeadLeavesWithItsBodyInOneSegment() throws IOException {
    try (var front = FrontUnderTest.of(AnswersTest::hello);
        var socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), front.port())) {
      socket.setSoTimeout((int) Waiting.PATIENCE.toMillis());
      socket.getOutputStream().write(get("/").bytes());
      assertTrue(oneRead(socket.getInputStream()).endsWith("\r\n\r\nhello"));
    }
  }

  @Test
  void interimAnswersGoToWhoKnowsThem() {
    try (var front =
            FrontUnderTest.of(
                http -> {
                  RawExchange.of(http).interim(103, fields("Link", "</a>"));
                  hello(http);
                });
        RawCaller caller = front.caller();
        RawCaller old = front.caller()) {
      Answer answer = caller.ask(get("/"));
      AnswerHead hint = answer.interim().getFirst();
      assertEquals("103 Early Hints", hint.status() + " " + hint.reason());
      assertEquals(Optional.of("</a>"), hint.field("Link"));
      assertEquals("hello", answer.text());
      old.send(http10("/", ""));
      assertEquals(List.of(), old.read().interim());
    }
  }
}
