package llmhop.http.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import llmhop.http.upstream.UpstreamException.BadReply;
import llmhop.http.upstream.UpstreamException.TimedOut;
import llmhop.http.wire.Fields;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The one rule of when a request is sent a second time.
final class ResendTest {
  private final FakeTransport dead = new FakeTransport(List.of());

  @Test
  void aKeptConnectionThatDiedIsReplacedOnce() throws Exception {
    try (Peer peer = Peer.answering();
        Upstream upstream = Ask.upstream(peer.port())) {
      Kept.give(upstream, dead, false);
      try (Reply reply = upstream.send(Ask.post("x"), Timing.NONE)) {
        assertEquals("ok", Ask.text(reply));
        assertEquals(2, reply.attempts());
      }
      assertTrue(dead.isClosed());
      assertEquals(1, peer.requests.size());
      assertEquals(1, upstream.open());
    }
  }

  @Test
  void thereIsNoThirdAttempt() throws Exception {
    try (Peer peer = Peer.of(Peer.Line::request);
        Upstream upstream = Ask.upstream(peer.port())) {
      Kept.give(upstream, new FakeTransport(List.of()), false);
      Kept.give(upstream, dead, false);
      Call call = upstream.call(Ask.post("x"), Timing.NONE);
      assertThrows(BadReply.class, call::send);
      assertEquals(2, call.attempts());
      assertEquals(1, peer.requests.size());
    }
  }

  @Test
  void theSecondTimeIsOnANewConnectionEvenWhereOthersAreKept() throws Exception {
    try (Peer peer = Peer.answering();
        Upstream upstream = Ask.upstream(peer.port())) {
      var other = new FakeTransport(List.of());
      Kept.give(upstream, other, false);
      Kept.give(upstream, dead, false);
      assertEquals("200 ok", Ask.ask(upstream, Ask.post("x")));
      assertEquals(0, other.writes());
    }
  }

  @Test
  void eachAttemptHasAHeadOfItsOwn() throws Exception {
    try (Peer peer = Peer.answering();
        Upstream upstream = Ask.upstream(peer.port())) {
      Kept.give(upstream, dead, false);
      var heads = new AtomicInteger();
      Request request =
          new Request() {
            @Override
            public Head head() {
              return new Head("POST", "/attempt-" + heads.incrementAndGet(), new Fields());
            }

            @Override
            public Body body() {
              return Ask.bytes("x");
            }
          };
      assertEquals("200 ok", Ask.ask(upstream, request));
      assertTrue(dead.written().startsWith("POST /attempt-1 "));
      assertTrue(peer.requests.getFirst().startsWith("POST /attempt-2 "));
    }
  }

  @Test
  void aNewConnectionThatDiesIsABadReply() throws Exception {
    try (Peer peer = Peer.of(Peer.Line::request);
        Upstream upstream = Ask.upstream(peer.port())) {
      assertThrows(BadReply.class, () -> Ask.ask(upstream, Ask.post("x")));
      assertEquals(1, peer.requests.size());
      assertEquals(1, peer.connections());
    }
  }

  @Test
  void aBodyThatCanBeSentOnceIsNotSentTwice() throws Exception {
    try (Peer peer = Peer.answering();
        Upstream upstream = Ask.upstream(peer.port())) {
      Kept.give(upstream, dead, false);
      Body once = Ask.once(1, sink -> sink.write(new byte[1], 0, 1));
      assertThrows(BadReply.class, () -> Ask.ask(upstream, Ask.request("POST", "/", once)));
      assertEquals(0, peer.connections());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "H",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "rubbish",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na"
      })
  void afterTheFirstByteOfAnAnswerNothingIsSentAgain(String answer) throws Exception {
    try (Peer peer = Peer.answering();
        Upstream upstream = Ask.upstream(peer.port())) {
      Kept.give(upstream, new FakeTransport(List.of(answer)), false);
      assertThrows(BadReply.class, () -> Ask.ask(upstream, Ask.post("x")));
      assertEquals(0, peer.connections());
    }
  }

  @Test
  void aKeptConnectionThatDiedAndABackendThatIsGoneIsNoLongerNothingSent() {
    try (Upstream upstream = Ask.upstream(1)) {
      Kept.give(upstream, dead, false);
      assertThrows(BadReply.class, () -> Ask.ask(upstream, Ask.post("x")));
      assertEquals(0, upstream.open());
    }
  }

  @Test
  void aLimitThatIsOverIsNoReasonToSendAgain() throws Exception {
    try (Peer peer =
            Peer.of(
                line -> {
                  line.request();
                  line.send(Peer.OK);
                  line.request();
                  line.awaitEnd();
                });
        Upstream upstream = Ask.upstream(peer.port())) {
      assertEquals("200 ok", Ask.ask(upstream, Ask.post("x")));
      Timing timing = Ask.timing(Duration.ofMillis(30), null, null);
      assertThrows(TimedOut.class, () -> upstream.send(Ask.post("x"), timing));
      assertEquals(2, peer.requests.size());
      assertEquals(1, peer.connections());
    }
  }

  /// A backend that closes idle connections just when they are used again: every request must be
  /// answered, and none executed twice. `-Dllmhop.close.race=10000` makes the long form of it.
  @Test
  void theCloseRaceLosesAndDoublesNothing() throws Exception {
    closeRace(Integer.getInteger("llmhop.close.race", 300));
  }

  static void closeRace(int requests) throws Exception {
    try (Peer peer =
            Peer.of(
                line -> {
                  String request = line.request();
                  if (!request.isEmpty()) {
                    line.send(Peer.OK);
                    long wait = ThreadLocalRandom.current().nextInt(60_000);
                    long begin = System.nanoTime();
                    while (System.nanoTime() - begin < wait) {
                      Thread.onSpinWait();
                    }
                  }
                });
        Upstream upstream = Ask.upstream(peer.port())) {
      for (int i = 0; i < requests; i++) {
        assertEquals("200 ok", Ask.ask(upstream, Ask.post("number " + i + ";")));
      }
      assertEquals(requests, peer.requests.size());
      assertEquals(requests, List.copyOf(peer.requests).stream().distinct().count());
    }
  }
}
