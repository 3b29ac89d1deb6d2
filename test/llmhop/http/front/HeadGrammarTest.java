package llmhop.http.front;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import llmhop.kit.Answer;
import llmhop.kit.RawCaller;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What a head may look like, and what it must not: each refused spelling beside the accepted one
/// that it comes closest to.
class HeadGrammarTest {
  private static FrontUnderTest front;

  @BeforeAll
  static void start() {
    front = FrontUnderTest.echoing();
  }

  @AfterAll
  static void end() {
    front.close();
  }

  private static final String HOST = "Host: a\r\n";

  private static Arguments rule(String rule, String accepted, int status, String... refused) {
    return Arguments.of(rule, accepted, status, List.of(refused));
  }

  private static String get(String fields) {
    return "GET / HTTP/1.1\r\n" + fields + "\r\n";
  }

  private static String post(String fields, String body) {
    return "POST / HTTP/1.1\r\n" + HOST + fields + "\r\n" + body;
  }

  static Stream<Arguments> rules() {
    return Stream.of(
        rule(
            "lines end with CR LF",
            get(HOST),
            400,
            "GET / HTTP/1.1\n" + HOST + "\r\n",
            "GET / HTTP/1.1\r\nHost: a\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n\n",
            "GET / HTTP/1.1\r" + HOST + "\r\n",
            "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n",
            "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\n\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\r\n\r\n"),
        rule(
            "one empty line before a request is ignored",
            "\r\n" + get(HOST),
            400,
            "\r\n\r\n" + get(HOST),
            "\n" + get(HOST),
            " \r\n" + get(HOST)),
        rule(
            "no folded lines",
            get(HOST + "X: b c\r\n"),
            400,
            get(HOST + "X: b\r\n c\r\n"),
            get(HOST + "X: b\r\n\tc\r\n"),
            get(" " + HOST)),
        rule(
            "no blank before the colon",
            get(HOST + "X: b\r\n"),
            400,
            get(HOST + "X : b\r\n"),
            get(HOST + "X\t: b\r\n"),
            get("Host : a\r\n")),
        rule(
            "names are tokens",
            get(HOST + "X-!#$%&'*+.^_`|~1: b\r\n"),
            400,
            get(HOST + ": b\r\n"),
            get(HOST + "X\r\n"),
            get(HOST + "X(: b\r\n"),
            get(HOST + "X\u00e4: b\r\n"),
            get(HOST + "\"X\": b\r\n"),
            get(HOST + "X\0: b\r\n"),
            get(HOST + "a/b: c\r\n"),
            get(HOST + "a=b: c\r\n"),
            get(HOST + "[a]: c\r\n")),
        rule(
            "values hold no controls",
            get(HOST + "X: \tb \t c\u00ff\t \r\n"),
            400,
            get(HOST + "X: a\0b\r\n"),
            get(HOST + "X: a\u0001b\r\n"),
            get(HOST + "X: a\u007fb\r\n"),
            get(HOST + "X: a\u000bb\r\n"),
            get(HOST + "X: \u000cb\r\n"),
            get(HOST + "X: b\u0008\r\n"),
            get(HOST + "X: \u001b[31m\r\n")),
        rule(
            "one Host in 1.1",
            get(HOST),
            400,
            get(""),
            get(HOST + HOST),
            get(HOST + "host: a\r\n"),
            get(HOST + "HOST: b\r\n")),
        rule(
            "Host is a host",
            get("Host: [::1]:80\r\n"),
            400,
            get("Host: a b\r\n"),
            get("Host: a,b\r\n"),
            get("Host: a/b\r\n"),
            get("Host: u@a\r\n"),
            get("Host: a?b\r\n"),
            get("Host: a#b\r\n"),
            get("Host: a:b\r\n"),
            get("Host: a:123456\r\n"),
            get("Host: [::1\r\n"),
            get("Host: [g]\r\n"),
            get("Host: a\\b\r\n"),
            get("Host: a:80:80\r\n"),
            get("Host: \u00e4\r\n")),
        rule(
            "no Host is fine in 1.0",
            "GET / HTTP/1.0\r\n\r\n",
            400,
            "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
        rule(
            "a higher minor version is 1.1",
            "GET / HTTP/1.2\r\n" + HOST + "\r\n",
            400,
            "GET / HTTP/1.9\r\n\r\n"),
        rule(
            "the version is 1 and one digit",
            "GET / HTTP/1.9\r\n" + HOST + "\r\n",
            505,
            "GET / HTTP/1.a\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.-1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1,1\r\nHost: a\r\n\r\n",
            "GET / HTTP/3.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/0.9\r\n\r\n",
            "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
            "GET / http/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.10\r\nHost: a\r\n\r\n",
            "GET / HTTP/01.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1\r\nHost: a\r\n\r\n",
            "GET / HTTP/3\r\nHost: a\r\n\r\n",
            "GET / HTTPS/1.1\r\nHost: a\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        rule(
            "the request line has two blanks",
            get(HOST),
            400,
            "GET /\r\nHost: a\r\n\r\n",
            "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /  HTTP/1.1\r\nHost: a\r\n\r\n",
            " GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
            "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / x HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET\r\nHost: a\r\n\r\n",
            "/ HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /\u000bHTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / \r\nHost: a\r\n\r\n",
            "\u0016\u0003\u0001\u0002\r\n\r\n"),
        rule(
            "methods are tokens",
            "PROPFIND / HTTP/1.1\r\n" + HOST + "\r\n",
            400,
            "G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
            "G\u00c4T / HTTP/1.1\r\nHost: a\r\n\r\n",
            "G\0T / HTTP/1.1\r\nHost: a\r\n\r\n",
            "G,T / HTTP/1.1\r\nHost: a\r\n\r\n"),
        rule(
            "the target is visible ASCII",
            "GET /a%20b?c=d&e HTTP/1.1\r\n" + HOST + "\r\n",
            400,
            "GET /a\u0001 HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /\u00e4 HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /a\u007f HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n"),
        rule(
            "the target is a path",
            "GET //a HTTP/1.1\r\n" + HOST + "\r\n",
            400,
            "GET a HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET ?a HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET *x HTTP/1.1\r\nHost: a\r\n\r\n"),
        rule(
            "or absolute, with a host",
            "GET http://b:80/x HTTP/1.1\r\n" + HOST + "\r\n",
            400,
            "GET ftp://b/x HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET http://u@b/ HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET http://u:p@b/ HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET HTTPS://:@b HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET http://@b/ HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET http:/x HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET http://b HTTP/1.1\r\n\r\n"),
        rule(
            "or a star for OPTIONS",
            "OPTIONS * HTTP/1.1\r\n" + HOST + "\r\n",
            400,
            "POST * HTTP/1.1\r\nHost: a\r\n\r\n",
            "OPTIONS ** HTTP/1.1\r\nHost: a\r\n\r\n"),
        rule(
            "one Content-Length of digits",
            post("Content-Length: 2\r\n", "{}"),
            400,
            post("Content-Length: 2\r\nContent-Length: 2\r\n", "{}"),
            post("Content-Length: 2, 2\r\n", "{}"),
            post("Content-Length: +2\r\n", "{}"),
            post("Content-Length: -2\r\n", "{}"),
            post("Content-Length: 0x2\r\n", "{}"),
            post("Content-Length: 2 2\r\n", "{}"),
            post("Content-Length: \r\n", "{}"),
            post("Content-Length: 2;\r\n", "{}"),
            post("Content-Length: 2.0\r\n", "{}"),
            post("Content-Length: 9223372036854775808\r\n", "{}"),
            post("Content-Length: 18446744073709551618\r\n", "{}"),
            post("Content-Length: \u0662\r\n", "{}")),
        rule(
            "leading zeros of a Content-Length are digits, however many",
            post("Content-Length: 0000000000000000000000000000002\r\n", "{}"),
            400,
            post("Content-Length: 000000000009223372036854775808\r\n", "{}")),
        rule(
            "Transfer-Encoding is chunked alone",
            post("Transfer-Encoding: Chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"),
            400,
            post("Transfer-Encoding: gzip\r\n", ""),
            post("Transfer-Encoding: gzip, chunked\r\n", ""),
            post("Transfer-Encoding: chunked, chunked\r\n", ""),
            post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", ""),
            post("Transfer-Encoding: identity\r\n", ""),
            post("Transfer-Encoding: \r\n", ""),
            post("Transfer-Encoding: chunked;q=1\r\n", ""),
            post("Transfer-Encoding: xchunked\r\n", ""),
            post("Transfer-Encoding: \"chunked\"\r\n", ""),
            post("Transfer-Encoding: chunked,\r\n", ""),
            post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "")),
        rule(
            "not both of them",
            post("Content-Length: 2\r\n", "{}"),
            400,
            post("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
            post("Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", "0\r\n\r\n"),
            post("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", "0\r\n\r\n")),
        rule(
            "no chunks in 1.0",
            "POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}",
            400,
            "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        rule(
            "nothing is expected but 100-continue",
            post("Expect: 100-Continue\r\n", ""),
            417,
            post("Expect: 200-ok\r\n", ""),
            post("Expect: 100-continue, x\r\n", "")));
  }

  private static byte[] bytes(String text) {
    byte[] bytes = new byte[text.length()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) text.charAt(i);
    }
    return bytes;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("rules")
  void theAcceptedSpellingIsAnsweredHoweverItComes(String rule, String accepted) {
    byte[] request = bytes(accepted);
    try (RawCaller caller = front.caller()) {
      caller.send(request);
      assertEquals(200, caller.read().status(), rule);
    }
    try (RawCaller caller = front.caller()) {
      for (byte octet : request) {
        caller.send(new byte[] {octet});
      }
      assertEquals(200, caller.read().status(), rule + ", one byte at a time");
    }
    for (int at = 1; at < request.length; at++) {
      try (RawCaller caller = front.caller()) {
        caller.send(Arrays.copyOf(request, at));
        caller.send(Arrays.copyOfRange(request, at, request.length));
        assertEquals(200, caller.read().status(), rule + ", split at " + at);
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("rules")
  void theRefusedSpellingIsRefusedAndTheConnectionClosed(
      String rule, String accepted, int status, List<String> refused) {
    int before = front.seen().size();
    for (String spelling : refused) {
      for (boolean slowly : new boolean[] {false, true}) {
        try (RawCaller caller = front.caller()) {
          if (slowly) {
            sendSlowly(caller, bytes(spelling));
          } else {
            // Whatever follows must not be read as a request of its own.
            caller.send(bytes(spelling + get(HOST)));
          }
          Answer answer = caller.read();
          assertEquals(status, answer.status(), rule + ": " + spelling);
          assertEquals(Optional.of("close"), answer.field("Connection"), rule);
          caller.awaitClosedByPeer();
        }
      }
    }
    assertEquals(before, front.seen().size(), "nothing reached the handler");
  }

  private static void sendSlowly(RawCaller caller, byte[] request) {
    try {
      for (byte octet : request) {
        caller.send(new byte[] {octet});
      }
    } catch (java.io.UncheckedIOException e) {
      // It was refused before the end, which is early enough.
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("rules")
  void whatIsAcceptedIsOneRequestAndTheNextOneFollows(String rule, String accepted) {
    if (accepted.contains("HTTP/1.0")) {
      return;
    }
    try (RawCaller caller = front.caller()) {
      String last = "GET /last HTTP/1.1\r\n" + HOST + "\r\n";
      caller.send(bytes(accepted + accepted + last));
      assertEquals(200, caller.read().status(), rule);
      assertEquals(200, caller.read().status(), rule);
      assertEquals("GET /last ", caller.read().text(), rule);
    }
  }

  @Test
  void theAuthorityOfAnAbsoluteTargetStandsForTheHost() {
    try (var hosts =
            FrontUnderTest.of(
                http -> {
                  RawExchange x = RawExchange.of(http);
                  FrontUnderTest.answer(x, 200, x.fields().all("Host").toString());
                });
        RawCaller caller = hosts.caller()) {
      caller.send("GET http://b:81/x HTTP/1.1\r\nHost: a\r\n\r\n");
      assertEquals("[b:81]", caller.read().text());
    }
  }

  @Test
  void fieldsKeepTheirCaseTheirOrderAndTheirRepetition() {
    try (var all =
            FrontUnderTest.of(
                http -> {
                  RawExchange x = RawExchange.of(http);
                  var text = new StringBuilder();
                  x.fields().forEach(f -> text.append(f.name() + "=" + f.value() + ";"));
                  FrontUnderTest.answer(x, 200, text.toString());
                });
        RawCaller caller = all.caller()) {
      caller.send("GET / HTTP/1.1\r\nX-b: 2\r\nhOst: a\r\nx-B: 1\r\nA: \r\nX-b: 2\r\n\r\n");
      assertEquals("X-b=2;hOst=a;x-B=1;A=;X-b=2;", caller.read().text());
    }
  }

  @Test
  void aHeadThatIsCutShortIsNoRequest() {
    byte[] request = bytes(get(HOST));
    int before = front.seen().size();
    for (int at = 1; at < request.length; at++) {
      try (RawCaller caller = front.caller()) {
        caller.send(Arrays.copyOf(request, at));
        caller.halfClose();
        caller.awaitClosedByPeer();
      }
    }
    assertEquals(before, front.seen().size());
  }

  @Test
  void aBinaryStrangerIsRefused() {
    try (RawCaller caller = front.caller()) {
      caller.send("\u0016\u0003\u0001\n".getBytes(StandardCharsets.ISO_8859_1));
      assertEquals(400, caller.read().status());
      Waiting.await("it is noted", () -> front.refused().contains(Fault.BAD_REQUEST));
    }
  }
}
