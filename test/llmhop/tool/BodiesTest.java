package llmhop.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.InputStream;
import org.junit.jupiter.api.Test;

class BodiesTest {
  private static final int SMALL = 1 << 20;

  @Test
  void aBodyOfTheLimitIsReadAndOneByteMoreIsRefused() throws Exception {
    for (int limit : new int[] {10, SMALL - 1, SMALL, SMALL + 1, 3 * SMALL}) {
      Bodies bodies = new Bodies(limit);
      assertEquals(limit, length(bodies, limit));
      Refused refused = assertThrows(Refused.class, () -> length(bodies, limit + 1), "" + limit);
      assertEquals(413, refused.status());
      assertEquals(
          "The body is larger than the limit of " + limit + " bytes.", refused.getMessage());
    }
  }

  @Test
  void whatIsTooMuchIsReadToItsEndSoThatTheAnswerIsSeen() throws Exception {
    InputStream in = zeros(100_000);
    assertThrows(Refused.class, () -> new Bodies(10).read(in, body -> body.length));
    assertEquals(-1, in.read());
  }

  @Test
  void aLargeBodyThatIsRefusedMakesRoomForTheNext() throws Exception {
    Bodies bodies = new Bodies(2 * SMALL);
    for (int i = 0; i < 3; i++) {
      assertThrows(
          Refused.class,
          () ->
              bodies.read(
                  zeros(2 * SMALL),
                  _ -> {
                    throw Refused.badRequest("no");
                  }));
    }
    assertEquals(2 * SMALL, length(bodies, 2 * SMALL));
  }

  private static int length(Bodies bodies, int length) throws Exception {
    return bodies.read(zeros(length), body -> body.length);
  }

  /// As strict as a request's stream: what is closed is not read any more.
  private static InputStream zeros(int length) {
    return new FilterInputStream(new ByteArrayInputStream(new byte[length])) {
      @Override
      public void close() {
        throw new AssertionError("closed before its end");
      }
    };
  }
}
