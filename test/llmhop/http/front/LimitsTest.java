package llmhop.http.front;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import llmhop.http.wire.MultipartException;
import llmhop.http.wire.MultipartScan;
import llmhop.kit.RawCaller;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.Test;

/// Each row of the table of limits, at the limit and one past it.
class LimitsTest {
  private static final String HOST = "Host: a\r\n";
  private static final String GET = "GET / HTTP/1.1\r\n" + HOST + "\r\n";

  /// Which rows a test shows at the limit.
  @Retention(RetentionPolicy.RUNTIME)
  @interface At {
    Limit[] value();
  }

  /// Which rows a test shows one past it.
  @Retention(RetentionPolicy.RUNTIME)
  @interface Past {
    Limit[] value();
  }

  @Test
  void everyRowHasItsCaseAtTheLimitAndOnePastIt() {
    Set<Limit> at = EnumSet.noneOf(Limit.class);
    Set<Limit> past = EnumSet.noneOf(Limit.class);
    List<Method> methods = new ArrayList<>(List.of(LimitsTest.class.getDeclaredMethods()));
    methods.addAll(List.of(HeapTest.class.getDeclaredMethods()));
    for (Method method : methods) {
      if (method.isAnnotationPresent(Test.class)) {
        Optional.ofNullable(method.getAnnotation(At.class)).ifPresent(a -> add(at, a.value()));
        Optional.ofNullable(method.getAnnotation(Past.class)).ifPresent(p -> add(past, p.value()));
      }
    }
    assertEquals(EnumSet.allOf(Limit.class), at, "at the limit");
    assertEquals(EnumSet.allOf(Limit.class), past, "one past it");
  }

  private static void add(Set<Limit> seen, Limit[] limits) {
    seen.addAll(List.of(limits));
  }

  @Test
  void theDocumentationHasTheTableOfTheCode() throws IOException {
    String docs = Files.readString(Path.of("docs/limits.md"));
    assertTrue(docs.contains(Limit.table()), () -> "docs/limits.md must hold\n" + Limit.table());
  }

  // ---- time, moved by hand

  private static final long SECOND = 1_000_000_000L;

  private static Deadlines doing(Doing what) {
    var deadlines = new Deadlines(Limits.DEFAULT);
    deadlines.doing(what);
    deadlines.look(0);
    return deadlines;
  }

  private static Deadlines body() {
    var deadlines = new Deadlines(Limits.DEFAULT);
    deadlines.doing(Doing.HANDLING);
    deadlines.body();
    deadlines.look(0);
    return deadlines;
  }

  private static void assertOver(Doing what, Duration limit) {
    long nanos = limit.toNanos();
    assertEquals(Optional.empty(), doing(what).look(nanos - 1), what + " at the limit");
    Deadlines over = doing(what);
    assertEquals(Optional.of(what), over.look(nanos), what + " past it");
    assertEquals(Optional.empty(), over.look(nanos * 2), "told once");
    Deadlines changed = doing(what);
    changed.doing(what);
    assertEquals(Optional.empty(), changed.look(nanos), "another one of its kind has begun");
  }

  @Test
  @At({Limit.HEAD_TIME, Limit.IDLE_TIME, Limit.WRITE_STALL, Limit.LINGER_TIME})
  @Past({Limit.HEAD_TIME, Limit.IDLE_TIME, Limit.WRITE_STALL, Limit.LINGER_TIME})
  void timesAreOverWhenTheyAreOver() {
    assertOver(Doing.FRESH, Limits.DEFAULT.head());
    assertOver(Doing.HEAD, Limits.DEFAULT.head());
    assertOver(Doing.IDLE, Limits.DEFAULT.idle());
    assertOver(Doing.WRITING, Limits.DEFAULT.writeStall());
    assertOver(Doing.LINGERING, Limits.LINGER);
    assertEquals(Optional.empty(), doing(Doing.HANDLING).look(Long.MAX_VALUE / 2), "no limit");
  }

  @Test
  @At(Limit.BODY_STALL)
  @Past(Limit.BODY_STALL)
  void aBodyMustMakeProgressAsLongAsItIsWaitedFor() {
    long stall = Limits.DEFAULT.bodyStall().toNanos();
    Deadlines slow = body();
    for (int span = 1; span <= 100; span++) {
      slow.came(Limits.BODY_PROGRESS);
      slow.waiting();
      assertEquals(Optional.empty(), slow.look(span * stall), "a slow honest upload");
    }
    Deadlines drip = body();
    drip.came(Limits.BODY_PROGRESS - 1);
    drip.waiting();
    assertEquals(Optional.empty(), drip.look(stall - 1));
    assertEquals(Optional.of(Doing.BODY), drip.look(stall));
    Deadlines unread = body();
    unread.came(0);
    assertEquals(Optional.empty(), unread.look(100 * stall), "we don't read, so it can't come");
    unread.waiting();
    assertEquals(Optional.empty(), unread.look(100 * stall + SECOND));
  }

