package llmhop.wire;

import static llmhop.kit.Steps.answerJson;
import static llmhop.kit.Steps.byRequest;
import static llmhop.kit.Steps.chunk;
import static llmhop.kit.Steps.close;
import static llmhop.kit.Steps.event;
import static llmhop.kit.Steps.hold;
import static llmhop.kit.Steps.holdUntilHangUp;
import static llmhop.kit.Steps.lastChunk;
import static llmhop.kit.Steps.raw;
import static llmhop.kit.Steps.sseHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import llmhop.kit.Answer;
import llmhop.kit.Chunk;
import llmhop.kit.Gate;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.ScriptedBackend;
import llmhop.kit.Stage;
import llmhop.kit.Step;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Streams on the pump, through the whole program: slow readers, broken backends, limits, many.
@Timeout(120)
class StreamsTest {
  private static final Request STREAM =
      Request.post("/v1/chat/completions", "{\"model\":\"llama\",\"stream\":true}");
  private static final String PIECE = "0123456789abcdef".repeat(2048);

  private ScriptedBackend backend;

  @BeforeEach
  void start() throws IOException {
    backend = ScriptedBackend.onTcp();
  }

  @AfterEach
  void end() {
    backend.close();
  }

  /// Writes so many chunks, and counts them.
  private static Step pieces(int count, AtomicLong written) {
    return visit -> {
      for (int i = 0; i < count; i++) {
        chunk(PIECE).perform(visit);
        written.incrementAndGet();
      }
    };
  }

  private static void awaitStandstill(AtomicLong written) {
    long[] last = {0, System.nanoTime()};
    Waiting.await(
        "the backend to be stopped",
        () -> {
          long now = written.get();
          if (now != last[0]) {
            last[0] = now;
            last[1] = System.nanoTime();
          }
          return now > 0 && System.nanoTime() - last[1] > 200_000_000L;
        });
  }

  @Test
  void aCallerThatDoesNotReadStopsTheBackendAndGetsEveryByteLater() {
    int count = 50 * 1024 * 1024 / PIECE.length();
    var written = new AtomicLong();
    backend.next(sseHead(), pieces(count, written), lastChunk());
    try (var router = RouterUnderTest.to(backend);
        RawCaller caller = router.caller()) {
      caller.send(STREAM);
      awaitStandstill(written);
      assertTrue(written.get() < count, "the backend sent all of it");
      caller.readHead();
      for (int i = 0; i < count; i++) {
        assertEquals(PIECE, caller.readChunk().map(Chunk::text).orElseThrow(), "chunk " + i);
      }
      assertEquals(Optional.empty(), caller.readChunk().filter(last -> last.data().length > 0));
    }
    assertEquals(1, backend.connections());
  }

  @Test
  void aCallerThatReadsSlowlyIsNotHeldAgainstTheBackend() {
    int count = 400;
    var written = new AtomicLong();
    backend.next(sseHead(), pieces(count, written), lastChunk());
    try (var router = RouterUnderTest.to(backend, "'timeouts': {'idle': '300ms'}");
        RawCaller caller = router.caller()) {
      caller.send(STREAM);
      awaitStandstill(written);
      WaitingTime.pass(700);
      Answer answer = caller.read();
      assertSame(Answer.End.LAST_CHUNK, answer.end());
      assertEquals(count * PIECE.length(), answer.body().length);
    }
  }

  /// An event of ours in the midst of what the caller never got would be taken for a part of it.
  @Test
  void nothingFollowsWhereBytesForASlowCallerWereDroppedAtALimit() throws IOException {
    String events = "data: 0123456789\n\n";
    backend.next(
        sseHead(),
        visit -> {
          while (true) {
            chunk(events.repeat(100)).perform(visit);
          }
        });
    try (var router = RouterUnderTest.to(backend, "'timeouts': {'total': '700ms'}");
        RawCaller caller = router.caller()) {
      caller.send(STREAM);
      backend.awaitHangUp(1);
      Answer answer = caller.read();
      assertSame(Answer.End.CUT, answer.end());
      assertFalse(answer.text().contains("error"), "an error event in the midst of a chunk");
    } finally {
      backend.forgetProblems();
    }
  }

