package llmhop.http.front;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A thread that reads a body may still do so when the exchange is over: an upload whose backend
/// has answered early.
@Timeout(60)
class ReadersLeftBehindTest {
  private static final int PART = 8 * 1024;
  private static final String UPLOAD =
      "POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: " + 2 * PART + "\r\n\r\n" + "x".repeat(PART);

  private final CountDownLatch readerEnded = new CountDownLatch(1);
  private final CountDownLatch readerWaits = new CountDownLatch(1);

  private static Limits limits() {
    Duration long1 = Duration.ofSeconds(60);
    return new Limits(Duration.ofMillis(400), long1, long1, long1, 100, 64 * 1024, 100);
  }

  /// Answers while a thread of its own reads on.
  private void answerEarly(RawExchange x) throws IOException {
    x.watch(() -> {});
    byte[] part = new byte[PART];
    int filled = 0;
    while (filled < PART) {
      filled += x.read(part, filled, PART - filled);
    }
    Thread.ofVirtual().start(() -> readOn(x));
    Waiting.await("the reader to begin", () -> readerWaits.getCount() == 0);
    FrontUnderTest.answer(x, 404, "early");
  }

  private void readOn(RawExchange x) {
    try {
      byte[] part = new byte[PART];
      int read = 0;
      while (read >= 0) {
        readerWaits.countDown();
        read = x.read(part, 0, PART);
      }
    } catch (IOException e) {
      // It is cut.
    } finally {
      readerEnded.countDown();
    }
  }

  private FrontUnderTest front() {
    return FrontUnderTest.of(
        limits(),
        http -> {
          RawExchange x = RawExchange.of(http);
          if (x.target().equals("/up")) {
            answerEarly(x);
          } else {
            FrontUnderTest.answer(x, 200, "fine");
          }
        });
  }

  /// The pump keeps everybody's deadlines: were it to wait for this caller, nobody else's head
  /// would ever be too late.
  @Test
  void whoSendsTheRestOfItsBodyLateHoldsUpNobody() {
    try (var front = front();
        RawCaller uploader = front.caller()) {
      uploader.send(UPLOAD);
      assertEquals(404, uploader.read().status());
      uploader.send("x".repeat(PART));
      for (int i = 0; i < 3; i++) {
        try (RawCaller slow = front.caller()) {
          slow.send("GET / HTTP/1.1\r\n");
          assertEquals(408, slow.read().status(), "the clock stands still");
        }
      }
      assertEquals(200, RawCaller.ask(front.port(), Request.get("/")).status());
    }
  }

  /// However little it sends meanwhile.
  @Test
  void itIsHeardOutForAsLongAsOthersAre() {
    try (var front = front();
        RawCaller uploader = front.caller()) {
      uploader.send(UPLOAD);
      assertEquals(404, uploader.read().status());
      uploader.send("x");
      Waiting.await("it to be closed", () -> front.server().connections() == 0);
      Waiting.await("the reader to end", () -> readerEnded.getCount() == 0);
    }
  }
}