  @Test
  void aHeadThatTakesTooLongIsToldSoAndASilentCallerIsOnlyClosed() {
    try (var front = FrontUnderTest.echoing(FrontUnderTest.quick())) {
      try (RawCaller caller = front.caller()) {
        caller.send("GET / HT");
        assertEquals(408, caller.read().status());
        caller.awaitClosedByPeer();
      }
      try (RawCaller silent = front.caller()) {
        silent.awaitClosedByPeer();
      }
      try (RawCaller idle = front.caller()) {
        idle.send(GET);
        assertEquals(200, idle.read().status());
        idle.awaitClosedByPeer();
      }
      assertEquals(List.of(Fault.TIMEOUT), front.refused());
    }
  }

  // ---- sizes and counts

  private static int status(Limits limits, String request) {
    try (var front = FrontUnderTest.echoing(limits);
        RawCaller caller = front.caller()) {
      caller.send(request);
      return caller.read().status();
    }
  }

  private static String head(int bytes) {
    String start = "GET / HTTP/1.1\r\n" + HOST + "X: ";
    return start + "x".repeat(bytes - start.length() - 4) + "\r\n\r\n";
  }

  @Test
  @At(Limit.HEAD_BYTES)
  @Past(Limit.HEAD_BYTES)
  void aHeadMayBeSoLong() {
    for (int bytes : new int[] {1024, Limits.DEFAULT.headBytes()}) {
      Limits limits = FrontUnderTest.sizes(10, bytes, 100);
      assertEquals(200, status(limits, head(bytes)), bytes + " bytes");
      assertEquals(431, status(limits, head(bytes + 1)), bytes + 1 + " bytes");
    }
  }

  @Test
  @At(Limit.TARGET_BYTES)
  @Past(Limit.TARGET_BYTES)
  void aTargetMayBeHalfOfIt() {
    Limits limits = FrontUnderTest.sizes(10, 2048, 100);
    String target = "/" + "a".repeat(1023);
    String rest = " HTTP/1.1\r\n" + HOST + "\r\n";
    assertEquals(200, status(limits, "GET " + target + rest));
    assertEquals(414, status(limits, "GET " + target + "a" + rest));
    assertEquals(414, status(limits, "GET /" + "a".repeat(100_000) + rest), "over the head, too");
  }

  @Test
  @At(Limit.FIELDS)
  @Past(Limit.FIELDS)
  void thereMayBeSoManyFields() {
    Limits limits = FrontUnderTest.sizes(10, 64 * 1024, 100);
    String start = "GET / HTTP/1.1\r\n" + HOST;
    assertEquals(200, status(limits, start + "X: y\r\n".repeat(99) + "\r\n"));
    assertEquals(431, status(limits, start + "X: y\r\n".repeat(100) + "\r\n"));
  }

  @Test
  @At(Limit.METHOD)
  @Past(Limit.METHOD)
  void aMethodMayBeSoLong() {
    String rest = " / HTTP/1.1\r\n" + HOST + "\r\n";
    assertEquals(200, status(Limits.DEFAULT, "M".repeat(32) + rest));
    assertEquals(400, status(Limits.DEFAULT, "M".repeat(33) + rest));
  }

  @Test
  @At(Limit.CONNECTION_OPTIONS)
  @Past(Limit.CONNECTION_OPTIONS)
  void connectionMayHaveSoManyOptions() {
    String start = "GET / HTTP/1.1\r\n" + HOST + "Connection: a\r\nConnection: b";
    assertEquals(200, status(Limits.DEFAULT, start + ",x".repeat(98) + "\r\n\r\n"));
    assertEquals(400, status(Limits.DEFAULT, start + ",x".repeat(99) + "\r\n\r\n"));
  }

  private static int bodyStatus(String chunks) {
    try (var front = FrontUnderTest.of(http -> Bodies.echoOrRefuse(RawExchange.of(http)));
        RawCaller caller = front.caller()) {
      caller.send("POST / HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n" + chunks);
      return caller.read().status();
    }
  }

  @Test
  @At(Limit.CHUNK_LINE)
  @Past(Limit.CHUNK_LINE)
  void theLineOfAChunksSizeMayBeSoLong() {
    String rest = "\r\n{}\r\n0\r\n\r\n";
    assertEquals(200, bodyStatus("2;" + "x".repeat(4094) + rest));
    assertEquals(400, bodyStatus("2;" + "x".repeat(4095) + rest));
    assertEquals(200, bodyStatus("0".repeat(4095) + "2" + rest));
    assertEquals(400, bodyStatus("0".repeat(4096) + "2" + rest));
  }

