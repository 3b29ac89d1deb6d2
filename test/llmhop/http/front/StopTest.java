package llmhop.http.front;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import llmhop.http.wire.Fields;
import llmhop.kit.Answer;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A stop tells the truth: nobody new comes in, what runs finishes, and it says when all are gone.
class StopTest {
  private static final long PATIENCE = Waiting.PATIENCE.toNanos();

  private static boolean drained(FrontUnderTest front, long nanos) {
    try {
      return front.server().drain(nanos);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void idleConnectionsEndAtOnceAndNobodyNewComesIn() {
    try (var front = FrontUnderTest.echoing()) {
      List<RawCaller> callers = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        RawCaller caller = front.caller();
        callers.add(caller);
        if (i % 2 == 0) {
          assertEquals(200, caller.ask(Request.get("/")).status());
        }
      }
      Waiting.await("all to be there", () -> front.server().connections() == 50);
      front.server().stopAccepting();
      callers.forEach(RawCaller::awaitClosedByPeer);
      assertTrue(callers.stream().noneMatch(RawCaller::wasReset), "they see a plain close");
      assertTrue(drained(front, PATIENCE));
      assertEquals(0, front.server().connections());
      assertThrows(UncheckedIOException.class, front::caller);
      callers.forEach(RawCaller::close);
    }
  }

  @Test
  void whatRunsFinishesAndIsToldThatTheConnectionEnds() {
    var handling = new CountDownLatch(2);
    var go = new CountDownLatch(1);
    try (var front =
            FrontUnderTest.of(
                http -> {
                  RawExchange x = RawExchange.of(http);
                  boolean begun = x.target().equals("/begun");
                  if (begun) {
                    x.begin(200, "", new Fields(), OptionalLong.empty());
                    x.flush();
                  }
                  handling.countDown();
                  Waiting.await("the signal", () -> go.getCount() == 0);
                  if (begun) {
                    x.write(new byte[] {'x'}, 0, 1);
                    x.finish();
                  } else {
                    FrontUnderTest.answer(x, 200, "whole");
                  }
                });
        RawCaller waiting = front.caller();
        RawCaller begun = front.caller()) {
      waiting.send(Request.get("/"));
      begun.send(Request.get("/begun"));
      Waiting.await("both to run", () -> handling.getCount() == 0);
      front.server().stopAccepting();
      assertFalse(drained(front, TimeUnit.MILLISECONDS.toNanos(50)), "two still run");
      assertEquals(2, front.server().connections());
      go.countDown();
      Answer whole = waiting.read();
      assertEquals("whole", whole.text());
      assertEquals(Optional.of("close"), whole.field("Connection"));
      assertEquals(Answer.End.LAST_CHUNK, begun.read().end(), "begun before the stop");
      waiting.awaitClosedByPeer();
      begun.awaitClosedByPeer();
      assertTrue(drained(front, PATIENCE));
      assertEquals(0, front.server().connections());
    }
  }

  /// It has connected, and its request is on its way.
  @Test
  void aNewCallerGetsItsFirstAnswerIfItAsksSoon() {
    try (var front = FrontUnderTest.echoing();
        RawCaller caller = front.caller();
        RawCaller silent = front.caller()) {
      caller.send("GET /new HTTP/1.1\r\n");
      Waiting.await("both to be there", () -> front.server().connections() == 2);
      front.server().stopAccepting();
      caller.send("Host: a\r\n\r\n");
      Answer answer = caller.read();
      assertEquals("GET /new ", answer.text());
      assertEquals(Optional.of("close"), answer.field("Connection"));
      silent.awaitClosedByPeer();
      assertTrue(drained(front, TimeUnit.SECONDS.toNanos(5)));
    }
  }

  /// A server that comes after us may listen at the same path, and get the number of our file.
  @Test
  void theFileOfAUnixSocketIsRemovedOnce(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("http.sock");
    var mode = PosixFilePermissions.fromString("rw-------");
    var first = new Server(Limits.DEFAULT, Refusals.PLAIN, fault -> {});
    first.listen(UnixListener.bind(file, mode, 10));
    first.start();
    first.stopAccepting();
    assertFalse(Files.exists(file));
    UnixListener next = UnixListener.bind(file, mode, 10);
    try (ServerSocketChannel open = next.channel()) {
      first.close();
      assertTrue(open.isOpen() && Files.exists(file));
    }
  }

  @Test
  void aBodyThatIsOnItsWayIsHeardToItsEnd() {
    try (var front = FrontUnderTest.echoing();
        RawCaller caller = front.caller()) {
      caller.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc");
      Waiting.await("it to be read", () -> front.server().connections() == 1);
      assertEquals(200, RawCaller.ask(front.port(), Request.get("/")).status());
      front.server().stopAccepting();
      caller.send("def");
      Answer answer = caller.read();
      assertEquals("POST / abcdef", answer.text());
      assertEquals(Optional.of("close"), answer.field("Connection"));
    }
  }

  /// The caller may send its next request at the very moment: then it gets its answer, or it gets
  /// nothing and nothing has run.
  @Test
  void aRequestAtThatMomentIsAnsweredOrHasNotRun() {
    int answered = 0;
    for (int round = 0; round < 200; round++) {
      var ran = new AtomicInteger();
      boolean second;
      try (var front =
          FrontUnderTest.of(
              http -> {
                ran.incrementAndGet();
                FrontUnderTest.answer(RawExchange.of(http), 200, "x");
              })) {
        second = asksAtThatMoment(front);
      }
      assertEquals(second ? 2 : 1, ran.get(), "round " + round);
      answered += second ? 1 : 0;
    }
    assertTrue(answered > 0, "the moment was never met");
  }

  private static boolean asksAtThatMoment(FrontUnderTest front) {
    try (var socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), front.port())) {
      socket.setSoTimeout((int) Waiting.PATIENCE.toMillis());
      assertTrue(asks(socket), "the first");
      Thread stop = Thread.ofPlatform().start(front.server()::stopAccepting);
      boolean second = asks(socket);
      Waiting.await("the stop", () -> !stop.isAlive());
      return second;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean asks(Socket socket) {
    try {
      socket.getOutputStream().write(Request.get("/").bytes());
      byte[] some = new byte[1000];
      int read = socket.getInputStream().read(some);
      return read > 0 && some[read - 1] == 'x';
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void aCloseEndsEverythingAtOnce() {
    var handling = new CountDownLatch(1);
    var over = new CountDownLatch(1);
    try (var front =
            FrontUnderTest.of(
                http -> {
                  RawExchange x = RawExchange.of(http);
                  x.begin(200, "", new Fields(), OptionalLong.empty());
                  x.flush();
                  handling.countDown();
                  byte[] much = new byte[100_000];
                  try {
                    while (true) {
                      x.write(much, 0, much.length);
                    }
                  } finally {
                    over.countDown();
                  }
                });
        RawCaller caller = front.caller()) {
      caller.send(Request.get("/"));
      Waiting.await("it to run", () -> handling.getCount() == 0);
      front.server().close();
      Waiting.await("the writer to be woken", () -> over.getCount() == 0);
      assertTrue(drained(front, PATIENCE));
      assertEquals(Answer.End.CUT, caller.read().end());
    }
  }
}
