package llmhop.http.front;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import llmhop.kit.Answer;
import llmhop.kit.RawCaller;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Bodies by length and in chunks (RFC 9112 sections 6 and 7): however they come they are the same,
/// what follows them is the next request, and what is no body ends the connection.
class BodyFramingTest {
  private static final String LAST = "GET /last HTTP/1.1\r\nHost: a\r\n\r\n";
  private static final String SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

  private final AtomicInteger requests = new AtomicInteger();
  private FrontUnderTest front;

  @BeforeEach
  void start() {
    front =
        FrontUnderTest.of(
            http -> {
              requests.incrementAndGet();
              Bodies.echoOrRefuse(RawExchange.of(http));
            });
  }

  @AfterEach
  void end() {
    front.close();
  }

  private static String counted(int length, String body) {
    return "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + "\r\n\r\n" + body;
  }

  private static String chunked(String chunks) {
    return "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks;
  }

  /// In the source: `+` for CR LF.
  private static String lines(String text) {
    return text.replace("+", "\r\n");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private void assertAnswered(RawCaller caller, String body, String how) {
    assertEquals("/a " + body, caller.read().text(), how);
    assertEquals("/last ", caller.read().text(), how);
  }

  private void assertEqualHoweverItComes(String request, String body) {
    byte[] all = bytes(request + LAST);
    try (RawCaller caller = front.caller()) {
      caller.send(all);
      assertAnswered(caller, body, "whole");
    }
    try (RawCaller caller = front.caller()) {
      for (byte octet : all) {
        caller.send(new byte[] {octet});
      }
      assertAnswered(caller, body, "one byte at a time");
    }
    for (int at = 1; at < all.length; at++) {
      try (RawCaller caller = front.caller()) {
        caller.send(Arrays.copyOf(all, at));
        caller.send(Arrays.copyOfRange(all, at, all.length));
        assertAnswered(caller, body, "split at " + at);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{}", "GET /x HTTP/1.1\r\nHost: a\r\n\r\n", "\0\n\r\u00ff"})
  void aBodyByLengthIsTheSameHoweverItComes(String body) {
    try (RawCaller caller = front.caller()) {
      caller.send(bytes(counted(body.length(), body) + LAST));
      assertEquals(bytes("/a " + body).length, caller.read().body().length);
      assertEquals("/last ", caller.read().text());
    }
    if (body.chars().allMatch(c -> c < 128)) {
      assertEqualHoweverItComes(counted(body.length(), body), body);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "0++|``",
        "2+{}+0++|{}",
        "1+{+1+}+0++|{}",
        "00000002+{}+0000++|{}",
        "A+0123456789+a+abcdefghij+0++|0123456789abcdefghij",
        "2;a=b;c=\"d e\";f+{}+0;x++|{}",
        "2;+{}+0++|{}",
        "4+x+y+0++|`x+y`",
        "2+{}+0+A: b+c:d+E: ++|{}"
      })
  void aBodyInChunksIsTheSameHoweverItComes(String chunks, String body) {
    assertEqualHoweverItComes(chunked(lines(chunks)), lines(body));
  }

  @Test
  void trailersAreDroppedAndNeverReadAsTheNextRequest() {
    String trailers = "0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nHost: b\r\n\r\n";
    try (RawCaller caller = front.caller()) {
      caller.send(chunked("2\r\n{}\r\n" + trailers) + chunked(trailers) + LAST);
      assertEquals("/a {}", caller.read().text());
      assertAnswered(caller, "", "trailers that look like framing");
    }
    assertEquals(3, requests.get());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // Sizes that are none.
        "+",
        ";a+{}+0++",
        "-2+{}+0++",
        "+2+{}+0++",
        " 2+{}+0++",
        "2 +{}+0++",
        "2 ;a+{}+0++",
        "\t2+{}+0++",
        "0x2+{}+0++",
        "2h+{}+0++",
        "2,2+{}+0++",
        "g+{}+0++",
        "\u0662+{}+0++",
        // Sizes that a long can't hold, or that wrap to a small one.
        "8000000000000000+{}+0++",
        "8000000000000002+{}+0++",
        "ffffffffffffffff+{}+0++",
        "fffffffffffffffe+{}+0++",
        "10000000000000002+{}+0++",
        "100000000000000000000000000000002+{}+0++",
        // Lines that don't end with CR LF.
        "2\n{}+0++",
        "2+{}\n0++",
        "2\r{}+0++",
        "2\r\r\n{}+0++",
        "2+{}\r0++",
        "2;a\n{}+0++",
        "2;a\r{}+0++",
        "2+{}+0\n+",
        "2+{}+0+\n",
        "2+{}+0\r\r\n",
        // Data that is longer or shorter than its size.
        "2+{}0++",
        "2+{} +0++",
        "1+{}+0++",
        "3+{}+0++",
        "2+{}++0++",
        // Extensions and trailers with what no line may hold.
        "2;a\0+{}+0++",
        "2;a\u007f+{}+0++",
        "2+{}+0+A+",
        "2+{}+0+A b: c++",
        "2+{}+0+ A: b++",
        "2+{}+0+: b++",
        "2+{}+0+A: b\0++",
        "2+{}+0+A: b\n+",
        "2+{}+0+A: b+ c++",
        "2+{}+0+GET /x HTTP/1.1++"
      })
  void whatIsNoBodyInChunksIsRefusedAndEndsTheConnection(String chunks) {
    // The sign itself is one of the cases.
    String framed = chunks.startsWith("+2") ? "+" + lines(chunks.substring(1)) : lines(chunks);
    for (boolean slowly : new boolean[] {false, true}) {
      requests.set(0);
      try (RawCaller caller = front.caller()) {
        sendAll(caller, chunked(framed) + SMUGGLED, slowly);
        Answer answer = caller.read();
        assertEquals(400, answer.status(), answer::toString);
        assertEquals(Optional.of("close"), answer.field("Connection"));
        caller.awaitClosedByPeer();
      }
      assertEquals(1, requests.get(), "nothing behind it is read as a request");
    }
  }

  private static void sendAll(RawCaller caller, String text, boolean slowly) {
    try {
      byte[] all = bytes(text);
      for (int at = 0; at < all.length; at += slowly ? 1 : all.length) {
        caller.send(Arrays.copyOfRange(all, at, slowly ? at + 1 : all.length));
      }
    } catch (java.io.UncheckedIOException e) {
      // It was refused before the end, which is early enough.
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "2", "2+", "2+{", "2+{}", "2+{}+", "2+{}+0", "2+{}+0+", "2+{}+0+A: b+"})
  void aBodyInChunksThatIsCutShortIsAnError(String chunks) {
    try (RawCaller caller = front.caller()) {
      caller.send(chunked(lines(chunks)));
      caller.halfClose();
      assertEquals(400, caller.read().status());
      caller.awaitClosedByPeer();
    }
  }

  @Test
  void aBodyByLengthThatIsCutShortIsAnError() {
    for (int sent = 0; sent < 4; sent++) {
      try (RawCaller caller = front.caller()) {
        caller.send(counted(4, "abcd".substring(0, sent)));
        caller.halfClose();
        Answer answer = caller.read();
        assertEquals(400, answer.status());
        assertTrue(answer.text().contains("ended before its end"), answer::toString);
        caller.awaitClosedByPeer();
      }
    }
  }

  @Test
  void whatIsGoodBeforeAFaultIsReadFirst() {
    var good = new StringBuffer();
    try (var reading =
            FrontUnderTest.of(
                http -> {
                  RawExchange x = RawExchange.of(http);
                  byte[] part = new byte[100];
                  try {
                    while (true) {
                      int read = x.read(part, 0, part.length);
                      good.append(new String(part, 0, read, StandardCharsets.ISO_8859_1));
                    }
                  } catch (java.io.IOException e) {
                    FrontUnderTest.answer(x, 400, "");
                  }
                });
        RawCaller caller = reading.caller()) {
      caller.send(chunked("5\r\nabcde\r\n3\r\nfgh\r\nx\r\n"));
      assertEquals(400, caller.read().status());
      assertEquals("abcdefgh", good.toString());
    }
  }

  @Test
  void largeBodiesOfManyChunkSizesComeWhole() {
    String body = "0123456789abcdef".repeat(20_000);
    for (int size : new int[] {1, 7, 999, 1000, 1001, 4096, 65_536, body.length()}) {
      String cut = size < 100 ? body.substring(0, 10_000) : body;
      try (RawCaller caller = front.caller()) {
        var request =
            llmhop.kit.Request.post("/a", cut).chunked(size).with("X: " + "x".repeat(size % 100));
        caller.send(request);
        assertEquals("/a " + cut, caller.read().text(), "chunks of " + size);
        caller.send(LAST);
        assertEquals("/last ", caller.read().text());
      }
    }
  }

  @Test
  void requestsWithBodiesOfEachKindFollowOneAnother() {
    var all = new StringBuilder();
    for (int i = 0; i < 200; i++) {
      all.append(i % 2 == 0 ? counted(4, "abcd") : chunked("2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n"));
    }
    try (RawCaller caller = front.caller()) {
      caller.send(all + LAST);
      for (int i = 0; i < 200; i++) {
        assertEquals("/a abcd", caller.read().text());
      }
      assertEquals("/last ", caller.read().text());
    }
  }
}
