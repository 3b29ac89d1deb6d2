package llmhop.http.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import llmhop.http.upstream.UpstreamException.BadReply;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What is taken for a reply and what isn't, in any split.
final class ReplyParsingTest {
  private static final String OK = "HTTP/1.1 200 OK\r\n";
  private static final String EMPTY = "Content-Length: 0\r\n\r\n";

  private FakeTransport transport = new FakeTransport(List.of());
  private Upstream upstream = Ask.upstream(1);

  // ---- the head

  @Test
  void aReplyIsTheSameInAnySplit() throws Exception {
    String reply =
        OK + "Server: x\r\nset-cookie: a\r\nSet-Cookie: b\r\nContent-Length: 5\r\n\r\nhello";
    for (int first = 1; first < reply.length(); first++) {
      for (int second = first; second < reply.length(); second += 11) {
        checkExample(
            reply.substring(0, first), reply.substring(first, second), reply.substring(second));
      }
    }
    checkExample(reply.split(""));
  }

  private void checkExample(String... pieces) throws Exception {
    List<String> some = Stream.of(pieces).filter(piece -> !piece.isEmpty()).toList();
    try (Reply reply = send("GET", some)) {
      assertEquals(200, reply.status());
      assertEquals("OK", reply.reason());
      assertEquals(4, reply.fields().size());
      assertEquals(Optional.of("x"), reply.fields().first("server"));
      assertEquals(List.of("a", "b"), reply.fields().all("Set-Cookie"));
      assertEquals(OptionalLong.of(5), reply.length());
      assertEquals("hello", Ask.text(reply));
    }
    assertEquals(1, upstream.idle(), () -> "split " + some);
  }

