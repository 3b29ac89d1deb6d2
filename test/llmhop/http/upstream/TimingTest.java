package llmhop.http.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import llmhop.http.upstream.Timing.Limit;
import llmhop.http.upstream.UpstreamException.TimedOut;
import llmhop.kit.SilentPort;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.Test;

/// The limits on a backend's time. A short limit is waited for; a long one must not matter.
final class TimingTest {
  private static final Duration SHORT = Duration.ofMillis(60);
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final String HEAD = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

  private final CountDownLatch over = new CountDownLatch(1);

  @Test
  void aBackendThatSaysNothingIsOverItsFirstByte() throws Exception {
    try (Peer peer = Peer.of(this::readAndWait);
        Upstream upstream = Ask.upstream(peer.port())) {
      timedOut(Limit.FIRST_BYTE, upstream, Ask.timing(SHORT, LONG, LONG));
      timedOut(Limit.TOTAL, upstream, Ask.timing(LONG, LONG, SHORT));
      timedOut(Limit.TOTAL, upstream, Ask.timing(null, SHORT, SHORT));
      assertEquals(0, upstream.open());
    }
  }

  private void readAndWait(Peer.Line line) throws Exception {
    line.request();
    line.awaitEnd();
  }

  @Test
  void theHeadAloneIsNotTheFirstByte() throws Exception {
    try (Peer peer =
            Peer.of(
                line -> {
                  line.request();
                  line.send(HEAD);
                  line.awaitEnd();
                });
        Upstream upstream = Ask.upstream(peer.port())) {
      try (Reply reply = upstream.send(Ask.get("/"), Ask.timing(SHORT, LONG, LONG))) {
        assertEquals(Limit.FIRST_BYTE, readToFailure(reply).limit());
      }
      try (Reply reply = upstream.send(Ask.get("/"), Ask.timing(null, SHORT, SHORT))) {
        assertEquals(Limit.TOTAL, readToFailure(reply).limit());
      }
    }
  }

  @Test
  void interimAnswersAreNotTheFirstByte() throws Exception {
    try (Peer peer =
            Peer.of(
                line -> {
                  line.request();
                  line.send("HTTP/1.1 102 Processing\r\n\r\n");
                  line.awaitEnd();
                });
        Upstream upstream = Ask.upstream(peer.port())) {
      timedOut(Limit.FIRST_BYTE, upstream, Ask.timing(SHORT, LONG, LONG));
    }
  }

  @Test
  void aStreamThatStandsStillIsIdle() throws Exception {
    try (Peer peer =
            Peer.of(
                line -> {
                  line.request();
                  line.send(HEAD + "1\r\na\r\n");
                  line.awaitEnd();
                });
        Upstream upstream = Ask.upstream(peer.port())) {
      try (Reply reply = upstream.send(Ask.get("/"), Ask.timing(LONG, SHORT, LONG))) {
        assertEquals(1, reply.read(new byte[9], 0, 9));
        assertEquals(Limit.IDLE, readToFailure(reply).limit());
      }
      assertEquals(0, upstream.open());
    }
  }

  @Test
  void aStreamThatGoesOnIsNotIdleHoweverLongItTakes() throws Exception {
    Duration idle = Duration.ofSeconds(2);
    try (Peer peer =
            Peer.of(
                line -> {
                  line.request();
                  line.send(HEAD);
                  for (int i = 0; i < 12; i++) {
                    assertFalse(over.await(200, TimeUnit.MILLISECONDS));
                    line.send("1\r\na\r\n");
                  }
                  line.send("0\r\n\r\n");
                });
        Upstream upstream = Ask.upstream(peer.port())) {
      try (Reply reply = upstream.send(Ask.get("/"), Ask.timing(LONG, idle, LONG))) {
        assertEquals("a".repeat(12), Ask.text(reply));
      }
    }
  }

  @Test
  void aStreamThatGoesOnForEverIsOverItsTotal() throws Exception {
    try (Peer peer =
            Peer.of(
                line -> {
                  line.request();
                  line.send(HEAD);
                  while (!over.await(5, TimeUnit.MILLISECONDS)) {
                    line.send("1\r\na\r\n");
                  }
                });
        Upstream upstream = Ask.upstream(peer.port())) {
      try (Reply reply = upstream.send(Ask.get("/"), Ask.timing(LONG, LONG, SHORT))) {
        assertEquals(Limit.TOTAL, readToFailure(reply).limit());
      }
    }
  }

