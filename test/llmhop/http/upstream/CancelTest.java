package llmhop.http.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import llmhop.http.upstream.UpstreamException.Cancelled;
import llmhop.kit.SilentPort;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.Test;

/// Cancelling ends a call at once wherever it is, and never touches another.
final class CancelTest {
  @Test
  void whileItWaitsForTheAnswer() throws Exception {
    var gone = new CountDownLatch(1);
    try (Peer peer =
            Peer.of(
                line -> {
                  line.request();
                  line.awaitEnd();
                  gone.countDown();
                });
        Upstream upstream = Ask.upstream(peer.port())) {
      Call call = upstream.call(Ask.post("x"), Timing.NONE);
      Running running = start(call);
      Waiting.await("the request", () -> peer.requests.size() == 1);
      call.cancel();
      assertInstanceOf(Cancelled.class, running.end());
      gone.await();
      assertEquals(0, upstream.open());
    }
  }

  @Test
  void whileItReadsTheBody() throws Exception {
    try (Peer peer =
            Peer.of(
                line -> {
                  line.request();
                  line.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
                  line.awaitEnd();
                });
        Upstream upstream = Ask.upstream(peer.port())) {
      try (Reply reply = upstream.send(Ask.post("x"), Timing.NONE)) {
        assertEquals(3, reply.read(new byte[9], 0, 9));
        var thrown = new AtomicReference<Exception>();
        Thread reader =
            Thread.ofVirtual()
                .start(
                    () ->
                        thrown.set(
                            assertThrows(Cancelled.class, () -> reply.read(new byte[9], 0, 9))));
        Waiting.await("the reader to wait", () -> isWaiting(reader));
        reply.cancel();
        reader.join();
        assertInstanceOf(Cancelled.class, thrown.get());
      }
      assertEquals(0, upstream.open());
    }
  }

  @Test
  void whileItConnects() throws Exception {
    try (SilentPort silent = new SilentPort();
        Upstream upstream = Ask.upstream(silent.port())) {
      Call call = upstream.call(Ask.post("x"), Timing.NONE);
      Running running = start(call);
      Waiting.await("the connect", () -> isWaiting(running.thread));
      call.cancel();
      assertInstanceOf(Cancelled.class, running.end());
      assertEquals(0, call.attempts());
    }
  }

