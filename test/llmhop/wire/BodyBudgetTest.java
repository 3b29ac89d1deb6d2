package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.holdUntilHangUp;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llmhop.kit.Answer;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// The memory for bodies is counted as they arrive, and nobody holds it by announcing or trickling.
@Timeout(60)
class BodyBudgetTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String BEGIN = "{\"model\":\"llama\",\"x\":\"";
  private static final int KIB = 1024;
  private static final int MIB = 1024 * KIB;

  /// As in the issue: everybody's prompt of 220 KB.
  private static final Request PROMPT =
      Request.post(CHAT, BEGIN + "y".repeat(220_000) + "\"}").withToken("honest");

  private final List<RawCaller> flood = new ArrayList<>();
  private ScriptedBackend backend;

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
    backend.always(answerJson(200, "{}"));
  }

  @AfterEach
  void end() {
    flood.forEach(RawCaller::close);
    backend.close();
  }

  /// A router with 8 MiB for bodies.
  private String config(String members) {
    return "{'maxBufferedBytes': '8MiB', 'log': 'json', "
        + members
        + "'models': {'llama': {'url': '"
        + backend.url()
        + "', 'maxConcurrent': 100, 'queue': {'max': 50}}}}";
  }

  private static String tokens(String ofTheFlood) {
    return "'authTokens': [{'token': 'honest', 'name': 'honest'}, {'token': 'flood', 'name':"
        + " 'flood'"
        + ofTheFlood
        + "}], ";
  }

  /// How the bodies of a flood are framed.
  private enum Form {
    JSON,
    CHUNKED,
    MULTIPART,
    ROUTED
  }

  private static String head(Form form, long length) {
    String path = form == Form.ROUTED ? "/route/llama/v1/audio" : CHAT;
    String type =
        form == Form.MULTIPART ? "multipart/form-data; boundary=b" : "application/octet-stream";
    String framing =
        form == Form.CHUNKED ? "Transfer-Encoding: chunked" : "Content-Length: " + length;
    return "POST "
        + path
        + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer flood\r\nContent-Type: "
        + (form == Form.JSON || form == Form.CHUNKED ? "application/json" : type)
        + "\r\n"
        + framing
        + "\r\n\r\n";
  }

  /// The first bytes of a body that announces one byte more.
  private static String almost(Form form, int length) {
    String begin =
        switch (form) {
          case JSON, CHUNKED -> BEGIN;
          case MULTIPART ->
              "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nllama\r\n"
                  + "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n";
          case ROUTED -> "audio";
        };
    String body = begin + "x".repeat(length - begin.length());
    return form == Form.CHUNKED ? Integer.toHexString(length + 1) + "\r\n" + body : body;
  }

  private RawCaller stall(RouterUnderTest router, Form form, int bytes) {
    RawCaller caller = router.caller();
    flood.add(caller);
    String message = head(form, bytes + 1L) + almost(form, bytes);
    caller.sendMeanwhile(message.getBytes(StandardCharsets.US_ASCII));
    return caller;
  }

  private static void awaitHeld(RouterUnderTest router, long bytes) {
    Waiting.await(
        bytes + " bytes to be held",
        () -> router.gauge("bufferedBytes") >= bytes,
        () -> router.gauges().toString());
  }

  private static void leave(List<RawCaller> callers) {
    callers.forEach(RawCaller::close);
    callers.clear();
  }

  private static void assertLogged(RouterUnderTest router, String rule) {
    Waiting.await("the rule's name in the log", () -> router.out().contains(rule), router::out);
  }

  /// A body takes 16 KiB, whatever it announces. One that begins quickly takes its first segment of
  /// 128 KiB at once while there is plenty. A quarter of the 7 MiB for large bodies stays free: 48
  /// bodies take 16 KiB of the reserve and 112 KiB of the rest, and those after them 16 KiB only.
  @ParameterizedTest
  @CsvSource({"100, 3, 48", "4096, 3, 384", "4096, 48, 6144", "4096, 49, 6160", "4096, 60, 6336"})
  void anAnnouncedLengthTakesOneSegmentAtMost(int sent, int callers, int heldKib) {
    try (var router = RouterUnderTest.of(config(""))) {
      for (int i = 0; i < callers; i++) {
        RawCaller caller = router.caller();
        flood.add(caller);
        long before = router.gauge("bufferedBytes");
        caller.send(head(Form.JSON, 7 * MIB - 1) + almost(Form.JSON, sent));
        awaitHeld(router, before + 16 * KIB);
      }
      awaitHeld(router, (long) heldKib * KIB);
      assertEquals((long) heldKib * KIB, router.gauge("bufferedBytes"));
      assertEquals(200, router.ask(PROMPT).status());
      leave(flood);
    }
  }

  @Test
  void aBodyOfWhichNothingCameHoldsNothing() {
    try (var router = RouterUnderTest.of(config(""))) {
      RawCaller expecting = router.caller();
      flood.add(expecting);
      expecting.send(
          "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
              + "Content-Length: 50000\r\n\r\n");
      assertEquals(100, expecting.readHead().status());
      RawCaller silent = router.caller();
      flood.add(silent);
      silent.send(head(Form.CHUNKED, 0));
      assertEquals(200, router.ask(PROMPT).status());
      assertEquals(0, router.gauge("bufferedBytes"));
      leave(flood);
    }
  }

  @ParameterizedTest
  @EnumSource(Form.class)
  void aTokenThatStallsManyBodiesMakesRoomForAnother(Form form) {
    // The share of uploads that are passed on is 64 KiB each.
    int each = form == Form.ROUTED ? 64 * KIB : MIB;
    // The others fill what large bodies may hold and no more: a flood that waits for room itself
    // ends
    // its own slowest bodies first, by another rule.
    int count = form == Form.ROUTED ? 200 : 7;
    try (var router = RouterUnderTest.of(config(tokens("")))) {
      for (int i = 0; i < count; i++) stall(router, form, each - KIB);
      awaitHeld(router, form == Form.ROUTED ? 4 * MIB : 7 * MIB - 64 * KIB);
      assertEquals(200, router.ask(PROMPT).status());
      if (form != Form.ROUTED) {
        assertLogged(router, "maxBufferedShare");
      }
      leave(flood);
    }
  }

  @Test
  void operatorsWithoutAnAccessLogAreToldOfTheRuleOnStderr() {
    String config = config(tokens("")).replace("'json'", "'off'");
    try (var router = RouterUnderTest.of(config)) {
      router.expectFaults();
      for (int i = 0; i < 7; i++) stall(router, Form.JSON, MIB - KIB);
      awaitHeld(router, 7 * MIB - 64 * KIB);
      assertEquals(200, router.ask(PROMPT).status());
      Waiting.await(
          "the rule's name",
          () -> router.err().contains("by the rule maxBufferedShare: the last one of caller flood"),
          router::err);
      assertEquals("", router.out());
      leave(flood);
    }
  }

  @Test
  void withoutTokensTheSlowestBodiesMakeRoom() {
    try (var router = RouterUnderTest.of(config("'trustedProxies': ['127.0.0.1'], "))) {
      for (int i = 0; i < 12; i++) stall(router, Form.JSON, MIB - KIB);
      awaitHeld(router, 6 * MIB);
      assertEquals(200, router.ask(PROMPT).status());
      assertLogged(router, "maxBufferedBytes, slowest body");
      leave(flood);
    }
  }

  @Test
  void manyStalledSmallBodiesLeaveRoomForASmallOne() {
    try (var router = RouterUnderTest.of(config(tokens("")))) {
      for (int i = 0; i < 600; i++) stall(router, Form.JSON, 15 * KIB);
      awaitHeld(router, 8 * MIB - 64 * KIB);
      Request small = Request.post(CHAT, BEGIN + "\"}").withToken("honest");
      assertEquals(200, router.ask(small).status());
      leave(flood);
    }
  }

  @Test
  void anEndedBodyIsTold503AndItsConnectionCloses() {
    try (var router = RouterUnderTest.of(config(tokens("")))) {
      for (int i = 0; i < 12; i++) stall(router, Form.JSON, MIB - KIB);
      awaitHeld(router, 6 * MIB);
      assertEquals(200, router.ask(PROMPT).status());
      Waiting.await(
          "an ended body to be told",
          () -> flood.stream().anyMatch(RawCaller::isClosedByPeer),
          () -> router.gauges().toString());
      for (RawCaller caller : flood) {
        if (!caller.isClosedByPeer()) continue;
        Answer answer = caller.read();
        assertEquals(503, answer.status());
        assertEquals(Optional.of("overloaded"), answer.jsonString("code"));
        assertEquals(Optional.of("true"), answer.field("x-should-retry"));
      }
      leave(flood);
    }
  }

  @Test
  void slowBodiesGoOnWhileThereIsRoom() {
    try (var router = RouterUnderTest.of(config(tokens("")))) {
      RawCaller slow = stall(router, Form.JSON, MIB - KIB);
      awaitHeld(router, MIB);
      for (int i = 0; i < 5; i++) assertEquals(200, router.ask(PROMPT).status());
      assertFalse(slow.isClosedByPeer());
      leave(flood);
    }
  }

  @Test
  void bodiesThatWaitAtABackendAreNotEnded() {
    backend.always(holdUntilHangUp());
    try (var router = RouterUnderTest.of(config(tokens("")))) {
      Request large = Request.post(CHAT, BEGIN + "y".repeat(MIB) + "\"}").withToken("flood");
      for (int i = 0; i < 6; i++) {
        RawCaller caller = router.caller();
        flood.add(caller);
        caller.sendMeanwhile(large.bytes());
      }
      backend.awaitRequests(6);
      Request late = Request.post(CHAT, BEGIN + "y".repeat(2 * MIB) + "\"}").withToken("honest");
      assertEquals(503, router.ask(late).status());
      for (RawCaller caller : flood) assertFalse(caller.isClosedByPeer());
      leave(flood);
    }
  }

  @Test
  void aBlockedTokenIsRefusedBeforeItsBody() {
    try (var router = RouterUnderTest.of(config(tokens(", 'rpm': 0")))) {
      RawCaller caller = router.caller();
      flood.add(caller);
      caller.send(head(Form.JSON, 5 * MIB));
      Answer answer = caller.read();
      assertEquals(429, answer.status());
      assertEquals(Optional.of("false"), answer.field("x-should-retry"));
      assertEquals(Optional.of("0"), answer.field("x-ratelimit-limit-requests"));
      assertEquals(0, router.gauge("bufferedBytes"));
    }
  }

  @Test
  void anEmptyBucketRefusesBeforeTheBodyAndSpendsNothing() {
    try (var router = RouterUnderTest.of(config(tokens(", 'rpm': 2")))) {
      Request unknown = Request.post(CHAT, "{\"model\":\"other\"}").withToken("flood");
      assertEquals(404, router.ask(unknown).status(), "which is not counted");
      Request fine = Request.post(CHAT, BEGIN + "\"}").withToken("flood");
      assertEquals(200, router.ask(fine).status());
      assertEquals(200, router.ask(fine).status());
      RawCaller caller = router.caller();
      flood.add(caller);
      caller.send(head(Form.JSON, 5 * MIB));
      Answer answer = caller.read();
      assertEquals(429, answer.status());
      assertEquals(Optional.of("2"), answer.field("x-ratelimit-limit-requests"));
      assertEquals(Optional.of("0"), answer.field("x-ratelimit-remaining-requests"));
      assertTrue(answer.field("Retry-After").isPresent());
    }
  }

  @Test
  void aTokenWithAllItsRequestsInHandIsRefusedBeforeTheBody() {
    backend.always(holdUntilHangUp());
    try (var router = RouterUnderTest.of(config(tokens(", 'maxConcurrent': 1")))) {
      RawCaller first = router.caller();
      flood.add(first);
      first.send(Request.post(CHAT, BEGIN + "\"}").withToken("flood"));
      backend.awaitRequests(1);
      RawCaller second = router.caller();
      flood.add(second);
      second.send(head(Form.JSON, 5 * MIB).replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n"));
      Answer answer = second.read();
      assertEquals(429, answer.status(), "and no 100 before it");
      assertEquals(Optional.of("rate_limit_exceeded"), answer.jsonString("code"));
      leave(flood);
    }
  }
}