  @Test
  void aCallerMayReadByteByByte() throws IOException {
    backend.next(sseHead(), event("one"), raw("01F\r\n" + "x".repeat(31) + "\r\n"), lastChunk());
    try (var router = RouterUnderTest.to(backend);
        var socket = new Socket()) {
      socket.setReceiveBufferSize(1024);
      socket.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), router.port()));
      socket.getOutputStream().write(STREAM.with("Connection: close").bytes());
      var all = new StringBuilder();
      for (int octet = socket.getInputStream().read();
          octet >= 0;
          octet = socket.getInputStream().read()) {
        all.append((char) octet);
      }
      assertTrue(all.toString().endsWith("\r\n0\r\n\r\n"), all::toString);
      String body = all.substring(all.indexOf("\r\n\r\n") + 4);
      assertEquals("data: one\n\n" + "x".repeat(31), body.replaceAll("[0-9a-f]+\r\n|\r\n", ""));
    }
  }

  // ---- broken backends

  private Answer ask(RouterUnderTest router, Step... steps) {
    // First an event that is taken by itself, so that the rest is the pump's.
    Stage stage = new Stage();
    backend.next(sseHead(), stage);
    try (RawCaller caller = router.caller()) {
      caller.send(STREAM);
      stage.event("one");
      caller.readHead();
      caller.readUntil("one\n\n");
      stage.perform(steps);
      stage.leave();
      return caller.read();
    }
  }

  @Test
  void aBackendThatDiesBetweenEventsLeavesAnErrorEventAndNoLastChunk() {
    try (var router = RouterUnderTest.to(backend)) {
      Answer answer = ask(router, event("two"), close());
      assertSame(Answer.End.CUT, answer.end());
      assertTrue(answer.text().contains("data: two\n\n"), answer::text);
      assertTrue(answer.text().substring(11).contains("backend"), answer::text);
      assertTrue(answer.text().endsWith("\n\n"), answer::text);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "20\r\ndata: half", // in the midst of a chunk
        "a\r\ndata: half\r\n", // behind a chunk, within an event
        "c\r\ndata: whole\n\r\nrubbish", // no chunk
        "a\r\ndata: halfXX", // longer than its size
        "a\r\ndata: half", // before the end of its line
        "a\r\ndata: half\r", // and in it
        "fffffffffffffffff\r\n", // too large
        "-1\r\n", // no size
      })
  void aBackendThatBreaksWithinAnEventLeavesNothingBehindIt(String sent) {
    try (var router = RouterUnderTest.to(backend)) {
      Answer answer = ask(router, raw(sent), close());
      assertSame(Answer.End.CUT, answer.end());
      boolean between = !sent.contains("data");
      assertEquals(between, answer.text().contains("error"), answer::text);
    }
    backend.forgetProblems();
  }

  /// An event would not fit into the length that was announced, or would make it look whole.
  @Test
  void aStreamOfAnnouncedLengthIsCutWithoutAnEvent() {
    backend.next(
        raw("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 400\r\n\r\n"),
        raw("data: one\n\n"),
        close());
    try (var router =
        RouterUnderTest.of(
            "{'log': 'text', 'models': {'llama': {'url': '%s'}}}".formatted(backend.url()))) {
      Answer answer = router.ask(STREAM);
      assertSame(Answer.End.CUT, answer.end());
      assertEquals("data: one\n\n", answer.text());
      Waiting.await("its line", () -> router.out().contains("backend_bad_reply"), router::out);
    }
    backend.forgetProblems();
  }

  @Test
  void chunksInAnySpellingReachTheCallerInThePlainestOne() {
    try (var router = RouterUnderTest.to(backend)) {
      Stage stage = new Stage();
      backend.next(sseHead(), stage);
      try (RawCaller caller = router.caller()) {
        caller.send(STREAM);
        caller.readHead();
        stage.perform(raw("0000B;x=\"y\"\r\ndata: one\n\n\r\n00B\r\ndata: two\n\n\r\n"));
        stage.perform(raw("1"), raw("0"), raw(";"), raw("a\r"), raw("\n"), raw("0123456789abcdef"));
        stage.perform(raw("\r"), raw("\n"), raw("0;last\r\nTrailer: x\r\n\r\n"));
        stage.leave();
        var chunks = new ArrayList<String>();
        for (Optional<Chunk> next = caller.readChunk();
            next.isPresent();
            next = caller.readChunk()) {
          chunks.add(next.get().sizeLine() + " " + next.get().text());
        }
        assertEquals(List.of("b data: one\n\n", "b data: two\n\n", "10 0123456789abcdef"), chunks);
      }
    }
  }

  @Test
  void aConnectionLivesOnBehindAWholeStreamAndNotBehindABrokenOneOrOneWithMore() {
    try (var router = RouterUnderTest.to(backend)) {
      assertTrue(ask(router, event("two"), lastChunk()).clean());
      assertTrue(ask(router, event("two"), lastChunk()).clean());
      assertEquals(1, backend.connections());
      assertTrue(ask(router, event("two"), raw("0\r\n\r\nHTTP/1.1 200 OK\r\n")).clean());
      assertTrue(ask(router, event("two"), lastChunk()).clean());
      assertEquals(2, backend.connections());
      assertFalse(ask(router, event("two"), raw("x"), holdUntilHangUp()).clean());
      assertTrue(ask(router, event("two"), lastChunk()).clean());
      assertEquals(3, backend.connections());
    }
  }

  // ---- limits

  @Test
  void aLimitInMidStreamLeavesAnErrorEvent() {
    for (String limit : List.of("idle", "total")) {
      try (var router = RouterUnderTest.to(backend, "'timeouts': {'" + limit + "': '300ms'}")) {
        Answer answer = ask(router, event("two"), holdUntilHangUp());
        assertSame(Answer.End.CUT, answer.end());
        assertTrue(answer.text().contains("timeout"), answer::text);
      }
    }
  }

  // ---- many

  @Test
  void threeHundredStreamsInRandomPiecesArriveByteForByte() throws Exception {
    int streams = 300;
    backend.always(
        byRequest(
            seen ->
                visit -> {
                  var random = new Random(Long.parseLong(seen.field("X-Seed").orElseThrow()));
                  sseHead().perform(visit);
                  byte[] bytes = framed(random).getBytes(StandardCharsets.ISO_8859_1);
                  for (int at = 0; at < bytes.length; ) {
                    int size = Math.min(bytes.length - at, 1 + random.nextInt(3_000));
                    visit.write(java.util.Arrays.copyOfRange(bytes, at, at + size));
                    at += size;
                  }
                }));
    try (var router = RouterUnderTest.to(backend);
        ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Answer>> answers = new ArrayList<>();
      for (int i = 0; i < streams; i++) {
        Request request = STREAM.with("X-Seed: " + i);
        answers.add(callers.submit(() -> router.ask(request)));
      }
      for (int i = 0; i < streams; i++) {
        Answer answer = answers.get(i).get();
        assertSame(Answer.End.LAST_CHUNK, answer.end(), "seed " + i);
        assertEquals(body(new Random(i)), answer.text(), "seed " + i);
      }
    }
  }

  private static String body(Random random) {
    StringBuilder body = new StringBuilder();
    for (String part : parts(random)) {
      body.append(part);
    }
    return body.toString();
  }

  private static List<String> parts(Random random) {
    List<String> parts = new ArrayList<>();
    for (int i = 5 + random.nextInt(20); i > 0; i--) {
      parts.add(Integer.toString(i, 36).repeat(1 + random.nextInt(4_000)));
    }
    return parts;
  }

  private static String framed(Random random) {
    StringBuilder framed = new StringBuilder();
    for (String part : parts(random)) {
      framed.append("0".repeat(part.length() % 3)).append(Integer.toHexString(part.length()));
      framed.append(part.length() % 5 == 0 ? ";x=y" : "").append("\r\n");
      framed.append(part).append("\r\n");
    }
    return framed + "0\r\n\r\n";
  }

  @Test
  void aStopWaitsForStreamsThatEndAndCutsThoseThatDoNot() throws Exception {
    var gate = new Gate();
    backend.next(sseHead(), event("one"), hold(gate), event("two"), lastChunk());
    backend.next(sseHead(), event("one"), holdUntilHangUp());
    try (var router = RouterUnderTest.to(backend);
        RawCaller ending = router.caller();
        RawCaller endless = router.caller()) {
      for (RawCaller caller : List.of(ending, endless)) {
        caller.send(STREAM);
        caller.readHead();
        caller.readUntil("one\n\n");
      }
      var stopping = Executors.newVirtualThreadPerTaskExecutor();
      Future<Integer> code =
          stopping.submit(() -> router.stop(Duration.ZERO, Duration.ofMillis(1500)));
      WaitingTime.pass(200);
      gate.open();
      assertTrue(ending.read().clean());
      assertSame(Answer.End.CUT, endless.read().end());
      backend.awaitHangUp(2);
      code.get();
      stopping.close();
    }
  }

  @Test
  void aStreamThatWasGivenUpMakesRoomForTheNext() {
    backend.next(sseHead(), event("one"), holdUntilHangUp());
    backend.next(answerJson(200, "{}"));
    try (var router = RouterUnderTest.to(backend)) {
      try (RawCaller caller = router.caller()) {
        caller.send(STREAM);
        caller.readHead();
        caller.readUntil("one\n\n");
      }
      backend.awaitHangUp(1);
      assertEquals(200, router.ask(STREAM).status());
      assertEquals(2, backend.connections());
    }
  }
}