  @Test
  @At(Limit.CHUNK_EXTENSIONS)
  @Past(Limit.CHUNK_EXTENSIONS)
  void extensionsOfABodysChunksMayBeSoLongTogether() {
    String most = ("1;" + "e".repeat(1023) + "\r\nx\r\n").repeat(64);
    assertEquals(200, bodyStatus(most + "0\r\n\r\n"));
    assertEquals(400, bodyStatus(most + "0;\r\n\r\n"));
  }

  /// Feeds a form whose parts have these heads.
  private static boolean isTaken(String... heads) {
    try {
      var scan = new MultipartScan("multipart/form-data; boundary=b", "model", 64);
      for (String head : heads) {
        byte[] part = ("--b\r\n" + head + "\r\n\r\nv\r\n").getBytes(StandardCharsets.UTF_8);
        scan.feed(part, 0, part.length);
      }
      scan.feed("--b--".getBytes(StandardCharsets.UTF_8), 0, 5);
      scan.finish();
      return true;
    } catch (MultipartException e) {
      return false;
    }
  }

  private static String partHead(int bytes) {
    String start = "Content-Disposition: form-data; name=x\r\nX: ";
    return start + "y".repeat(bytes - start.length() - "\r\n\r\n".length());
  }

  @Test
  @At(Limit.FORM_PARTS)
  @Past(Limit.FORM_PARTS)
  void formMayHaveSoManyParts() {
    String[] most = Collections.nCopies(1000, partHead(60)).toArray(String[]::new);
    assertTrue(isTaken(most));
    assertFalse(isTaken(Collections.nCopies(1001, partHead(60)).toArray(String[]::new)));
  }

  @Test
  @At({Limit.FORM_HEAD, Limit.FORM_HEADS})
  @Past({Limit.FORM_HEAD, Limit.FORM_HEADS})
  void headsOfAFormsPartsMayBeSoLong() {
    assertTrue(isTaken(partHead(16 * 1024)));
    assertFalse(isTaken(partHead(16 * 1024 + 1)));
    String[] most = Collections.nCopies(16, partHead(16 * 1024)).toArray(String[]::new);
    assertTrue(isTaken(most));
    most[0] = partHead(16 * 1024 - 60);
    String[] over = Arrays.copyOf(most, 17);
    over[16] = partHead(61);
    assertFalse(isTaken(over));
    over[16] = partHead(60);
    assertTrue(isTaken(over));
  }

  @Test
  @At(Limit.TRAILERS)
  @Past(Limit.TRAILERS)
  void trailersMayBeSoLong() {
    String last = "2\r\n{}\r\n0\r\n";
    // The carriage returns count: two of one trailer, one of each other.
    String longest = "X:" + "y".repeat(16 * 1024 - 4);
    assertEquals(200, bodyStatus(last + longest + "\r\n\r\n"));
    assertEquals(400, bodyStatus(last + longest + "y\r\n\r\n"));
    String many = "X:y\r\n".repeat(16 * 1024 / 4 - 1);
    assertEquals(200, bodyStatus(last + many + "X:\r\n\r\n"));
    assertEquals(400, bodyStatus(last + many + "X:y\r\n\r\n"));
  }

  @Test
  @At(Limit.LINGER_BYTES)
  @Past(Limit.LINGER_BYTES)
  void whoIsRefusedMaySendSoMuchMore() {
    try (var front =
            FrontUnderTest.of(http -> FrontUnderTest.answer(RawExchange.of(http), 413, ""));
        RawCaller caller = front.caller()) {
      caller.send("POST / HTTP/1.1\r\n" + HOST + "Content-Length: 9999999999\r\n\r\n");
      assertEquals(413, caller.read().status());
      byte[] piece = new byte[1024 * 1024];
      for (long left = Limits.LINGER_BYTES - 1; left > 0; left -= piece.length) {
        caller.send(Arrays.copyOf(piece, (int) Math.min(left, piece.length)));
      }
      assertEquals(1, front.server().connections(), "it is heard out");
      caller.send(new byte[1]);
      Waiting.await("it to be cut", () -> front.server().connections() == 0);
    }
  }