  /// A limit on the backend's time is not one on ours: between reads only the total's clock runs.
  @Test
  void aSlowReaderIsNotHeldAgainstTheBackend() throws Exception {
    try (Peer peer =
            Peer.of(
                line -> {
                  line.request();
                  line.send(HEAD);
                  line.send("1\r\na\r\n");
                  over.await(10, TimeUnit.SECONDS);
                  line.send("1\r\nb\r\n0\r\n\r\n");
                  line.awaitEnd();
                });
        Upstream upstream = Ask.upstream(peer.port())) {
      try (Reply reply = upstream.send(Ask.get("/"), Ask.timing(SHORT, SHORT, LONG))) {
        pass(SHORT.multipliedBy(3));
        assertEquals(1, reply.read(new byte[9], 0, 9));
        pass(SHORT.multipliedBy(3));
        over.countDown();
        assertEquals("b", Ask.text(reply));
      }
      assertEquals(1, upstream.idle());
    }
  }

  @Test
  void theFirstByteIsCountedFromTheEndOfTheRequest() throws Exception {
    try (Peer peer =
            Peer.of(
                line -> {
                  line.request();
                  line.send(Peer.OK);
                  line.awaitEnd();
                });
        Upstream upstream = Ask.upstream(peer.port())) {
      Duration first = Duration.ofMillis(150);
      Body slow =
          Ask.once(
              8,
              sink -> {
                for (int i = 0; i < 8; i++) {
                  pass(Duration.ofMillis(40));
                  sink.write(new byte[1], 0, 1);
                }
              });
      try (Reply reply =
          upstream.send(Ask.request("POST", "/", slow), Ask.timing(first, null, null))) {
        assertEquals("ok", Ask.text(reply));
      }
    }
  }

  @Test
  void aBackendThatTakesNothingIsOverItsFirstByte() throws Exception {
    try (Peer peer =
            Peer.of(
                line -> {
                  line.head();
                  over.await(10, TimeUnit.SECONDS);
                });
        Upstream upstream = Ask.upstream(peer.port())) {
      byte[] part = new byte[1 << 20];
      Body endless =
          Ask.once(
              Long.MAX_VALUE,
              sink -> {
                while (true) {
                  sink.write(part, 0, part.length);
                }
              });
      var failure =
          assertThrows(
              TimedOut.class,
              () ->
                  upstream.send(Ask.request("POST", "/", endless), Ask.timing(SHORT, null, null)));
      assertEquals(Limit.FIRST_BYTE, failure.limit());
      over.countDown();
    }
  }

  @Test
  void theTotalCountsConnectingToo() throws Exception {
    try (SilentPort silent = new SilentPort();
        Upstream upstream = Ask.upstream(silent.port())) {
      timedOut(Limit.TOTAL, upstream, Ask.timing(null, null, SHORT));
      assertEquals(0, upstream.open());
    }
  }

  @Test
  void limitsThatAreNotReachedLeaveNothingBehind() throws Exception {
    try (Peer peer = Peer.answering();
        Upstream upstream = Ask.upstream(peer.port())) {
      int before = Timer.SHARED.getQueue().size();
      for (int i = 0; i < 200; i++) {
        try (Reply reply = upstream.send(Ask.post("x"), Ask.timing(LONG, LONG, LONG))) {
          assertEquals("ok", Ask.text(reply));
        }
      }
      Waiting.await("the timer to forget", () -> Timer.SHARED.getQueue().size() <= before + 1);
      assertEquals(1, peer.connections());
    }
  }

  @Test
  void withoutLimitsNothingIsTimed() throws Exception {
    try (Peer peer = Peer.of(this::readAndWait);
        Upstream upstream = Ask.upstream(peer.port())) {
      long before = Timer.SHARED.getTaskCount();
      Call call = upstream.call(Ask.get("/"), Timing.NONE);
      Thread waiter =
          Thread.ofVirtual().start(() -> assertThrows(UpstreamException.class, call::send));
      Waiting.await("the request", () -> peer.requests.size() == 1);
      assertTrue(Timer.SHARED.getTaskCount() <= before);
      call.cancel();
      waiter.join();
    }
  }

  private static void timedOut(Limit limit, Upstream upstream, Timing timing) {
    var failure = assertThrows(TimedOut.class, () -> upstream.send(Ask.get("/"), timing));
    assertEquals(limit, failure.limit());
    assertTrue(failure.getMessage().contains(limit.word()));
  }

  private static TimedOut readToFailure(Reply reply) {
    return assertThrows(
        TimedOut.class,
        () -> {
          while (true) {
            assertTrue(reply.read(new byte[9], 0, 9) > 0);
          }
        });
  }

  /// Lets real time pass, for the limits that must not notice it.
  private static void pass(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    Waiting.await("time to pass", () -> System.nanoTime() - end > 0);
  }
}
