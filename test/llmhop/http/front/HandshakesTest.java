package llmhop.http.front;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import llmhop.kit.Certificates;
import llmhop.kit.RawCaller;
import llmhop.kit.Request;
import llmhop.kit.Waiting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// TLS handshakes that don't come to an end, by the hundred.
@Timeout(60)
class HandshakesTest {
  private static final int CROWD = 300;
  private static final Request REQUEST = Request.post("/b", "{}");

  private static FrontUnderTest front(long headMillis) {
    Duration minute = Duration.ofMinutes(1);
    Duration head = Duration.ofMillis(headMillis);
    var limits = new Limits(head, minute, minute, minute, 10_000, 64 * 1024, 100);
    SSLContext context = Certificates.get().server();
    return FrontUnderTest.secure(
        limits,
        () -> {
          SSLEngine engine = context.createSSLEngine();
          engine.setUseClientMode(false);
          return engine;
        });
  }

  private static byte[] hello() throws IOException {
    SSLEngine engine = Certificates.get().client().createSSLEngine("localhost", 443);
    engine.setUseClientMode(true);
    ByteBuffer hello = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
    engine.wrap(ByteBuffer.allocate(0), hello);
    return Arrays.copyOf(hello.array(), hello.position());
  }

  /// Silent, with the head of a record, with half a hello, and with a whole one whose answer is
  /// never read.
  private static List<RawCaller> crowd(FrontUnderTest front) throws IOException {
    byte[] hello = hello();
    int[] lengths = {0, 5, hello.length / 2, hello.length};
    List<RawCaller> crowd = new ArrayList<>();
    for (int i = 0; i < CROWD; i++) {
      RawCaller caller = front.caller();
      caller.send(Arrays.copyOf(hello, lengths[i % lengths.length]));
      crowd.add(caller);
    }
    return crowd;
  }

  private static RawCaller honest(FrontUnderTest front) {
    return RawCaller.tls(front.port(), Certificates.get().client(), "localhost");
  }

  @Test
  void honestCallersDoNotNoticeHundredsOfThem() throws IOException {
    List<RawCaller> crowd = List.of();
    try (var front = front(60_000)) {
      try (RawCaller kept = honest(front)) {
        kept.ask(REQUEST);
        crowd = crowd(front);
        Waiting.await("all to be there", () -> front.server().connections() == CROWD + 1);
        for (int i = 0; i < 500; i++) {
          assertEquals("POST /b {}", kept.ask(REQUEST).text());
        }
        for (int i = 0; i < 20; i++) {
          try (RawCaller another = honest(front)) {
            assertEquals("POST /b {}", another.ask(REQUEST).text());
          }
        }
        assertTrue(front.server().connections() > CROWD, "all came before the crowd's deadline");
      } finally {
        crowd.forEach(RawCaller::close);
      }
    }
  }

  @Test
  void allOfThemEndAtTheDeadlineOfHeads() throws IOException {
    try (var front = front(800)) {
      List<RawCaller> crowd = crowd(front);
      Waiting.await("the server to end them", () -> front.server().connections() == 0);
      crowd.forEach(RawCaller::close);
      try (RawCaller another = honest(front)) {
        assertEquals("POST /b {}", another.ask(REQUEST).text());
      }
    }
  }

  /// What is no TLS at all, a caller who took the wrong scheme for instance, is let go at once.
  @Test
  void plainHttpIsNoHandshake() {
    try (var front = front(60_000);
        RawCaller plain = front.caller()) {
      plain.send(REQUEST.bytes());
      Waiting.await("it to be let go", () -> front.server().connections() == 0);
      assertEquals(List.of(), front.seen());
    }
  }
}
