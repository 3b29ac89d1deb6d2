package llmhop.http.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import llmhop.http.upstream.UpstreamException.BadReply;
import llmhop.http.upstream.UpstreamException.BodyFailed;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// How bodies are sent, and what happens when one side stops in the middle.
final class UploadTest {
  private static final String TOO_LARGE =
      "HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\nlarge";

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 1000, 16 * 1024, 64 * 1024, 64 * 1024 + 1, 300_000, 5_000_000})
  void aBodyArrivesAsItIsWhateverItsSize(int size) throws Exception {
    try (Peer peer = Peer.answering();
        Upstream upstream = Ask.upstream(peer.port())) {
      String body = text(size);
      for (int i = 0; i < 3; i++) {
        assertEquals("200 ok", Ask.ask(upstream, Ask.post(body)));
      }
      assertEquals(1, peer.connections());
      for (String request : peer.requests) {
        assertEquals(body, request.substring(request.indexOf("\r\n\r\n") + 4));
      }
    }
  }

  @Test
  void aBodyInManyPartsArrivesInOrder() throws Exception {
    try (Peer peer = Peer.answering();
        Upstream upstream = Ask.upstream(peer.port())) {
      for (boolean repeatable : new boolean[] {true, false}) {
        byte[] digits = "0123456789".getBytes();
        Body body =
            Ask.body(
                repeatable,
                10_000,
                sink -> {
                  for (int i = 0; i < 1000; i++) {
                    sink.write(digits, 0, i % 10);
                    sink.write(digits, i % 10, 10 - i % 10);
                  }
                });
        assertEquals("200 ok", Ask.ask(upstream, Ask.request("POST", "/", body)));
      }
      assertEquals(2, peer.requests.size());
      for (String request : peer.requests) {
        assertTrue(request.endsWith("\r\n\r\n" + "0123456789".repeat(1000)));
      }
    }
  }

  @Test
  void aBodyThatComesSlowlyIsPassedOnPartByPart() throws Exception {
    var more = new CountDownLatch(1);
    try (Peer peer =
            Peer.of(
                line -> {
                  line.head();
                  assertEquals('a', line.read());
                  more.countDown();
                  assertEquals('b', line.read());
                  line.send(Peer.OK);
                  line.awaitEnd();
                });
        Upstream upstream = Ask.upstream(peer.port())) {
      Body body =
          Ask.once(
              2,
              sink -> {
                sink.write(new byte[] {'a'}, 0, 1);
                await(more);
                sink.write(new byte[] {'b'}, 0, 1);
              });
      assertEquals("200 ok", Ask.ask(upstream, Ask.request("POST", "/", body)));
      assertEquals(1, upstream.idle());
    }
  }

  // ---- early answers

  @Test
  void anAnswerBeforeTheBodyIsThroughIsRelayedAtOnce() throws Exception {
    var over = new CountDownLatch(1);
    try (Peer peer =
            Peer.of(
                line -> {
                  line.head();
                  line.send(TOO_LARGE);
                  await(over); // without reading on, so that whoever writes to it waits
                });
        Upstream upstream = Ask.upstream(peer.port())) {
      Body endless = Ask.once(Long.MAX_VALUE, UploadTest::writeForEver);
      assertEquals("413 large", Ask.ask(upstream, Ask.request("POST", "/", endless)));
      byte[] segment = new byte[1 << 20];
      Body large =
          Ask.body(
              true,
              100L << 20,
              sink -> {
                for (int i = 0; i < 100; i++) {
                  sink.write(segment, 0, segment.length);
                }
              });
      assertEquals("413 large", Ask.ask(upstream, Ask.request("POST", "/", large)));
      assertEquals(0, upstream.idle());
      assertEquals(0, upstream.open());
      over.countDown();
    }
  }

  private static void writeForEver(Sink sink) throws IOException {
    byte[] part = new byte[100_000];
    while (true) {
      sink.write(part, 0, part.length);
    }
  }

  @Test
  void anEarlyAnswerFollowedByAResetIsStillRead() throws Exception {
    try (Peer peer =
            Peer.of(
                line -> {
                  line.head();
                  line.send(TOO_LARGE);
                  line.channel.close(); // with unread bytes: the system makes a reset of it
                });
        Upstream upstream = Ask.upstream(peer.port())) {
      for (int i = 0; i < 20; i++) {
        assertEquals("413 large", Ask.ask(upstream, Ask.post(text(60_000))));
      }
    }
  }

  @Test
  void aConnectionWhoseBodyIsNotThroughIsNotKept() throws Exception {
    var done = new CountDownLatch(1);
    try (Peer peer =
            Peer.of(
                line -> {
                  line.head();
                  line.send(Peer.OK);
                  line.awaitEnd();
                  done.countDown();
                });
        Upstream upstream = Ask.upstream(peer.port())) {
      Body stuck =
          Ask.once(
              2,
              sink -> {
                sink.write(new byte[] {'a'}, 0, 1);
                await(done);
                sink.write(new byte[] {'b'}, 0, 1);
              });
      assertEquals("200 ok", Ask.ask(upstream, Ask.request("POST", "/", stuck)));
      assertEquals(0, upstream.idle());
      await(done);
    }
  }

  // ---- bodies that fail

  @Test
  void aBodyThatThrowsEndsTheRequestUnfinished() throws Exception {
    try (Peer peer =
            Peer.of(
                line -> {
                  line.head();
                  line.awaitEnd();
                });
        Upstream upstream = Ask.upstream(peer.port())) {
      for (Exception reason :
          new Exception[] {new IOException("gone"), new IllegalStateException()}) {
        for (boolean repeatable : new boolean[] {true, false}) {
          Body body =
              Ask.body(
                  repeatable,
                  10,
                  sink -> {
                    sink.write(new byte[5], 0, 5);
                    if (reason instanceof IOException e) {
                      throw e;
                    }
                    throw (IllegalStateException) reason;
                  });
          var failure =
              assertThrows(
                  BodyFailed.class,
                  () -> upstream.send(Ask.request("POST", "/", body), Timing.NONE));
          assertSame(reason, failure.getCause());
        }
      }
      assertEquals(0, upstream.open());
      assertEquals(0, peer.requests.size());
    }
  }

  @Test
  void aBodyThatThrowsAfterTheAnswerBeganBreaksTheAnswerOff() throws Exception {
    var answered = new CountDownLatch(1);
    try (Peer peer =
            Peer.of(
                line -> {
                  line.head();
                  line.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
                  line.awaitEnd();
                });
        Upstream upstream = Ask.upstream(peer.port())) {
      Body body =
          Ask.once(
              10,
              sink -> {
                sink.write(new byte[5], 0, 5);
                await(answered);
                throw new IOException("gone");
              });
      try (Reply reply = upstream.send(Ask.request("POST", "/", body), Timing.NONE)) {
        assertEquals(3, reply.read(new byte[9], 0, 9));
        answered.countDown();
        var failure = assertThrows(BodyFailed.class, () -> reply.read(new byte[9], 0, 9));
        assertEquals("gone", failure.getCause().getMessage());
      }
      assertEquals(0, upstream.open());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4, 6, 100})
  void aBodyMustBeAsLongAsItSays(int size) throws Exception {
    try (Peer peer =
            Peer.of(
                line -> {
                  line.head();
                  line.awaitEnd();
                });
        Upstream upstream = Ask.upstream(peer.port())) {
      for (boolean repeatable : new boolean[] {true, false}) {
        Body body = Ask.body(repeatable, 5, sink -> sink.write(new byte[size], 0, size));
        assertThrows(
            BodyFailed.class, () -> upstream.send(Ask.request("POST", "/", body), Timing.NONE));
      }
      assertEquals(0, upstream.open());
    }
  }

  /// What follows the announced length would be another request to the backend.
  @Test
  void noByteBehindTheAnnouncedLengthIsWritten() throws Exception {
    for (boolean repeatable : new boolean[] {true, false}) {
      var transport = new FakeTransport(List.of());
      Upstream upstream = Kept.upstream(transport);
      Body body =
          Ask.body(
              repeatable,
              70_000,
              sink -> {
                sink.write(new byte[70_000], 0, 70_000);
                sink.write("GET /evil HTTP/1.1\r\n\r\n".getBytes(), 0, 22);
              });
      assertThrows(
          UpstreamException.class,
          () -> upstream.send(Ask.request("POST", "/", body), Timing.NONE));
      String written = transport.written();
      assertEquals(70_000, written.length() - written.indexOf("\r\n\r\n") - 4);
    }
  }

  @Test
  void aBackendThatGoesWhileTheBodyIsSentIsABadReply() throws Exception {
    try (Peer peer =
            Peer.of(
                line -> {
                  line.head();
                  line.reset();
                });
        Upstream upstream = Ask.upstream(peer.port())) {
      var thrown = new AtomicReference<Exception>();
      Body endless =
          Ask.once(
              Long.MAX_VALUE,
              sink -> {
                try {
                  writeForEver(sink);
                } catch (IOException e) {
                  thrown.set(e);
                  throw new IOException("wrapped", e); // a sink's failure stays the sink's
                }
              });
      assertThrows(
          BadReply.class, () -> upstream.send(Ask.request("POST", "/", endless), Timing.NONE));
      Waiting.await("the sink to throw", () -> thrown.get() != null);
      assertEquals(0, upstream.open());
    }
  }

  /// A large body is a thread's of its own; the connection must be kept all the same.
  @Test
  void aConnectionIsKeptAfterLargeBodiesToo() throws Exception {
    try (Peer peer = Peer.answering();
        Upstream upstream = Ask.upstream(peer.port())) {
      String body = text(200_000);
      for (int i = 0; i < 100; i++) {
        assertEquals("200 ok", Ask.ask(upstream, Ask.post(body)));
      }
      assertEquals(1, peer.connections());
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(10, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static String text(int size) {
    return "0123456789abcdef".repeat(size / 16 + 1).substring(0, size);
  }
}
