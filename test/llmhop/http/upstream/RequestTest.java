package llmhop.http.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import llmhop.http.wire.Fields;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a request looks like on the wire.
final class RequestTest {
  private final FakeTransport transport = new FakeTransport(List.of(Peer.OK));
  private final Fields fields = new Fields();

  @Test
  void headAndSmallBodyAreOneWrite() throws Exception {
    fields.add("X-One", "1");
    fields.add("x-one", "zwei ä");
    assertEquals(
        "POST /v1/x?y=z HTTP/1.1\r\nHost: 127.0.0.1:1\r\nX-One: 1\r\nx-one: zwei ä\r\n"
            + "Content-Length: 5\r\n\r\nhello",
        sent("POST", "/v1/x?y=z", "hello"));
    assertEquals(1, transport.writes());
  }

  @Test
  void aHostOfOurOwnComesFirstAndAGivenOneStaysWhereItIs() throws Exception {
    fields.add("A", "b");
    fields.add("hOST", "elsewhere");
    assertEquals("GET / HTTP/1.1\r\nA: b\r\nhOST: elsewhere\r\n\r\n", sent("GET", "/", ""));
  }

  @ParameterizedTest
  @CsvSource({
    "HTTP, example, 80, example",
    "HTTP, example, 8080, example:8080",
    "HTTP, example, 443, example:443",
    "HTTPS, example, 443, example",
    "HTTPS, example, 80, example:80",
    "HTTP, ::1, 80, [::1]",
    "HTTP, ::1, 81, [::1]:81",
    "UNIX, '', 0, localhost"
  })
  void theHostIsTheOriginWithoutItsUsualPort(
      Origin.Kind kind, String host, int port, String expected) {
    assertEquals(expected, new Origin(kind, host, port, "").authority());
  }

  @ParameterizedTest
  @CsvSource({
    "POST, true",
    "PUT, true",
    "PATCH, true",
    "GET, false",
    "HEAD, false",
    "DELETE, false"
  })
  void someMethodsSayThatTheyHaveNoBody(String method, boolean says) throws Exception {
    assertEquals(says, sent(method, "/", "").contains("\r\nContent-Length: 0\r\n"));
  }

  @Test
  void anyMethodWithABodySaysItsLength() throws Exception {
    assertTrue(sent("DELETE", "/", "abc").endsWith("\r\nContent-Length: 3\r\n\r\nabc"));
  }

  @Test
  void theFramingIsOursAlone() throws Exception {
    fields.add("content-LENGTH", "7");
    fields.add("Transfer-Encoding", "chunked");
    fields.add("Expect", "100-continue");
    fields.add("Content-Lengthy", "7");
    assertEquals(
        "POST / HTTP/1.1\r\nHost: 127.0.0.1:1\r\nContent-Lengthy: 7\r\nContent-Length: 2\r\n\r\nhi",
        sent("POST", "/", "hi"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\r\nb", "a\nb", "a\rb", "a\0b", "\u0100", "\u007f"})
  void nothingLeavesItsPlace(String text) {
    refused("GET" + text, "/");
    refused("GET", "/" + text);
    fields.add("x" + text, "y");
    refused("GET", "/");
    fields.removeAll("x" + text);
    fields.add("x", text);
    refused("GET", "/");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/a b", "/a\tb"})
  void aTargetIsOneWord(String target) {
    refused("GET", target);
  }

  private void refused(String method, String target) {
    var head = new Head(method, target, fields);
    assertThrows(
        IllegalArgumentException.class, () -> RequestHead.bytes(head, "host", 0, Optional.empty()));
  }

  @Test
  void aRequestThatCannotBeWrittenClosesItsConnection() {
    Upstream upstream = Kept.upstream(transport);
    assertThrows(
        IllegalArgumentException.class, () -> upstream.send(Ask.get("no good"), Timing.NONE));
    assertTrue(transport.isClosed());
    assertEquals(0, upstream.open());
  }

  @Test
  void aHeadThatCannotBeMadeClosesTheConnectionToo() {
    Upstream upstream = Kept.upstream(transport);
    Request broken =
        new Request() {
          @Override
          public Head head() {
            throw new IllegalStateException("no head");
          }

          @Override
          public Body body() {
            return Ask.bytes("");
          }
        };
    assertThrows(IllegalStateException.class, () -> upstream.send(broken, Timing.NONE));
    assertEquals(0, upstream.open());
  }

  @Test
  void aLongHeadIsWrittenWhole() throws Exception {
    fields.add("Long", "x".repeat(50_000));
    String sent = sent("POST", "/", "y".repeat(20_000));
    assertTrue(sent.contains("\r\nLong: " + "x".repeat(50_000) + "\r\n"));
    assertTrue(sent.endsWith("\r\n\r\n" + "y".repeat(20_000)));
    assertFalse(sent.endsWith("y".repeat(20_001)));
  }

  private String sent(String method, String target, String body) throws Exception {
    Upstream upstream = Kept.upstream(transport);
    Request request = Ask.request(new Head(method, target, fields), Ask.bytes(body));
    String before = transport.written();
    upstream.send(request, Timing.NONE).close();
    return transport.written().substring(before.length());
  }
}