  @Test
  void whileTheNameIsLookedUp() throws Exception {
    var asked = new CountDownLatch(1);
    var hang = new CountDownLatch(1);
    Resolver resolver =
        host -> {
          asked.countDown();
          try {
            hang.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return List.of();
        };
    try (Upstream upstream =
        new Upstream(
            new Origin(Origin.Kind.HTTP, "backend.example", 1, ""),
            Ask.settings(Duration.ofMinutes(1), resolver),
            System::nanoTime)) {
      Call call = upstream.call(Ask.post("x"), Timing.NONE);
      Running running = start(call);
      asked.await();
      call.cancel();
      assertInstanceOf(Cancelled.class, running.end());
      hang.countDown();
    }
  }

  @Test
  void whileItSends() throws Exception {
    var over = new CountDownLatch(1);
    try (Peer peer =
            Peer.of(
                line -> {
                  line.head();
                  over.await();
                });
        Upstream upstream = Ask.upstream(peer.port())) {
      byte[] part = new byte[1 << 20];
      var ended = new CountDownLatch(1);
      Body endless =
          Ask.once(
              Long.MAX_VALUE,
              sink -> {
                try {
                  while (true) {
                    sink.write(part, 0, part.length);
                  }
                } finally {
                  ended.countDown();
                }
              });
      Call call = upstream.call(Ask.request("POST", "/", endless), Timing.NONE);
      Running running = start(call);
      Waiting.await("the answer to be waited for", () -> isWaiting(running.thread));
      call.cancel();
      assertInstanceOf(Cancelled.class, running.end());
      ended.await();
      over.countDown();
    }
  }

  @Test
  void beforeItBegins() throws Exception {
    try (Peer peer = Peer.answering();
        Upstream upstream = Ask.upstream(peer.port())) {
      Ask.ask(upstream, Ask.post("x"));
      Call call = upstream.call(Ask.post("y"), Timing.NONE);
      call.cancel();
      assertThrows(Cancelled.class, call::send);
      assertEquals(1, peer.requests.size());
      assertEquals(0, upstream.open());
    }
  }

  @Test
  void anInterruptCancelsToo() throws Exception {
    try (Peer peer =
            Peer.of(
                line -> {
                  line.request();
                  line.awaitEnd();
                });
        Upstream upstream = Ask.upstream(peer.port())) {
      Running running = start(upstream.call(Ask.post("x"), Timing.NONE));
      Waiting.await("the request", () -> peer.requests.size() == 1);
      running.thread.interrupt();
      assertInstanceOf(Cancelled.class, running.end());
      assertEquals(1, peer.requests.size(), "not sent again");
    }
  }

  /// A kept connection that is cancelled looks dead to its reader; it must not be sent again.
  @Test
  void aCancelledRequestIsNotSentAgain() throws Exception {
    try (Peer peer =
            Peer.of(
                line -> {
                  line.request();
                  line.send(Peer.OK);
                  line.request();
                  line.awaitEnd();
                });
        Upstream upstream = Ask.upstream(peer.port())) {
      Ask.ask(upstream, Ask.post("x"));
      Call call = upstream.call(Ask.post("y"), Timing.NONE);
      Running running = start(call);
      Waiting.await("the request", () -> peer.requests.size() == 2);
      call.cancel();
      assertInstanceOf(Cancelled.class, running.end());
      assertEquals(1, call.attempts());
      assertEquals(1, peer.connections());
    }
  }

  @Test
  void aCancelThatComesLateTouchesNobodyElse() throws Exception {
    try (Peer peer = Peer.answering();
        Upstream upstream = Ask.upstream(peer.port())) {
      Call first = upstream.call(Ask.post("x"), Timing.NONE);
      try (Reply reply = first.send()) {
        assertEquals("ok", Ask.text(reply));
      }
      try (Reply second = upstream.send(Ask.post("y"), Timing.NONE)) {
        first.cancel();
        assertEquals("ok", Ask.text(second));
      }
      first.cancel();
      assertEquals(1, upstream.idle());
      assertEquals(1, peer.connections());
    }
  }

  @Test
  void aCancelBetweenTheEndAndTheCloseKeepsTheConnectionOut() throws Exception {
    try (Peer peer = Peer.answering();
        Upstream upstream = Ask.upstream(peer.port())) {
      try (Reply reply = upstream.send(Ask.post("x"), Timing.NONE)) {
        assertEquals("ok", Ask.text(reply));
        reply.cancel();
      }
      assertEquals(0, upstream.idle());
      assertEquals(0, upstream.open());
    }
  }

  @Test
  void cancellingAtAnyMomentLeavesNothingBehind() throws Exception {
    try (Peer peer = Peer.answering();
        Upstream upstream = Ask.upstream(peer.port())) {
      for (int i = 0; i < 500; i++) {
        Call call = upstream.call(Ask.post("x"), Timing.NONE);
        Thread canceller = Thread.ofVirtual().start(call::cancel);
        try (Reply reply = call.send()) {
          assertEquals("ok", Ask.text(reply));
        } catch (Cancelled e) {
          // It came in time.
        }
        canceller.join();
        assertEquals(upstream.idle(), upstream.open());
      }
      assertEquals("200 ok", Ask.ask(upstream, Ask.post("x")));
    }
  }

  // ---- helpers

  private record Running(Thread thread, AtomicReference<Exception> thrown) {
    Exception end() throws InterruptedException {
      assertTrue(thread.join(Duration.ofSeconds(10)), "it does not end");
      return thrown.get();
    }
  }

  private static Running start(Call call) {
    var thrown = new AtomicReference<Exception>();
    Thread thread =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    call.send().close();
                  } catch (UpstreamException e) {
                    thrown.set(e);
                  }
                });
    return new Running(thread, thrown);
  }

  private static boolean isWaiting(Thread thread) {
    return thread.getState() == Thread.State.WAITING
        || thread.getState() == Thread.State.TIMED_WAITING;
  }
}