  @ParameterizedTest
  @CsvSource({
    "'HTTP/1.1 200 OK', 200, OK",
    "'HTTP/1.1 200 ', 200, ''",
    "'HTTP/1.1 200', 200, ''",
    "'HTTP/1.2 200 OK', 200, OK",
    "'HTTP/1.9 200 OK', 200, OK",
    "'HTTP/1.0 599 Too \tlate é', 599, 'Too \tlate é'",
    "'HTTP/1.1 404  two blanks', 404, ' two blanks'",
  })
  void theseAreStatusLines(String line, int status, String reason) throws Exception {
    try (Reply reply = send("GET", List.of(line + "\r\n" + EMPTY))) {
      assertEquals(status, reply.status());
      assertEquals(reason, reply.reason());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.10 200 OK",
        "HTTP/1.a 200 OK",
        "HTTP/2 200 OK",
        "HTTP/1.1  200 OK",
        "HTTP/1.1\t200 OK",
        "http/1.1 200 OK",
        "HTTP/1.1 20 OK",
        "HTTP/1.1 2000 OK",
        "HTTP/1.1 2 0 OK",
        "HTTP/1.1 +20 OK",
        "HTTP/1.1 200\tOK",
        "HTTP/1.1 099 OK",
        "HTTP/1.1 600 OK",
        "HTTP/1.1 000 OK",
        "HTTP/1.1",
        "HTTP/1.1 ",
        "HTTP",
        " HTTP/1.1 200 OK",
        "HTTP/1.1 200 a\0b",
        "HTTP/1.1 200 a\rb",
        "ICY 200 OK",
        "",
        "\r\nHTTP/1.1 200 OK",
        "HTTP/1.1 200 \u007f",
        "SSH-2.0-OpenSSH_9.2",
        "\u0015\u0003\u0001\u0000\u0002\u0002\u0050"
      })
  void theseAreNoStatusLines(String line) {
    refused(line + "\r\n" + EMPTY);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "no colon",
        ": x",
        "name : x",
        " folded",
        "a: b\r\n folded",
        "a: b\r\n\tfolded",
        "a: b\0c",
        "a: b\rc",
        "a: b\nc: d",
        "nä: x",
        "a(b): x"
      })
  void theseAreNoFields(String line) {
    refused(OK + line + "\r\n" + EMPTY);
    refused(OK + "Server: x\r\n" + line + "\r\n" + EMPTY);
  }

  @Test
  void bareLineFeedsEndNothing() {
    refused("HTTP/1.1 200 OK\nContent-Length: 0\n\n");
    refused(OK + "Content-Length: 0\r\n\n");
    refused(OK + "Content-Length: 0\n\r\n");
  }

  /// Nobody waits for 64 KiB of another protocol, or for the end of a greeting without a line.
  @Test
  void whatDoesNotBeginLikeHttpIsRefusedAtItsFirstByte() {
    BadReply failure = refused("220 mail");
    assertTrue(failure.getMessage().contains("does not begin with HTTP"), failure.getMessage());
  }

  @Test
  void aHeadOf200FieldsIsReadAndOneMoreRefused() throws Exception {
    String fields = "a: b\r\n".repeat(199);
    try (Reply reply = send("GET", List.of(OK + fields + EMPTY))) {
      assertEquals(200, reply.fields().size());
    }
    refused(OK + "a: b\r\n" + fields + EMPTY);
  }

  @Test
  void aHeadOf64KibIsReadAndMoreRefused() throws Exception {
    String line = "a: " + "b".repeat(1000 - 5) + "\r\n";
    try (Reply reply = send("GET", List.of(OK + line.repeat(65) + EMPTY))) {
      assertEquals(66, reply.fields().size());
    }
    refused(OK + line.repeat(66) + EMPTY);
    refused(OK + "a: " + "b".repeat(65 * 1024) + "\r\n" + EMPTY);
    refused(OK + "b".repeat(100_000));
  }

  @Test
  void aHeadCutAnywhereIsNoReply() {
    String head = OK + "Server: x\r\nContent-Length: 0\r\n\r\n";
    for (int length = 0; length < head.length(); length++) {
      refused(head.substring(0, length));
    }
  }

  // ---- interim replies

  @Test
  void interimRepliesAreSkipped() throws Exception {
    String interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
    for (String pieces : new String[] {"", "(?<=\n)"}) {
      String all = interim + OK + "Content-Length: 2\r\n\r\nhi";
      List<String> split = pieces.isEmpty() ? List.of(all) : List.of(all.split(pieces));
      try (Reply reply = send("GET", split)) {
        assertEquals(200, reply.status());
        assertFalse(reply.fields().has("Link"));
        assertEquals("hi", Ask.text(reply));
      }
    }
  }

  @Test
  void sixteenInterimRepliesAreSkippedAndOneMoreRefused() throws Exception {
    String interim = "HTTP/1.1 102 Processing\r\n\r\n";
    try (Reply reply = send("GET", List.of(interim.repeat(16) + OK + EMPTY))) {
      assertEquals(200, reply.status());
    }
    refused(interim.repeat(17) + OK + EMPTY);
  }

  @Test
  void switchingProtocolsUnaskedIsRefused() {
    refused("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n");
  }

  // ---- framing

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 2\r\nContent-Length: 2",
        "Content-Length: 2\r\nContent-Length: 3",
        "Content-Length: 2\r\ncontent-length: 2",
        "Content-Length: 2, 2",
        "Content-Length: +2",
        "Content-Length: -2",
        "Content-Length: 0x2",
        "Content-Length: 2 2",
        "Content-Length:",
        "Content-Length: 99999999999999999999",
        "Content-Length: 2\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 2",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding: chunked;q=1",
        "Transfer-Encoding:",
      })
  void ambiguousFramingIsRefused(String fields) {
    refused(OK + fields + "\r\n\r\nhi");
    refused("HTTP/1.1 304 Not Modified\r\n" + fields + "\r\n\r\n");
  }

  @Test
  void chunksAreNoPartOfHttp10() {
    refused("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  }

  @ParameterizedTest
  @CsvSource({
    "HEAD, 200, Content-Length: 5",
    "HEAD, 200, Transfer-Encoding: chunked",
    "HEAD, 200, X: y",
    "GET, 204, X: y",
    "GET, 204, Content-Length: 0",
    "GET, 304, Content-Length: 5",
    "GET, 304, X: y",
  })
  void theseHaveNoBodyWhateverTheySay(String method, int status, String field) throws Exception {
    String head = "HTTP/1.1 " + status + " Fine\r\n" + field + "\r\n\r\n";
    try (Reply reply = send(method, List.of(head))) {
      assertEquals(OptionalLong.of(0), reply.length());
      assertTrue(reply.buffered());
      assertEquals("", Ask.text(reply));
      assertTrue(reply.fields().has(field.substring(0, field.indexOf(':'))));
    }
    assertEquals(1, upstream.idle());
  }

  static List<String> bodies() {
    return List.of(
        OK + "Content-Length: 11\r\n\r\nhello world",
        OK + "Transfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nT: x\r\n\r\n",
        OK + "\r\nhello world",
        "HTTP/1.0 200 OK\r\n\r\nhello world",
        "HTTP/1.0 200 OK\r\nContent-Length: 11\r\n\r\nhello world");
  }

  @ParameterizedTest
  @MethodSource("bodies")
  void aBodyIsTheSameInAnySplitAndAnyReadSize(String whole) throws Exception {
    int head = whole.indexOf("\r\n\r\n") + 4;
    for (int size : new int[] {1, 3, 11, 4096, 65536}) {
      for (int split = head - 1; split < whole.length(); split++) {
        List<String> pieces = List.of(whole.substring(0, split), whole.substring(split));
        try (Reply reply = send("GET", pieces)) {
          assertEquals("hello world", Ask.text(reply, size), split + ", " + size);
        }
      }
      try (Reply reply = send("GET", List.of(whole.split("")))) {
        assertEquals("hello world", Ask.text(reply, size));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("bodies")
  void aBodyCutAnywhereBreaksOffAndWhatCameComesFirst(String whole) throws Exception {
    int head = whole.indexOf("\r\n\r\n") + 4;
    boolean tellsItsEnd = whole.contains("Content-Length") || whole.contains("chunked");
    for (int length = head; length < whole.length() && tellsItsEnd; length++) {
      try (Reply reply = send("GET", List.of(whole.substring(0, length)))) {
        var read = new StringBuilder();
        byte[] part = new byte[64];
        assertThrows(
            BadReply.class,
            () -> {
              while (true) {
                int count = reply.read(part, 0, part.length);
                assertTrue(count > 0);
                read.append(new String(part, 0, count));
              }
            });
        assertTrue("hello world".startsWith(read.toString()));
        int came = whole.substring(head, length).replaceAll("[^a-z ]|x=y|T: x", "").length();
        assertTrue(whole.contains("chunked") || read.length() == came, length + ": " + read);
      }
      assertEquals(0, upstream.idle());
      assertTrue(transport.isClosed());
    }
  }

  @Test
  void aFailureStaysAFailure() throws Exception {
    try (Reply reply = send("GET", List.of(OK + "Content-Length: 5\r\n\r\nabc"))) {
      assertEquals(3, reply.read(new byte[9], 0, 9));
      assertThrows(BadReply.class, () -> reply.read(new byte[9], 0, 9));
      assertThrows(BadReply.class, () -> reply.read(new byte[9], 0, 9));
    }
  }

  @Test
  void aBadChunkBehindGoodOnesComesAfterTheirBytes() throws Exception {
    String chunks = OK + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nnonsense";
    for (List<String> pieces : List.of(List.of(chunks), List.of(chunks.split("(?<=\n)")))) {
      try (Reply reply = send("GET", pieces)) {
        byte[] part = new byte[64];
        assertEquals(3, reply.read(part, 0, 64));
        assertThrows(BadReply.class, () -> reply.read(part, 0, 64));
      }
      assertTrue(transport.isClosed());
    }
  }

  @Test
  void readingNeverWaitsForMoreThanIsThere() throws Exception {
    List<String> pieces = new ArrayList<>();
    pieces.add(OK + "Transfer-Encoding: chunked\r\n\r\n");
    pieces.addAll(List.of("3\r\nabc\r\n4\r", "\nd", "efg", "\r\n0\r\n", "\r\n"));
    for (int size : new int[] {64, 8192}) {
      try (Reply reply = send("GET", pieces)) {
        byte[] part = new byte[size];
        assertFalse(reply.buffered());
        assertEquals(3, reply.read(part, 0, size));
        assertFalse(reply.buffered(), "half the head of a chunk is nothing to read");
        assertEquals(4, transport.piecesLeft());
        assertEquals(1, reply.read(part, 0, size));
        assertEquals(3, transport.piecesLeft());
        assertEquals(3, reply.read(part, 0, size));
        assertEquals(2, transport.piecesLeft());
        assertFalse(reply.buffered());
        assertEquals(-1, reply.read(part, 0, size));
        assertTrue(reply.buffered());
        assertEquals(-1, reply.read(part, 0, size));
      }
      assertEquals(1, upstream.idle());
    }
  }

  @Test
  void bufferedTellsOfTheEndToo() throws Exception {
    String whole = OK + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    try (Reply reply = send("GET", List.of(whole))) {
      byte[] part = new byte[2];
      assertTrue(reply.buffered());
      assertEquals(2, reply.read(part, 0, 2));
      assertTrue(reply.buffered());
      assertEquals(1, reply.read(part, 0, 2));
      assertTrue(reply.buffered());
      assertEquals(-1, reply.read(part, 0, 2));
    }
  }

  @Test
  void readingNothingGetsNothing() throws Exception {
    try (Reply reply = send("GET", List.of(OK + "Content-Length: 1\r\n\r\n", "a"))) {
      assertEquals(0, reply.read(new byte[0], 0, 0));
      assertThrows(IndexOutOfBoundsException.class, () -> reply.read(new byte[1], 1, 1));
      assertEquals("a", Ask.text(reply));
    }
  }

  // ---- whether the connection lives on

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\na",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: x-close, closed\r\n\r\na",
        "HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: x, Keep-Alive\r\n\r\na",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
      })
  void afterAWholeAnswerTheConnectionIsKept(String whole) throws Exception {
    assertEquals("200 a", Ask.ask(given(List.of(whole)), Ask.get("/")));
    assertEquals(1, upstream.idle());
    assertFalse(transport.isClosed());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\na",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: x , CLOSE\r\n\r\na",
        "HTTP/1.1 200 OK\r\n"
            + "Content-Length: 1\r\n"
            + "Connection: keep-alive\r\n"
            + "Connection: close\r\n\r\n"
            + "a",
        "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na",
        "HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: close, keep-alive\r\n\r\na",
        "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\na",
        "HTTP/1.1 200 OK\r\n\r\na",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nKeep-Alive: timeout=1\r\n\r\na",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nKeep-Alive: timeout=0, max=5\r\n\r\na",
      })
  void afterTheseTheConnectionIsClosed(String whole) throws Exception {
    for (int size : new int[] {64, 8192}) {
      try (Reply reply = send("GET", List.of(whole))) {
        assertEquals("a", Ask.text(reply, size));
      }
      assertEquals(0, upstream.idle());
      assertTrue(transport.isClosed());
    }
  }

  @Test
  void surplusBehindChunksThatComeLaterClosesTheConnection() throws Exception {
    List<String> pieces =
        List.of(
            OK + "Transfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n");
    for (int size : new int[] {64, 8192}) {
      try (Reply reply = send("GET", pieces)) {
        assertEquals("a", Ask.text(reply, size));
      }
      assertTrue(transport.isClosed());
    }
  }

  @Test
  void anAnswerThatIsNotReadToItsEndClosesTheConnection() throws Exception {
    Reply reply = send("GET", List.of(OK + "Content-Length: 5\r\n\r\nhel", "lo"));
    assertEquals(3, reply.read(new byte[9], 0, 9));
    reply.close();
    assertTrue(transport.isClosed());
    assertEquals(0, upstream.open());
    reply.close();
    assertEquals(0, upstream.open());
  }

  @Test
  void aClosedReplyIsNotRead() throws Exception {
    Reply reply = send("GET", List.of(OK + "Content-Length: 1\r\n\r\na"));
    reply.close();
    assertThrows(IllegalStateException.class, () -> reply.read(new byte[9], 0, 9));
  }

  // ---- helpers

  private Upstream given(List<String> pieces) {
    transport = new FakeTransport(pieces);
    upstream = Kept.upstream(transport);
    return upstream;
  }

  private Reply send(String method, List<String> pieces) throws UpstreamException {
    return given(pieces).send(Ask.request(method, "/", Ask.bytes("")), Timing.NONE);
  }

  private BadReply refused(String whole) {
    List<String> pieces = whole.isEmpty() ? List.of() : List.of(whole);
    BadReply failure = assertThrows(BadReply.class, () -> send("GET", pieces), whole);
    assertTrue(transport.isClosed());
    assertEquals(0, upstream.open());
    assertEquals(0, upstream.idle());
    assertThrows(BadReply.class, () -> send("GET", List.of(whole.split(""))), whole);
    return failure;
  }
}