  @Test
  @At(Limit.RESERVED)
  @Past(Limit.RESERVED)
  void soManyConnectionsBeyondTheLimitAreReadAtATime() {
    List<RawCaller> callers = new ArrayList<>();
    var go = new CountDownLatch(1);
    var handled = new AtomicInteger();
    try (var front =
        FrontUnderTest.of(
            FrontUnderTest.sizes(1, 64 * 1024, 100),
            http -> {
              handled.incrementAndGet();
              await(go);
              FrontUnderTest.answer(RawExchange.of(http), 200, "");
            })) {
      for (int i = 0; i <= Limits.RESERVED; i++) {
        RawCaller caller = front.caller();
        callers.add(caller);
        caller.send("GET /health HTTP/1.1\r\n" + HOST + "\r\n");
        int expected = i + 1;
        Waiting.await("the request to be handled", () -> handled.get() == expected);
      }
      assertEquals(1, front.server().connections());
      try (RawCaller untold = front.caller()) {
        untold.awaitClosedByPeer();
      }
      go.countDown();
      for (RawCaller caller : callers) {
        assertEquals(200, caller.read().status());
      }
      callers.forEach(RawCaller::close);
      Waiting.await("there is room again", () -> front.server().connections() == 0);
      assertEquals(200, status(front));
    }
  }

  @Test
  @At(Limit.RESERVED_HEAD)
  @Past(Limit.RESERVED_HEAD)
  void callerBeyondTheLimitIsToldSoWhenItsHeadDoesNotCome() {
    long nanos = Limits.RESERVED_HEAD.toNanos();
    Deadlines fresh = doing(Doing.FRESH);
    fresh.look(nanos - 1);
    assertTrue(fresh.age(nanos - 1) < nanos, "at the limit");
    assertEquals(nanos, fresh.age(nanos), "past it");
    var go = new CountDownLatch(1);
    var handled = new AtomicInteger();
    try (var front =
            FrontUnderTest.of(
                FrontUnderTest.sizes(1, 64 * 1024, 100),
                http -> {
                  handled.incrementAndGet();
                  await(go);
                  FrontUnderTest.answer(RawExchange.of(http), 200, "");
                });
        RawCaller busy = front.caller()) {
      busy.send(GET);
      Waiting.await("the slot to be taken", () -> handled.get() == 1);
      try (RawCaller silent = front.caller()) {
        assertEquals(503, silent.read().status());
      }
      try (RawCaller half = front.caller()) {
        half.send("GET /health HT");
        assertEquals(503, half.read().status());
      }
      go.countDown();
      assertEquals(200, busy.read().status());
    }
  }

  private static int status(FrontUnderTest front) {
    try (RawCaller caller = front.caller()) {
      caller.send(GET);
      return caller.read().status();
    }
  }

  @Test
  @At(Limit.CONNECTIONS)
  @Past(Limit.CONNECTIONS)
  void thereMayBeSoManyConnectionsAndAFreeSlotIsUsableAtOnce() {
    var go = new CountDownLatch(1);
    try (var front =
        FrontUnderTest.of(
            FrontUnderTest.sizes(3, 64 * 1024, 100),
            http -> {
              if (RawExchange.of(http).target().equals("/wait")) {
                await(go);
              }
              FrontUnderTest.answer(RawExchange.of(http), 200, "");
            })) {
      List<RawCaller> callers = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        RawCaller caller = front.caller();
        callers.add(caller);
        caller.send("GET /wait HTTP/1.1\r\n" + HOST + "\r\n");
      }
      Waiting.await("all slots to be taken", () -> front.server().connections() == 3);
      for (int round = 0; round < 100; round++) {
        try (RawCaller tooMany = front.caller()) {
          tooMany.send(GET);
          assertEquals(503, tooMany.read().status());
        }
      }
      go.countDown();
      for (RawCaller caller : callers) {
        assertEquals(200, caller.read().status());
      }
      callers.removeFirst().close();
      Waiting.await("a slot is free", () -> front.server().connections() == 2);
      try (RawCaller next = front.caller()) {
        next.send(GET);
        assertEquals(200, next.read().status());
      }
      callers.forEach(RawCaller::close);
    }
  }

  @Test
  @At(Limit.READ_AHEAD)
  @Past(Limit.READ_AHEAD)
  void whatACallerSendsMeanwhileIsKeptAndNoMoreThanThatIsRead() {
    var go = new CountDownLatch(1);
    try (var front =
            FrontUnderTest.of(
                http -> {
                  RawExchange x = RawExchange.of(http);
                  if (x.target().equals("/wait")) {
                    x.watch(() -> {});
                    await(go);
                  }
                  FrontUnderTest.answer(x, 200, x.target());
                });
        RawCaller caller = front.caller()) {
      String wait = "GET /wait HTTP/1.1\r\n" + HOST + "\r\n";
      int many = 3 * Limits.READ_AHEAD / GET.length();
      Thread sender = caller.sendMeanwhile((wait + GET.repeat(many)).getBytes());
      Waiting.await("the sender is through or stopped", () -> !sender.isAlive());
      assertFalse(caller.isClosedByPeer());
      go.countDown();
      assertEquals("/wait", caller.read().text());
      for (int i = 0; i < many; i++) {
        assertEquals("/", caller.read().text());
      }
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
